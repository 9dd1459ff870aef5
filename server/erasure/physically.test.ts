import { expect, test } from 'vitest'
import { on } from './testing.ts'
import { stillClear } from './physically.ts'
import type { KindOutcome } from './physical/types.ts'
import type { PhysicalCheck } from './types.ts'

const kind = (name: string, standing: KindOutcome['standing']): KindOutcome => ({ kind: name, standing, files: 1, bytes: 10, values_before: 2, values_after: standing === 'residual' ? 1 : 0, control: 'seen', files_before: 1, files_left: 1 })
const check = (round: number, values: number): PhysicalCheck => ({
  erasure: 'EXIT-deezer-2016', round, store: 'legacy', begunAt: on('2020-12-02'), doneAt: on('2020-12-02'),
  outcome: { store: 'legacy', performed: true, values, kinds: [kind('server log', 'clear'), kind('Aria log', 'clear'), kind('undo log', 'residual'), kind('redo log', 'replaced')], blind_columns: [], done: [], offered: [], hindrances: [] },
})

test('what the last check found clear counts as clear until something more is erased: later rows may stand in a log that nobody wrote over', () => {
  expect(stillClear(check(1, 2), [{ round: 1 }])).toEqual(['server log', 'Aria log'])
  expect(stillClear(check(1, 2), [{ round: 1 }, { round: 2 }])).toEqual([])
  expect(stillClear(check(2, 2), [{ round: 1 }, { round: 2 }])).toEqual(['server log', 'Aria log'])
  expect(stillClear(check(1, 0), [{ round: 1 }]), 'nothing was searched for').toEqual([])
  expect(stillClear({ ...check(1, 2), outcome: null }, [{ round: 1 }])).toEqual([])
  expect(stillClear(undefined, [{ round: 1 }])).toEqual([])
})
