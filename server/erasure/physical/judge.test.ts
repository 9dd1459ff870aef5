import { expect, test } from 'vitest'
import { hindrancesOf, judgeKinds, type Evidence } from './judge.ts'
import type { Performed } from './types.ts'

const rules = [{ kind: 'table', holdsValues: true }, { kind: 'index', holdsValues: true }, { kind: 'bookkeeping', holdsValues: false }]
const searched = (kind: string, values: number, controls: number): Evidence['after'][number] => ({ kind, files: 1, bytes: 8192, values, controls })
const evidence: Evidence = { store: 'crm', values: 100, rules, before: [searched('table', 100, 0)], after: [searched('table', 0, 1)], replaced: [{ kind: 'table', before: 3, left: 0 }] }
const outcomeOf = (change: Partial<Evidence>, more: Partial<Performed> = {}): Performed => ({ store: 'crm', performed: true, values: change.values ?? 100, kinds: judgeKinds({ ...evidence, ...change }), blind_columns: [], done: [], offered: [], hindrances: [], ...more })

test.each<[string, Partial<Evidence>, string, number]>([
  ['searched, and a planted value seen', {}, 'clear', 0],
  ['one value left', { after: [searched('table', 1, 1)] }, 'residual', 1],
  ['no planted value seen, files replaced', { after: [searched('table', 0, 0)] }, 'replaced', 0],
  ['no planted value seen, one file left', { after: [searched('table', 0, 0)], replaced: [{ kind: 'table', before: 3, left: 1 }] }, 'blind', 1],
  ['no planted value seen, no file known from before', { after: [searched('table', 0, 0)], replaced: [] }, 'blind', 1],
  ['nothing to search for, files replaced', { values: 0, before: null }, 'replaced', 0],
  ['nothing to search for, one file left', { values: 0, before: null, replaced: [{ kind: 'table', before: 3, left: 1 }] }, 'blind', 1],
  ['a kind that nobody knows', { after: [searched('strange', 0, 0)] }, 'blind', 1],
  ['a kind that holds no values', { after: [searched('bookkeeping', 0, 0)] }, 'holds no values', 0],
  ['a value where none should be', { after: [searched('bookkeeping', 2, 0)] }, 'residual', 1],
])('%s', (_, change, standing, hindering) => {
  const outcome = outcomeOf(change)
  expect(outcome.kinds.map((kind) => kind.standing)).toEqual([standing])
  expect(hindrancesOf(outcome)).toHaveLength(hindering)
})

test('a blind column is proven by the files of its table, and only by all of them', () => {
  const blind_columns = [{ place: 'crm.listener', column: 'note', because: 'values in it are compressed' }]
  expect(hindrancesOf(outcomeOf({}, { blind_columns }))).toEqual([])
  expect(hindrancesOf(outcomeOf({ replaced: [{ kind: 'table', before: 3, left: 1 }] }, { blind_columns }))).toEqual([{ place: 'crm.listener', because: expect.stringContaining('column note is blind') as string }])
  expect(hindrancesOf(outcomeOf({ replaced: [] }, { blind_columns }))).toHaveLength(1)
})

test('what could not be done stands in the way', () => {
  const hindrances = [{ place: 'physical check', because: 'unreachable' }]
  expect(hindrancesOf({ store: 'crm', performed: false, because: 'unreachable', hindrances })).toEqual(hindrances)
  expect(hindrancesOf({ store: 'crm', performed: false, because: 'not declared', hindrances: [] })).toEqual([])
})
