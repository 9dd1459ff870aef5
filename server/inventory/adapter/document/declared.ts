/** A text whose table is written as somebody declared it: read so, whatever its beginning looks like. */
import type { Part } from '../part.ts'
import type { Opening } from './source.ts'

/** How a table is written in a text (RFC 4180 where left out): as the declaration of a dataset has it. */
export interface Dialect {
  /** One ASCII character. */
  readonly delimiter?: string | undefined
  /** One ASCII character, doubled inside; `none`: no field is quoted. */
  readonly quote?: string | undefined
  /** As the WHATWG Encoding Standard names it. */
  readonly encoding?: string | undefined
  /** Names of the fields, where no first line has them. */
  readonly header?: readonly string[] | undefined
}

/** Whether texts can be read in an encoding of this name. */
export function isEncoding(name: string): boolean {
  try {
    return new TextDecoder(name).encoding !== 'replacement'
  } catch {
    return false
  }
}

/** Rows as declared, in UTF-8. */
export function declaredPart(opening: Opening, dialect: Dialect): Part {
  const counted = { strange: 0 }
  const { delimiter = ',', encoding = 'utf-8', header } = dialect
  return {
    name: opening.name, kind: `CSV as declared${opening.packings.map((packing) => `, in ${packing}`).reverse().join('')}`, shape: 'rows', delimiter, columns: header, quote: dialect.quote,
    bytes: decoded(opening.bytes, encoding, counted),
    partly: () => [...(counted.strange === 0 ? [] : [`${counted.strange} of its characters are not in its declared encoding ${encoding}`]), ...opening.notes()],
  }
}

async function* decoded(bytes: AsyncIterable<Uint8Array>, encoding: string, counted: { strange: number }): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding)
  const count = (text: string): Buffer => {
    for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', at + 1)) counted.strange += 1
    return Buffer.from(text)
  }
  for await (const part of bytes) yield count(decoder.decode(part, { stream: true }))
  yield count(decoder.decode())
}
