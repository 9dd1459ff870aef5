import { dirname, join } from 'node:path'

/** Where the log of cells of a table lies: beside the folder of the fingerprints, in one of its own. */
export const cellsFile = ({ directory }: { readonly directory: string }, id: string): string => join(dirname(directory), 'cells', `${id}.cells`)
