/** Codes that stand for subjects and for what their cells hold, in the log of cells: keyed, so that whoever has the log without its key has noise, and equal however a value is spelled. */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { normaliseText } from '../scanner/normal.ts'

/** No value: an empty cell, or none. Never the code of one. */
export const emptyCode = 0

export interface Coder {
  /** Of what identifies somebody, by the column it stands in; 64 bits. */
  subject(column: string, value: string): bigint
  /** Of a value in a cell of a subject, 32 bits: it is compared only with what that same cell held at other times. */
  cell(subject: bigint, column: string, value: string | null): number
}

/** The codes under one key. */
export function coderUnder(key: Uint8Array): Coder {
  const secret: KeyObject = createSecretKey(key)
  const mac = (kind: string, parts: readonly string[]): Buffer => createHmac('sha256', secret).update(JSON.stringify([kind, ...parts])).digest()
  return {
    subject: (column, value) => mac('subject', [column, spelled(value)]).readBigUInt64BE(0),
    cell: (subject, column, value) => {
      const text = value === null ? '' : spelled(value)
      return text === '' ? emptyCode : mac('cell', [subject.toString(16), column, text]).readUInt32BE(0) || 1
    },
  }
}

const date = /^(\d{4})-(\d{2})-(\d{2})(?:[t ]00:00(?::00(?:[.]0+)?)?(?:z|[+]00(?::?00)?)?)?$/
const dayFirst = /^(\d{2})[/.](\d{2})[/.](\d{4})$/
const numeric = /^([+-]?)(\d+)(?:[.](\d*))?$/

/** One spelling of a value: case, space and quotes around it, the way a day or a number is written. */
export function spelled(value: string): string {
  const text = normaliseText(value)
  const day = date.exec(text)
  if (day !== null) return `${day[1]}${day[2]}${day[3]}`
  const first = dayFirst.exec(text)
  if (first !== null) return `${first[3]}${first[2]}${first[1]}`
  const number = numeric.exec(text)
  if (number === null) return text
  const [whole, behind] = [number[2]!, number[3] ?? '']
  let [from, to] = [0, behind.length] // zeros are taken off one by one: patterns for them take the square of a long row
  while (from < whole.length - 1 && whole[from] === '0') from += 1
  while (to > 0 && behind[to - 1] === '0') to -= 1
  return `${number[1] === '-' ? '-' : ''}${whole.slice(from)}${to > 0 ? `.${behind.slice(0, to)}` : ''}`
}
