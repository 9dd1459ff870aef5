/** The fields of rows as readers of datasets write them: CSV (RFC 4180) in UTF-8, commas, `\n` between rows, NULL as an empty field without quotes. */

import { Broken } from '#kit/errors'

/** Row by row. The last one needs no line end. Throws `Broken` for what is not written so: what follows it would be left out. */
export async function* csvFields(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<(string | null)[]> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of bytes) {
    rest += decoder.decode(piece, { stream: true })
    const { rows, used } = wholeRows(rest)
    rest = rest.slice(used)
    yield* rows
  }
  rest += decoder.decode()
  if (rest === '') return
  const { rows, used } = wholeRows(`${rest}\n`)
  yield* rows
  if (used <= rest.length) throw new Broken('inventory/rows-malformed', 'rows of a dataset are not written as CSV is: a quote is not closed, or stands inside a field')
}

const field = /(?:"([^"]*(?:""[^"]*)*)"|([^",\n]*))(,|\n)/y

/** The rows that end in a text, and how much of it they take. A field is taken only with what ends it, so that one which goes on in the next piece waits. */
function wholeRows(text: string): { readonly rows: (string | null)[][]; readonly used: number } {
  const rows: (string | null)[][] = []
  let [used, row]: [number, (string | null)[]] = [0, []]
  field.lastIndex = 0
  for (let found = field.exec(text); found !== null; found = field.exec(text)) {
    const [, quoted, plain, end] = found
    row.push(quoted === undefined ? plain || null : quoted.replaceAll('""', '"'))
    if (end !== '\n') continue
    rows.push(row)
    row = []
    used = field.lastIndex
  }
  return { rows, used }
}
