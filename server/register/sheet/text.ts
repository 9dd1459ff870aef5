/** A text as XML carries it: what no document may hold is left out. */
export function xml(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** How many pages a printed sheet is wide: at more columns a page nobody can read them. */
export const pagesAcross = (columns: number): number => Math.ceil(columns / 6)

export const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
