import { expect, test } from 'vitest'
import type { Dataset, Store } from '#inventory'
import type { Match } from '#trace'
import { judgeErasure } from './judge.ts'
import { planErasure } from './plan.ts'
import type { Erasure, Plan, SearchedAgain, Step } from './types.ts'

const store = (id: string, kind: Store['kind'], declared: Record<string, unknown> = {}): Store => ({ id, environment: 'production', kind, declared: { id, environment: 'production', kind, backups: 'none', ...declared } })
const stores = [store('crm', 'postgres', { erase_url: 'env:A' }), store('lab', 'postgres', { erase_url: 'env:B' }), store('closed', 'postgres'), store('share', 'files', { path: 'share' }), store('old', 'mysql'), store('shop', 'mysql', { erase_url: 'env:C' }), store('cache', 'redis'), store('lake', 's3', { erase_access_key: 'env:K', erase_secret_key: 'env:S' }), store('pond', 's3'), store('desk', 'sqlite', { path: 'data/desk.db' })]
const dataset = (id: string, controller: string, tables: { table: string; rows?: string }[], where = 'crm'): Dataset => ({ id, slot: 1, controller, store: where, tables: tables.map((table) => ({ subject: 'id', columns: {}, ...table })) })
const detail: Match['detail'] = { share: 1, confirmedRows: 3, datasets: [], columns: [], parts: [], mixed: false, reasons: [], samples: [], made: { after: null, before: null, because: 'unknown' }, readAt: 1 }
const match = (controller: string, where: string, place: string, own = false): Match => ({ controller, slot: 1, store: where, environment: 'test', place, records: 3, rows: 4, own, results: [], parts: [], detail })
const planOf = (datasets: Dataset[], matches: Match[]): Plan => planErasure({ controller: 'deezer', round: 1, datasets, stores, matches, coverage: [] })
const told = (plan: Plan): string[] => plan.items.map((item) => `${item.number} ${item.what} ${item.store}:${item.place} ${item.method} ${item.records}`)

test('every declared table is on the plan, found or not, and every other place where records were found', () => {
  const plan = planOf([dataset('d', 'deezer', [{ table: 'a.b' }, { table: 'a.c', rows: 'client = 1' }]), dataset('e', 'chinook', [{ table: 'x.y' }])],
    [match('deezer', 'crm', 'a.b', true), match('deezer', 'lab', 't.u'), match('deezer', 'share', 'f.csv'), match('chinook', 'lab', 't.u'), match('deezer', 'lake', 'b/k.csv')])
  expect(told(plan)).toEqual(['1 dataset crm:a.b truncate 3', '2 dataset crm:a.c delete rows 0', '3 found copy lab:t.u delete found rows 3', '4 found copy share:f.csv unlink 3', '5 found copy lake:b/k.csv unlink 3'])
  expect(plan.items[1]?.predicate).toBe('client = 1')
  expect(plan.blocked).toEqual([])
})

test('records found in another controller\'s declared table are on the plan as a copy', () => {
  expect(told(planOf([dataset('e', 'chinook', [{ table: 'x.y' }])], [match('deezer', 'crm', 'x.y')]))).toEqual(['1 found copy crm:x.y delete found rows 3'])
})

test('an own table is planned once, also when its exit was certified before and it counts as a copy', () => {
  expect(told(planOf([dataset('d', 'deezer', [{ table: 'a.b' }])], [match('deezer', 'crm', 'a.b', false)]))).toEqual(['1 dataset crm:a.b truncate 3'])
})

test('what statistics keep of a table goes with it, own or found; of a table in which nothing of the controller is left it is an obstacle', () => {
  const kept = (table: string): Match => match('deezer', 'lab', `pg_catalog.pg_stats!/${table}`)
  expect(planOf([], [match('deezer', 'lab', 't.u'), kept('t.u')]).blocked).toEqual([])
  expect(told(planOf([], [match('deezer', 'lab', 't.u'), kept('t.u')]))).toEqual(['1 found copy lab:t.u delete found rows 3'])
  expect(planOf([], [match('deezer', 'crm', 't.u'), kept('t.u')]).blocked, 'a table of that name in another store').toMatchObject([{ store: 'lab', place: 'pg_catalog.pg_stats!/t.u', because: expect.stringContaining('statistics of t.u') as string }])
})

test.each([
  ['a store without an account that may erase', 'closed', 'a.b', /no erase_url/],
  ['a Redis server without an account that may erase', 'cache', 'db0', /no erase_url/],
  ['a MariaDB server without an account that may erase', 'old', 'a.b', /no erase_url/],
  ['a bucket without keys that may erase', 'pond', 'b/k.csv', /no erase_access_key/],
  ['a table of the server itself', 'shop', 'mysql.user', /no table whose rows/],
  ['its statistics', 'shop', 'mysql.column_stats', /they go when those tables are erased/],
  ['a store that is gone', 'nowhere', 'a.b', /not declared any more/],
  ['a database that nobody declared', 'crm', 'attic:a.b', /not declared as a store/],
])('%s is an obstacle, and the rest is planned', (_, where, place, because) => {
  const plan = planOf([], [match('deezer', where, place), match('deezer', 'lab', 't.u')])
  expect(plan.items.map((item) => item.place)).toEqual(['t.u'])
  expect(plan.blocked).toEqual([{ store: where, place, because: expect.stringMatching(because) as string }])
})

const part = (name: string, kind: string, dataset = 'd.0'): Match['parts'][number] => ({ name, kind, partly: [], columns: [], results: [{ dataset, verdict: 'copy', records: 3, rows: 4, confirmedRows: 4, barBits: 0, columns: [], singles: 0, reasons: [], fields: [], samples: [] }] })

test('of an SQLite file its tables are planned one by one; what was deleted from it before is written away; what is in no table is an obstacle', () => {
  const [table, pages] = ['table of an SQLite file', 'database pages']
  const results = part('', '').results
  const parts = [part('own', table), part('theirs', table), part('copy', table), part(pages, pages), part('copy binary values', 'binary values of an SQLite file'), part('other', table, 'e.0')]
  const plan = planOf([dataset('d', 'deezer', [{ table: 'own' }], 'desk'), dataset('e', 'chinook', [{ table: 'theirs' }], 'desk')], [{ ...match('deezer', 'desk', 'desk.db'), results, parts }])
  expect(told(plan)).toEqual(['1 dataset desk:desk.db!/own truncate 3', '2 found copy desk:desk.db!/theirs delete found rows 3', '3 found copy desk:desk.db!/copy delete found rows 3', '4 found copy desk:desk.db!/database pages rewrite 3'])
  expect(plan.items.map(({ othersTable }) => othersTable ?? false)).toEqual([false, true, false, false])
  expect(plan.blocked).toEqual([{ store: 'desk', place: 'desk.db!/copy binary values', because: expect.stringContaining('binary values of an SQLite file') as string }])
  expect(told(planOf([dataset('d', 'deezer', [{ table: 'own' }], 'desk')], []))).toEqual(['1 dataset desk:desk.db!/own truncate 0'])
})

test('of a database of Redis the own table is planned whole, what stands in no table as a copy, and a table of another by itself', () => {
  const results = part('', '').results
  const datasets = [dataset('d', 'deezer', [{ table: 'db0!/user:*' }], 'keys'), dataset('e', 'chinook', [{ table: 'db0!/guest:*' }], 'keys')]
  const planOfParts = (names: readonly string[]): Plan => planErasure({ controller: 'deezer', round: 1, datasets, stores: [store('keys', 'redis', { erase_url: 'env:K' })], matches: [{ ...match('deezer', 'keys', 'db0'), results, parts: names.map((name) => part(name, 'keys and values')) }], coverage: [] })
  expect(told(planOfParts(['user:*']))).toEqual(['1 dataset keys:db0!/user:* truncate 3'])
  const plan = planOfParts(['user:*', 'guest:*', ''])
  expect(told(plan)).toEqual(['1 dataset keys:db0!/user:* truncate 3', '2 found copy keys:db0 delete found rows 3', '3 found copy keys:db0!/guest:* delete found rows 3'])
  expect(plan.items.map(({ othersTable }) => othersTable ?? false)).toEqual([false, false, true])
  expect(told(planOfParts([])), 'nothing that was found is left out').toEqual(['1 dataset keys:db0!/user:* truncate 0', '2 found copy keys:db0 delete found rows 3'])
})

test('tables of MariaDB are planned as those of PostgreSQL; a predicate is not', () => {
  const plan = planOf([dataset('d', 'deezer', [{ table: 'a.b' }, { table: 'a.c', rows: 'client = 1' }], 'shop')], [match('deezer', 'shop', 'x.y')])
  expect(told(plan)).toEqual(['1 dataset shop:a.b truncate 0', '2 found copy shop:x.y delete found rows 3'])
  expect(plan.blocked).toEqual([{ store: 'shop', place: 'a.c', because: expect.stringContaining('in PostgreSQL only') as string }])
})

test('a place in whose files deleted rows still stand is on the plan again, once', () => {
  const plan = planErasure({ controller: 'deezer', round: 2, datasets: [dataset('d', 'deezer', [{ table: 'a.b' }], 'lab')], stores: [store('lab', 'postgres', { erase_url: 'env:E' })], matches: [], coverage: [], held: [{ store: 'lab', place: 'a.b' }, { store: 'lab', place: 'x.y' }] })
  expect(told(plan)).toEqual(['1 dataset lab:a.b truncate 0', '2 found copy lab:x.y delete found rows 0'])
})

const item = { number: 1, store: 'lab', environment: 'test', place: 't.u', what: 'found copy', method: 'delete found rows', records: 3, rows: 4 } as const
const plan: Plan = { round: 2, items: [item], blocked: [], coverage: [] }
const again: SearchedAgain = { sweep: 'S', at: 1_606_780_800, residual: 0, places: [], coverage: [{ store: 'lab', environment: 'test', kind: 'postgres', places: 1, rows: 1, values: 1, bytes: 1, not_read: [], partly_read: [] }], unsearched: [], gone: [], governed: { copies: 0, not_told: [], not_read: [], found: [] } }
const erasure: Erasure = { id: 'E', slot: 1, controller: 'deezer', contract: 'c', cause: 'end of contract', state: 'confirmed', openedAt: 0, deadline: 1, operator: 'eli', confirmedBy: 'dana', plan, again, retrieveUntil: null, pausedBy: null, pausedAt: null }
const step: Step = { erasure: 'E', round: 2, number: 1, store: 'lab', place: 't.u', method: 'delete found rows', state: 'done', begunAt: 1, doneAt: 2, rowsFound: 4, records: 3, rowsErased: 4, detail: { unowned: 0, ambiguous: 0 } }
const lab = [store('lab', 'postgres')]

test('an erasure with nothing in its way is complete', () => {
  expect(judgeErasure(erasure, [step], lab)).toEqual({ status: 'complete', obstacles: [], backups: [] })
})

test.each<[string, Partial<Erasure>, Step[], Store[], RegExp]>([
  ['a place that could not be planned', { plan: { ...plan, blocked: [{ store: 'old', place: 'a.b', because: 'cannot be erased yet' }] } }, [step], lab, /cannot be erased yet/],
  ['a step that was blocked', {}, [{ ...step, state: 'blocked', rowsErased: null, detail: { because: 'a mixed file' } }], lab, /a mixed file/],
  ['a step that was only begun', {}, [{ ...step, state: 'begun', rowsErased: null }], lab, /not erased/],
  ['a step that was never begun', {}, [], lab, /not erased/],
  ['a step done in an earlier round only', {}, [{ ...step, round: 1 }], lab, /not erased/],
  ['rows whose owner is not known', {}, [{ ...step, detail: { unowned: 1, ambiguous: 0 } }], lab, /1 rows whose owner is unknown/],
  ['rows that may be another controller\'s', {}, [{ ...step, detail: { unowned: 0, ambiguous: 2 } }], lab, /2 rows that may as well/],
  ['rows of unknown owner in an earlier round, at a place no later plan names', {}, [{ ...step, round: 1, place: 't.old', detail: { unowned: 5 } }, step], lab, /5 rows whose owner/],
  ['rows of unknown owner that a later look at the place, finding nothing, did not count', {}, [{ ...step, round: 1, detail: { unowned: 5 } }, { ...step, rowsFound: 0, rowsErased: 0 }], lab, /5 rows whose owner/],
  ['deleted rows that an older transaction keeps', {}, [{ ...step, detail: { held: '4 deleted rows still stand' } }], lab, /4 deleted rows/],
  ['no second search', { again: null }, [step], lab, /not searched again/],
  ['people still found', { again: { ...again, residual: 2, places: [{ store: 'lab', place: 't.u', records: 2 }] } }, [step], lab, /2 people still found/],
  ['a place that was not read', { again: { ...again, coverage: [{ ...again.coverage[0]!, not_read: [{ place: '*', because: 'cannot be opened' }] }] } }, [step], lab, /not searched: cannot be opened/],
  ['a place that was only partly read', { again: { ...again, coverage: [{ ...again.coverage[0]!, partly_read: [{ place: 'notes', because: '2 lines are no JSON' }] }] } }, [step], lab, /only partly searched: 2 lines/],
  ['a store of the plan that the second search does not name', { again: { ...again, coverage: [] } }, [step], lab, /does not name this store/],
  ['a store that the first search read and the second does not name', { plan: { ...plan, coverage: [...again.coverage, { ...again.coverage[0]!, store: 'share' }] } }, [step], lab, /does not name this store/],
  ['a declared store that the second search does not name', {}, [step], [...lab, store('share', 'files')], /does not name this store/],
  ['a table without fingerprints', { again: { ...again, unsearched: [{ store: 'crm', place: 'a.b' }] } }, [step], lab, /no fingerprints/],
  ['a search that looked for no copies of governed copies', { again: { ...again, governed: undefined } as never }, [step], lab, /nobody looked for them/],
  ['a governed copy of which copies could not be told', { again: { ...again, governed: { ...again.governed!, not_told: [{ copy: 'T-1', because: 'its key is gone', no_token: false }] } } }, [step], lab, /could not be searched for: its key is gone/],
  ['a place that was not looked into for copies of governed copies', { again: { ...again, governed: { ...again.governed!, copies: 1, not_read: [{ store: 'lab', place: 't.v', because: 'it changed' }] } } }, [step], lab, /not searched for copies of governed copies: it changed/],
  ['a store that does not say whether it has backups', {}, [step], [{ ...lab[0]!, declared: { id: 'lab', environment: 'test', kind: 'postgres' } }], /backups/],
])('%s alone makes it partial', (...[, change, steps, declared, because]) => {
  const verdict = judgeErasure({ ...erasure, ...change }, steps, declared)
  expect(verdict.status).toBe('partial')
  expect(verdict.obstacles).toEqual([expect.objectContaining({ because: expect.stringMatching(because) as string })])
})

test('a header line of a file that went whole is nobody\'s row', () => {
  const file: Step = { ...step, method: 'unlink', detail: { unowned: 1, ambiguous: 0 } }
  expect(judgeErasure(erasure, [file], lab).status).toBe('complete')
  expect(judgeErasure(erasure, [{ ...file, detail: { unowned: 2 } }], lab).status).toBe('partial')
  expect(judgeErasure(erasure, [{ ...file, detail: { unowned: 1, ambiguous: 0, no_header: true } }], lab).status, 'the one row is somebody').toBe('partial')
})

test('rows of unknown owner are no obstacle any more when the place is gone, or was erased with none left', () => {
  const first: Step = { ...step, round: 1, detail: { unowned: 5 } }
  expect(judgeErasure({ ...erasure, again: { ...again, gone: [{ store: 'lab', place: 't.u' }] } }, [first, { ...step, rowsFound: 0 }], lab).status).toBe('complete')
  expect(judgeErasure(erasure, [first, step], lab).status).toBe('complete')
})

test('declared backups leave it pending until they expire, counted from the second search', () => {
  const backed = [store('lab', 'postgres', { backups: { expire_after_days: 35 } })]
  expect(judgeErasure(erasure, [step], backed)).toEqual({ status: 'pending_backup_expiry', obstacles: [], backups: [{ store: 'lab', expires: '2021-01-05T00:00:00Z' }] })
  expect(judgeErasure({ ...erasure, again: null }, [step], backed).status).toBe('partial')
})
