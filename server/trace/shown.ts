/**
 * Names as they are shown and recorded. Whoever names a file, a member of an archive, an attachment or a table may put somebody's address or number there; the ledger,
 * findings and certificates then show a mark in its place. The same value has the same mark, and without the key nothing leads back to it.
 */
import { createHmac } from 'node:crypto'
import type { TraceContext } from './fingerprints.ts'

/** A name, or a text with names in it, without what looks like somebody's. Shown twice is shown once. */
export type Shown = (text: string) => string

// What stands around an @, written as it is or as in addresses of the web (RFC 3986); the ending of a file goes with it, for it looks like a domain.
const address = /[\p{L}\p{N}._%+-]+(?:@|%40)[\p{L}\p{N}-]+(?:[.][\p{L}\p{N}-]+)+/giu

// Telephone numbers: international with a plus, or national with one nought. Not numbers of parts, days or moments, which names are full of.
const telephone = /(?<![\p{L}\p{N}])\+\d(?:[ ().-]{0,2}\d){7,14}(?![\p{L}\p{N}])|(?<![\p{L}\p{N}_.-])0[1-9]\d{8,9}(?![\p{L}\p{N}])/gu

const markLength = 12

/** Shows names under a key. Pure. Two names never look alike: a value in capitals is another. */
export function shownUnder(key: Uint8Array): Shown {
  const mark = (kind: string) => (value: string): string => `⟨${kind} ${createHmac('sha256', key).update(`${kind}\n${value}`).digest('hex').slice(0, markLength)}⟩`
  return (text) => text.replace(address, mark('address')).replace(telephone, mark('telephone'))
}

/** Shows names under the key of this machine, which outlives epochs: what was recorded under a name is found by it again. */
export const shownIn = (context: TraceContext): Shown => shownUnder(context.ledger.keys.traceKey('names', 1).key)

/** Every text in what is to be recorded, shown: names of places and parts, and reasons that name them. */
export function shownThroughout<Value>(shown: Shown, value: Value): Value {
  if (typeof value === 'string') return shown(value) as Value
  if (Array.isArray(value)) return value.map((one: unknown) => shownThroughout(shown, one)) as Value
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, shownThroughout(shown, one as unknown)])) as Value
}
