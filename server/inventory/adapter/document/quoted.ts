/** What the first bytes of a table with tabs leave open: whether its quotes are those of a CSV, or characters of values, as in rows of COPY. */
import { areQuoted, formatOf, nextQuoted, sampleBytesMax, type FileFormat } from '../format.ts'
import type { Opening, Source } from './source.ts'

/** Bytes that are looked through for the first quote: a file of them is read within some milliseconds. */
const lookedBytesMax = 32 * 1024 * 1024

/** The format of what was opened; where its sample leaves it open, and `again` opens it once more, it is looked at further on. Throws what reading throws. */
export async function formatIn({ sample, whole }: Pick<Opening, 'sample' | 'whole'>, again?: Pick<Source, 'open'>): Promise<FileFormat> {
  const format = formatOf(sample, whole)
  if (again === undefined || format.outcome !== 'delimited' || format.unsure !== true || format.encoding !== 'utf-8') return format
  const further = await firstQuoted(again.open())
  return further !== undefined && areQuoted(further) ? { ...format, delimiter: '\t' } : format
}

/** The text from the first field on that begins with a quote, as much as a sample has; undefined where there is none. */
async function firstQuoted(bytes: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  let found: Buffer | undefined
  let [last, looked] = [Buffer.alloc(0), 0]
  for await (const part of bytes) {
    if (found !== undefined) found = Buffer.concat([found, part])
    else {
      const text = Buffer.concat([last, part])
      const at = nextQuoted(text.toString('latin1'), 0)
      if (at >= 0) found = text.subarray(at)
      last = text.subarray(-1)
      looked += part.length
    }
    if ((found?.length ?? 0) >= sampleBytesMax || (found === undefined && looked >= lookedBytesMax)) break
  }
  return found === undefined ? undefined : wholeFields(found.subarray(0, sampleBytesMax).toString('latin1'), found.length < sampleBytesMax)
}

/** A text without the line that its end cuts. */
function wholeFields(text: string, whole: boolean): string {
  const end = text.lastIndexOf('\n')
  return whole || end < 0 ? text : text.slice(0, end)
}
