/** What a dataset held before, joined with what it holds now: who left it stays findable. */
import type { ColumnHeader, FormHeader, LinkHeader, Segment, SegmentHeader } from './segment.ts'

/** Whether tokens of two segments compare: made with one key from one normal form. */
export function comparable(a: Pick<SegmentHeader, 'alg' | 'norm' | 'epoch'>, b: Pick<SegmentHeader, 'alg' | 'norm' | 'epoch'>): boolean {
  return a.alg === b.alg && a.norm === b.norm && a.epoch === b.epoch
}

/**
 * One segment of what stands in `now` or stood in `before`, per column, link and form of `now`; columns that are not indexed any more are left out.
 * A value that stands too often now is left out even where it was kept before. Counts are of the whole: a person in both counts once. The
 * two must be `comparable`.
 */
export function mergeSegments(now: Segment, before: Segment): Segment {
  const columnAt = now.header.columns.map((column) => before.header.columns.findIndex((one) => one.name === column.name))
  const columns = now.columns.map((tokens, column) => union(tokens, before.columns[columnAt[column]!], now.dropped[column]))
  const linkAt = now.header.links.map((link) => findLink(now.header, before.header, link))
  const links = now.links.map((tokens, link) => union(tokens, before.links[linkAt[link]!]))
  const formAt = now.header.forms.map((form) => before.header.forms.findIndex((one) => one.form === form.form && one.column === columnAt[form.column]))
  const forms = now.forms.map((tokens, form) => union(tokens, before.forms[formAt[form]!]))
  const fullest = fullestOf(now.header.columns)
  const former = (columns[fullest]?.length ?? 0) - (now.columns[fullest]?.length ?? 0)
  const header: SegmentHeader = {
    ...now.header, records: now.header.records + former, former, shapes: joinShapes(now.header.shapes, before.header.shapes),
    columns: now.header.columns.map((column, number): ColumnHeader => ({ ...column, ...profileOf(column, before.header.columns[columnAt[number]!]), distinct: columns[number]!.length })),
    links: now.header.links.map((link, number): LinkHeader => ({ ...link, distinct: links[number]!.length })),
    forms: now.header.forms.map((form, number): FormHeader => ({ ...form, distinct: forms[number]!.length })),
  }
  return { header, columns, links, forms, dropped: now.dropped }
}

/** The column whose values tell best how many people there are. */
export function fullestOf(columns: readonly { readonly distinct: number }[]): number {
  return columns.reduce((best, column, number) => (column.distinct > (columns[best]?.distinct ?? 0) ? number : best), 0)
}

function findLink(now: SegmentHeader, before: SegmentHeader, link: LinkHeader): number {
  const names = (header: SegmentHeader, { a, b }: LinkHeader): string => JSON.stringify([header.columns[a]?.name, header.columns[b]?.name].sort())
  return before.links.findIndex((one) => names(before, one) === names(now, link))
}

/** The reading that saw more values knows the column better: one row that is left of a large table says little of it. */
function profileOf(now: ColumnHeader, before: ColumnHeader | undefined): Omit<ColumnHeader, 'name' | 'distinct' | 'dropped'> {
  const { values, kind, bits, alone, weak } = before !== undefined && before.values > now.values ? before : now
  return { values, kind, bits, alone, weak }
}

function joinShapes(a: string, b: string): string {
  const [joined, more] = [Buffer.from(a, 'base64'), Buffer.from(b, 'base64')]
  for (const [at, bits] of more.entries()) joined[at]! |= bits
  return joined.toString('base64')
}

const none = new BigUint64Array(0)

/**
 * Ascending tokens of either list, each once; of `before`, none that is in `without`. Each list ascends and holds each token once. Works on
 * halves of tokens: 64-bit integers one by one would be ten times slower.
 */
export function union(now: BigUint64Array, before: BigUint64Array = none, without: BigUint64Array = none): BigUint64Array {
  const kept = without.length === 0 ? before : difference(before, without)
  if (kept.length === 0) return now
  const out = new BigUint64Array(now.length + kept.length)
  const [a, b, to] = [halvesOf(now), halvesOf(kept), halvesOf(out)]
  let [i, j, at] = [0, 0, 0]
  while (i < a.length && j < b.length) {
    const order = a[i + 1]! - b[j + 1]! || a[i]! - b[j]!
    const [from, where] = order <= 0 ? [a, i] : [b, j]
    to[at] = from[where]!
    to[at + 1] = from[where + 1]!
    at += 2
    if (order <= 0) i += 2
    if (order >= 0) j += 2
  }
  to.set(a.subarray(i), at)
  at += a.length - i
  to.set(b.subarray(j), at)
  at += b.length - j
  return out.subarray(0, at / 2)
}

/** Tokens of `list` that are not in `without`; both ascend. */
export function difference(list: BigUint64Array, without: BigUint64Array): BigUint64Array {
  const out = new BigUint64Array(list.length)
  const [a, b, to] = [halvesOf(list), halvesOf(without), halvesOf(out)]
  let [j, at] = [0, 0]
  for (let i = 0; i < a.length; i += 2) {
    while (j < b.length && (b[j + 1]! - a[i + 1]! || b[j]! - a[i]!) < 0) j += 2
    if (j < b.length && b[j] === a[i] && b[j + 1] === a[i + 1]) continue
    to[at] = a[i]!
    to[at + 1] = a[i + 1]!
    at += 2
  }
  return out.subarray(0, at / 2)
}

function halvesOf(tokens: BigUint64Array): Uint32Array {
  return new Uint32Array(tokens.buffer, tokens.byteOffset, tokens.length * 2)
}
