/** Codes that stand for subjects and for what their cells hold, in the log of cells: keyed, so that whoever has the log without its key has noise, and equal however a value is spelled. */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { normaliseText } from '../scanner/normal.ts'
import { sipCoder } from './coding.ts'
import type { Coder, Coding } from './types.ts'

/** No value: an empty cell, or none. Never the code of one. */
export const emptyCode = 0

/** The codes under one key. */
export const coderUnder = (key: Uint8Array, coding: Coding = 'siphash'): Coder => (coding === 'hmac' ? hmacCoder(key) : sipCoder(key, spelled))

function hmacCoder(key: Uint8Array): Coder {
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
  if (!mayBeNumber(text.charCodeAt(0))) return text
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

/** A digit, a plus or a minus. */
const mayBeNumber = (code: number): boolean => (code >= 0x30 && code <= 0x39) || code === 0x2b || code === 0x2d
