import { expect, test } from 'vitest'
import type { Store } from '#inventory'
import { on } from './testing.ts'
import { notExamined, stillClear } from './physically.ts'
import type { KindOutcome } from './physical/types.ts'
import type { PhysicalCheck, Step } from './types.ts'

const kind = (name: string, standing: KindOutcome['standing']): KindOutcome => ({ kind: name, standing, files: 1, bytes: 10, values_before: 2, values_after: standing === 'residual' ? 1 : 0, control: 'seen', files_before: 1, files_left: 1 })
const check = (round: number, values: number): PhysicalCheck => ({
  erasure: 'EXIT-deezer-2016', round, store: 'legacy', begunAt: on('2020-12-02'), doneAt: on('2020-12-02'),
  outcome: { store: 'legacy', performed: true, values, kinds: [kind('server log', 'clear'), kind('Aria log', 'clear'), kind('undo log', 'residual'), kind('redo log', 'replaced')], blind_columns: [], done: [], offered: [], hindrances: [] },
})

test('what the last check found clear counts as clear until something more is erased: later rows may stand in a log that nobody wrote over', () => {
  expect(stillClear(check(1, 2), [{ round: 1, number: 1 }])).toEqual(['server log', 'Aria log'])
  expect(stillClear(check(1, 2), [{ round: 1, number: 1 }, { round: 2, number: 1 }])).toEqual([])
  expect(stillClear(check(2, 2), [{ round: 1, number: 1 }, { round: 2, number: 1 }])).toEqual(['server log', 'Aria log'])
  expect(stillClear(check(1, 0), [{ round: 1, number: 1 }]), 'nothing was searched for').toEqual([])
  expect(stillClear({ ...check(1, 2), outcome: null }, [{ round: 1, number: 1 }])).toEqual([])
  expect(stillClear(undefined, [{ round: 1, number: 1 }])).toEqual([])
})

test('files that are declared to be within reach, and that nobody examined since rows were erased, are in the way; where nothing was erased, or nothing is declared, they are not', () => {
  const store: Store = { id: 'legacy', environment: 'test', kind: 'mysql', declared: { id: 'legacy', environment: 'test', kind: 'mysql', backups: 'none', data_directory: '/data' } }
  const step = (round: number, rowsErased: number): Step => ({ erasure: 'EXIT-deezer-2016', round, number: 1, store: 'legacy', place: 'old.people', method: 'truncate', state: 'done', begunAt: 1, doneAt: 2, rowsFound: rowsErased, records: 3, rowsErased, detail: {} })
  const inTheWay = [{ store: 'legacy', place: 'physical check', because: expect.stringContaining('nobody examined them') as string }]
  expect(notExamined([step(1, 3)], [store], [])).toEqual(inTheWay)
  expect(notExamined([step(1, 3)], [store], [{ ...check(1, 2), outcome: null }])).toEqual(inTheWay)
  expect(notExamined([step(1, 3), step(2, 3)], [store], [check(1, 2)])).toEqual(inTheWay)
  expect(notExamined([step(1, 3), step(2, 0)], [store], [check(1, 2)])).toEqual([])
  expect(notExamined([step(1, 0)], [store], [])).toEqual([])
  // Erased in the same round, and after the check: what was in its way then, a run that was gone on with found gone.
  const later = { ...step(1, 3), number: 2 }
  expect(notExamined([step(1, 3), later], [store], [{ ...check(1, 2), covers: [{ round: 1, number: 1 }] }])).toEqual(inTheWay)
  expect(stillClear({ ...check(1, 2), covers: [{ round: 1, number: 1 }] }, [step(1, 3), later])).toEqual([])
  expect(notExamined([step(1, 3), later], [store], [{ ...check(1, 2), covers: [{ round: 1, number: 1 }, { round: 1, number: 2 }] }])).toEqual([])
  expect(notExamined([step(1, 3)], [{ ...store, declared: { ...store.declared, data_directory: undefined } } as Store], [])).toEqual([])
})
