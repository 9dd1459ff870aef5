/** A text as XML carries it: what no document may hold is left out. */
export function xml(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** How many pages a printed sheet is wide: at more than four columns a page, beside the first, which stands on each, nobody can read them. */
export const pagesAcross = (columns: number): number => Math.max(1, Math.ceil((columns - 1) / 4))

export const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

/** A text in pieces that are made as they are asked for, each time anew. */
export const inPieces = (make: () => Generator<string>): Iterable<string> => ({ [Symbol.iterator]: make })
