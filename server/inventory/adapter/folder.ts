/** A folder as a store: each regular file is a place, and what is in it are its parts. */
import { listFiles } from './files.ts'
import { openFile, type OpenedFile } from './fileReader.ts'
import type { PartOrUnread } from './part.ts'
import { oneUnit, type Listing } from './searchable.ts'

/** The files under `root` as places. Throws `Broken` when the folder cannot be listed. */
export async function listFolder(root: string): Promise<Listing> {
  const { files, notRead } = await listFiles(root)
  return {
    places: files.map(({ path, bytes, signal }) => ({ place: path, bytes, signal, units: oneUnit, open: () => partsOfFile(root, path) })),
    notRead,
  }
}

async function* partsOfFile(root: string, path: string): AsyncGenerator<PartOrUnread> {
  const opened = await openFile(root, path)
  if (opened.outcome === 'not readable') {
    yield { name: '', because: opened.because }
    return
  }
  try {
    yield { name: '', kind: opened.kind, shape: 'rows', delimiter: opened.delimiter, bytes: opened.rows, partly: () => partlyIn(opened) }
  } finally {
    await opened.dispose()
  }
}

function partlyIn({ regular, report }: OpenedFile): string[] {
  const { notJson, tooLong } = report()
  return [
    ...(regular ? [] : ['its lines differ in their number of fields: it is no table, and values inside its text are not seen']),
    ...(notJson > 0 ? [`${notJson} lines are no JSON`] : []),
    ...(tooLong > 0 ? [`${tooLong} lines are longer than any record`] : []),
  ]
}
