import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { asOf, openBailee, openKeptPast, openPast, tables, type Bailee } from '#composition'
import { folded } from '../composition/folded.ts'
import { rows, sql } from '#database'
import { withRebuilt } from '#ledger'
import { placeCase } from '../case/testing.ts'
import { permissions, type RouteName } from './permissions.ts'
import { controllerRoles, roles, type Role } from './principal.ts'
import { startApi, type SignedIn, type TestApi } from './testing.ts'

const directory = join(inject('testDirectory'), 'case-of-the-api')
const at = Date.parse('2021-01-15T00:00:00Z') / 1000
/** The night after the copy was made: findings are open, the contract goes on. */
const then = '2019-04-16T12:00:00Z'
let bailee: Bailee
let api: TestApi

beforeAll(async () => {
  await placeCase(directory)
  bailee = await openBailee({ directory, clock: 'replayed', environment: {} }, at)
  api = await startApi(bailee, at)
}, 300_000)
afterAll(async () => {
  await api.close()
  await bailee.close()
})

const v1 = '/api/v1'
const as = (role: Role, controller = 'deezer'): SignedIn => ((controllerRoles as readonly Role[]).includes(role) ? { role, controller } : { role, person: role === 'engineer' ? 'eli' : 'noa' })
/** What stays open while somebody listens is tried by itself (`changes.test.ts`). */
const stream = 'GET /events'
const names = (Object.keys(permissions) as RouteName[]).filter((name) => name !== stream)
/** Files of the registers are handed out once their hash is recorded: they are tried by themselves (`account.test.ts`). */
const reads = names.filter((name) => name.startsWith('GET ') && !name.endsWith('/export')).map((name) => name.slice(4))

/** Something of each kind, as the owner finds it. */
async function idsOf(moment = ''): Promise<Record<string, string>> {
  const first = async (listing: string, wanted?: (item: Record<string, unknown>) => boolean): Promise<string> => {
    const { items } = (await api.ask('GET', `${v1}/${listing}${listing.includes('?') ? '&' : '?'}${moment}`, { as: as('owner') })).json() as { items: Record<string, unknown>[] }
    return String((wanted === undefined ? items[0] : items.find(wanted))?.['id'] ?? 'none')
  }
  const erasures = (await api.ask('GET', `${v1}/erasures`, { as: as('owner') })).json() as { items: { certificate: { id: string } | null; contract: string }[] }
  return {
    controllers: 'deezer', contracts: erasures.items[0]?.contract ?? 'none', instructions: 'INS-1', decisions: await first('decisions?outcome=refused&controller=deezer'), copies: await first('copies?controller=deezer&gone=true'), people: 'noa', reviews: 'none', trainings: 'client-data', assessments: 'scope', ledger: '1-3',
    findings: await first('findings?controller=deezer'), sweeps: await first('sweeps'), erasures: await first('erasures'), certificates: erasures.items[0]?.certificate?.id ?? 'none', breaches: 'none',
  }
}
const addressed = (route: string, ids: Record<string, string>): string => `${v1}${route.replace(':id', encodeURIComponent(ids[route.split('/')[1] ?? ''] ?? 'none'))}`

const golden = join(import.meta.dirname, 'roles.golden.txt')
test('every route as every role: who is answered, who is not (UPDATE_GOLDEN=1 rewrites it)', async () => {
  const ids = await idsOf()
  const columns: (Role | 'nobody')[] = [...roles, 'nobody']
  const lines = [`${''.padEnd(32)}${columns.map((one) => one.padEnd(10)).join('')}`.trimEnd()]
  for (const name of names) {
    const [method, route = ''] = name.split(' ') as ['GET' | 'POST' | 'DELETE', string]
    const outcomes: string[] = []
    for (const role of columns) {
      const query = route.startsWith('/client') || route === '/evidence' ? '?controller=deezer' : ''
      const answer = await api.ask(method, `${addressed(route, ids)}${query}`, { ...(role === 'nobody' ? {} : { as: as(role) }), ...(method === 'POST' ? { body: {} } : {}) })
      outcomes.push(String(answer.statusCode).padEnd(10))
    }
    lines.push(`${name.padEnd(32)}${outcomes.join('')}`.trimEnd())
  }
  const table = `${lines.join('\n')}\n`
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(golden, table)
  expect(table).toBe(existsSync(golden) ? readFileSync(golden, 'utf8') : '')
  expect(table).not.toMatch(/ 5\d\d/)
}, 240_000)

test('as it was: every route at a moment of the past, where findings were open', async () => {
  const ids = await idsOf(`at=${then}`)
  for (const route of reads.filter((one) => one !== '/instructions/drafts/:id' && one !== '/start/stores/:id' && one !== '/breaches/:id' && one !== '/reviews/:id' && one !== '/erasures/:id' && one !== '/certificates/:id')) {
    const query = route.startsWith('/client') || route === '/evidence' ? '&controller=deezer' : ''
    const answer = await api.ask('GET', `${addressed(route, ids)}?at=${then}${query}`, { as: as('owner') })
    expect([route, answer.statusCode, answer.statusCode === 200 ? '' : answer.body]).toEqual([route, 200, ''])
  }
  expect((await api.ask('GET', `${v1}/findings?at=${then}&controller=deezer`, { as: as('dpo') })).json()).toMatchObject({ items: [{ state: 'open', standing: 'invalid', controller: { id: 'deezer' } }, {}] })
  expect((await api.ask('GET', `${v1}/copies?at=${then}&controller=deezer`, { as: as('dpo') })).json()).toMatchObject({ underNone: 2, underInstruction: 5 })
  expect((await api.ask('GET', `${v1}/today?at=${then}`, { as: as('dpo') })).json()).toMatchObject({ items: [{ kind: 'finding' }, {}] })
}, 240_000)

/** What every table holds, as a sum of it. */
async function heldBy({ database }: Pick<Bailee, 'database'>): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const { name, except = [] } of folded) found[name] = (await rows<{ sum: string }>(database, sql`select coalesce(md5(string_agg(row, '|' order by row)), '') as sum from (select (to_jsonb(one) - ${[...except]}::text[])::text as row from ${sql.id(name)} as one) as all_rows`))[0]?.sum ?? ''
  return found
}

test('tables of the past that stay folded hold what a fresh fold holds, whichever way one comes to a moment', async () => {
  const past = openPast(bailee)
  const fresh = new Map<string, Record<string, string>>()
  const moments = ['2019-04-16', '2016-12-15', '2020-12-02T12:00:00Z', '2019-04-16']
  try {
    for (const moment of moments) {
      const until = Date.parse(moment) / 1000
      if (!fresh.has(moment)) fresh.set(moment, await asOf(bailee, until, heldBy))
      expect([moment, await past.read(await past.standAt(until), undefined, heldBy)]).toEqual([moment, fresh.get(moment)])
    }
    expect(fresh.get('2019-04-16')).not.toEqual(fresh.get('2016-12-15'))
    const mine = async ({ database }: Pick<Bailee, 'database'>): Promise<unknown> => rows(database, sql`select slot, id from finding union all select slot, id from contract order by 1, 2`)
    for (const moment of moments.slice(0, 3)) {
      const until = Date.parse(moment) / 1000
      const stand = await past.standAt(until, [0, 1])
      const [one, other] = await Promise.all([past.read(stand, 1, mine), asOf(bailee, until, mine, 1)])
      expect([moment, one]).toEqual([moment, other])
      await expect(past.read(stand, 1, ({ database }) => rows(database, sql`delete from finding`))).rejects.toThrow()
    }
  } finally {
    await past.close()
  }
}, 300_000)

/** In a schema of fresh tables: whatever changes a row writes down which row it was, and whose entry it is that folds. */
const writesDown = (names: readonly string[]): string => `
  create table changes (name text, key text, slot integer, primary key (name, key, slot));
  create function write_down() returns trigger language plpgsql as $$
  declare
    key text;
  begin
    select string_agg(to_jsonb(case when tg_op = 'DELETE' then old else new end) ->> attname, '/' order by attnum) into key from pg_attribute join pg_constraint on conrelid = attrelid and attnum = any (conkey) where attrelid = tg_relid and contype = 'p';
    execute format('insert into %I.changes values ($1, $2, $3) on conflict do nothing', tg_table_schema) using tg_table_name::text, key, current_setting('bailee.folding_of')::integer;
    return null;
  end $$;
  ${names.map((name) => `create trigger write_down after insert or update or delete on ${name} for each row execute function write_down();`).join('\n')}`

test('no row is changed by the entries of two logs, and of few tables rows by both the common log and those of controllers', async () => {
  const { applies, migrations } = tables()
  const types = new Set<string>()
  const watched = Object.fromEntries(Object.entries(applies).map(([noun, apply]) => [noun, async (tx: Parameters<typeof apply>[0], entry: Parameters<typeof apply>[1]) => {
    types.add(entry.type)
    await rows(tx, sql`select set_config('bailee.folding_of', ${String(entry.slot)}, true)`)
    await apply(tx, entry)
  }]))
  const { twice, both, changed } = await withRebuilt(bailee.ledger, { applies: watched, migrations: [...migrations, writesDown(folded.map(({ name }) => name))] }, async ({ tx }) => ({
    twice: await rows(tx, sql`select name, key from changes group by name, key having count(*) > 1`),
    both: await rows<{ name: string }>(tx, sql`select name from changes group by name having bool_or(slot = 0) and bool_or(slot <> 0) order by name`),
    changed: await rows<{ name: string }>(tx, sql`select distinct name from changes`),
  }))
  expect(twice).toEqual([])
  expect(both.map(({ name }) => name).filter((name) => name !== 'key_destroyed')).toEqual([])
  expect(types.size).toBeGreaterThan(60)
  expect(changed.length).toBeGreaterThan(35)
}, 240_000)

test('read from what is kept of the past, every route answers what it answers from a fold, and every table holds what a fresh fold holds', async () => {
  const asked = reads.filter((one) => one !== '/instructions/drafts/:id' && one !== '/start/stores/:id')
  const ids = await idsOf(`at=${then}`)
  const answers = async (): Promise<unknown[]> => {
    const found: unknown[] = []
    for (const route of asked) {
      const answer = await api.ask('GET', `${addressed(route, ids)}?at=${then}&limit=200${route.startsWith('/client') || route === '/evidence' ? '&controller=deezer' : ''}`, { as: as('dpo') })
      found.push([route, answer.statusCode, answer.body.replaceAll(/"instance":"[^"]*"/g, '')])
    }
    return found
  }
  const before = await answers()
  const kept = openKeptPast(bailee)
  await kept.goOn({ settleMilliseconds: 0 })
  expect(await kept.tell(Date.parse(then) / 1000)).toBeDefined()
  expect(await answers()).toEqual(before)
  let told = 0
  for (const moment of ['2016-12-15', '2018-03-01', '2019-04-16T12:00:00Z', '2020-12-02T12:00:00Z', '2022-11-12']) {
    const until = Date.parse(moment) / 1000
    const there = await kept.read(until, (database) => heldBy({ database }))
    if (there === undefined) continue
    told += 1
    expect([moment, there.result]).toEqual([moment, await asOf(bailee, until, heldBy)])
  }
  expect(told).toBeGreaterThan(2)
}, 240_000)

test('an answer about the past is sent once to who kept it, whoever else was asked meanwhile', async () => {
  const ask = async (url: string, headers = {}): Promise<readonly [number, string, string]> => { const answer = await api.ask('GET', `${v1}${url}`, { as: as('dpo'), headers }); return [answer.statusCode, String(answer.headers['etag']), answer.body] }
  const first = await ask(`/findings?at=${then}`)
  expect(await ask(`/findings?at=${then}`)).toEqual(first)
  expect(await ask('/findings?at=2019-04-01')).not.toEqual(first)
  expect((await ask(`/findings?at=${then}`, { 'if-none-match': first[1] })).slice(0, 1)).toEqual([304])
  expect(await ask(`/findings?at=${then}`, { 'if-none-match': '"another"' })).toEqual(first)
  expect((await api.ask('GET', `${v1}/findings?at=${then}`, { as: as('viewer', 'chinook'), headers: { 'if-none-match': first[1] } })).statusCode).toBe(200)
}, 300_000)

test('nothing that a controller\'s people are answered names another controller, now or in the past', async () => {
  for (const moment of ['', `&at=${then}`]) {
    const ids = await idsOf(moment.slice(1))
    for (const [own, other] of ([['deezer', 'chinook'], ['chinook', 'deezer']] as const).slice(moment === '' ? 0 : 1)) {
      for (const route of reads) {
        const answer = await api.ask('GET', `${addressed(route, ids)}?limit=200${moment}`, { as: as('signatory', own) })
        expect([own, route, answer.statusCode, (answer.body.replaceAll(/"instance":"[^"]*"/g, '').match(new RegExp(other, 'gi')) ?? []).length]).toEqual([own, route, expect.any(Number), 0])
        if (own === 'chinook' && route.endsWith('/:id') && !route.startsWith('/sweeps')) expect([route, answer.statusCode]).toEqual([route, ['start', 'people', 'breaches', 'reviews', 'trainings', 'assessments'].includes(route.split('/')[1] ?? '') ? 403 : 404])
      }
    }
  }
}, 240_000)

/** What a signatory sends to each route that records, about something that is named. */
const sent: Readonly<Record<string, (named: Readonly<Record<string, string>>) => object>> = {
  'POST /instructions': ({ contracts = '' }) => ({ scope: { ...scopeOf(contracts), id: 'INS-90' } }), 'POST /instructions/preview': ({ contracts = '' }) => ({ scope: scopeOf(contracts) }),
  'POST /certificates/:id/pages': () => ({ language: 'en' }), 'POST /notices/acknowledge': ({ notices }) => ({ notice: notices }), 'POST /evidence/bundle': ({ controllers }) => ({ controller: controllers }),
}
const scopeOf = (contract: string): object => ({ id: 'INS-1', contract, text: 'Ours.', purposes: ['Marketing'], operations: ['read'], data: { listeners: '*' }, environments: ['production'], from: '2016-12-01', supersedes: 'INS-1' })

test('what another controller\'s are is answered as what is not there, by every route, whatever names it', async () => {
  const ids = await idsOf()
  const nowhere: Readonly<Record<string, string>> = { decisions: '999-3', ledger: '999-3', sweeps: 'none' }
  const ask = async (name: RouteName, { of, controller, named }: { of: Role; controller?: string; named: Readonly<Record<string, string>> }): Promise<unknown> => {
    const [method, route = ''] = name.split(' ') as ['GET' | 'POST' | 'DELETE', string]
    const body = method === 'POST' ? { body: sent[name]?.(named) ?? {} } : {}
    const answer = await api.ask(method, `${addressed(route, named)}${controller === undefined ? '' : `?controller=${controller}`}`, { as: as(of, 'chinook'), ...body })
    const texts = [...Object.values(named), controller ?? '-'].filter((text) => text.length > 5).sort((one, other) => other.length - one.length)
    return [name, answer.statusCode, texts.reduce((text, one) => text.replaceAll(one, 'it'), answer.body.replaceAll(/"instance":"[^"]*"/g, ''))]
  }
  const { items: notices } = (await api.ask('GET', `${v1}/notices?controller=deezer`, { as: as('owner') })).json() as { items: { id: string }[] }
  // A search of several controllers has one id, and is shown to each as its own log tells it.
  const theirs = { ...ids, sweeps: 'none', notices: notices[0]?.id ?? 'none' }
  const missing = Object.fromEntries(Object.keys(theirs).map((noun) => [noun, nowhere[noun] ?? 'nothing-of-that-name']))
  for (const name of names.filter((one) => permissions[one].roles.length > 0)) { // who signs in is nobody's yet
    for (const of of ['signatory', 'viewer'] as const) expect(await ask(name, { of, named: theirs })).toEqual(await ask(name, { of, named: missing }))
    if (name.startsWith('GET ')) expect(await ask(name, { of: 'viewer', controller: 'deezer', named: missing })).toEqual(await ask(name, { of: 'viewer', controller: 'nothing-of-that-name', named: missing }))
  }
}, 240_000)

test('the policies take nothing from a controller that is its own', async () => {
  const ids = await idsOf()
  const unheld = await startApi(bailee, at, { asController: (whole, _controller, work) => work(whole) })
  try {
    for (const route of reads) {
      const answer = async (server: TestApi): Promise<unknown> => (await server.ask('GET', addressed(route, ids), { as: as('viewer') })).body.replaceAll(/"others":\d+/g, '')
      expect([route, await answer(api)]).toEqual([route, await answer(unheld)])
    }
  } finally {
    await unheld.close()
  }
}, 240_000)

test('every listing comes to the same over small pages, and its total is how many there are', async () => {
  for (const route of ['/controllers', '/instructions', '/decisions', '/copies?gone=true', '/stores', '/activities', '/transfers', '/people', '/findings', '/sweeps', '/erasures', '/register', '/assessments', '/ledger/entries?controller=deezer', '/ledger/checkpoints', '/reviews', '/trainings', '/questions', '/notices', '/client/use?controller=deezer']) {
    const page = async (query: string): Promise<{ items: unknown[]; next: string | null; total: number }> => (await api.ask('GET', `${v1}${route}${route.includes('?') ? '&' : '?'}${query}`, { as: as('owner') })).json()
    const whole = await page('limit=200')
    const pieces: unknown[] = []
    for (let cursor: string | null = ''; cursor !== null && pieces.length < 200;) {
      const { items, next } = await page(`limit=7${cursor === '' ? '' : `&cursor=${cursor}`}`)
      pieces.push(...items)
      cursor = next
    }
    expect([route, pieces.slice(0, 200)]).toEqual([route, whole.items.slice(0, pieces.length)])
    expect([route, whole.next === null ? whole.items.length : whole.total >= whole.items.length]).toEqual([route, whole.next === null ? whole.total : true])
  }
}, 240_000)

test('what would this allow? is asked of the decision itself, and records nothing', async () => {
  const { scope } = (await api.ask('GET', `${v1}/instructions/INS-1?at=${then}`, { as: as('dpo') })).json() as { scope: Record<string, unknown> }
  const size = await bailee.ledger.size(1)
  const wider = { ...scope, id: 'INS-9', supersedes: 'INS-1', purposes: ['ImproveOwnProduct'], operations: ['copy'], environments: ['test'] }
  const answer = await api.ask('POST', `${v1}/instructions/preview?at=${then}`, { as: as('dpo'), body: { scope: wider, days: 400 } })
  expect([answer.statusCode, answer.json()]).toMatchObject([200, { operations: { allowed: ['copy'], not: expect.arrayContaining(['read', 'disclose']) as string[] }, environments: { allowed: ['test'], not: ['production'] }, acts: { newlyRefused: expect.any(Number) as number } }])
  expect(((answer.json()) as { acts: { newlyRefused: number } }).acts.newlyRefused).toBeGreaterThan(0)
  const closed = await api.ask('POST', `${v1}/instructions/preview`, { as: as('dpo'), body: { scope: { ...scope, id: 'INS-9', purposes: [], operations: [], data: {}, environments: [] } } })
  expect(closed.json()).toMatchObject({ allows: false, problems: expect.arrayContaining(['no purpose is named', 'no data are named']) as string[] })
  expect(await bailee.ledger.size(1)).toBe(size)
})

interface Parameter { readonly name: string; readonly in: string; readonly schema: { readonly type?: string; readonly enum?: readonly string[] } }
interface Documented { readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly parameters?: readonly Parameter[]; readonly requestBody?: unknown }>>>> }

test('whatever is sent to a route of the document is answered or refused: no 500, no hang', async () => {
  const document = (await api.ask('GET', '/api/openapi.json')).json() as Documented
  const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase() as 'GET' | 'POST' | 'DELETE', operation }))).filter(({ path }) => path !== `${v1}/events`)
  expect(operations.map(({ path, method }) => `${method} ${path.replace(v1, '').replaceAll(/\{(\w+)\}/g, ':$1')}`).sort()).toEqual([...names].sort())
  const ids = Object.values(await idsOf())
  const odd = fc.oneof(fc.constantFrom('', '0', '-1', 'null', '../..', '2019-04-16', 'deezer', '%00', '😀', ...ids), fc.string({ maxLength: 30 }), fc.string({ unit: 'binary', maxLength: 12 }))
  const valueOf = ({ schema, name }: Parameter): fc.Arbitrary<string> => fc.oneof(odd, ...(schema.enum === undefined ? [] : [fc.constantFrom(...schema.enum)]), ...(schema.type === 'integer' ? [fc.integer({ min: -5, max: 300 }).map(String)] : []), ...(name === 'at' ? [fc.constantFrom('2019-04-16', '2017-01-01T00:00:00Z', '1969-01-01', '9999-12-31')] : []))
  const asked = fc.constantFrom(...operations).chain(({ path, method, operation }) => {
    const parameters = operation.parameters ?? []
    return fc.record({
      path: fc.constant(path), method: fc.constant(method), role: fc.constantFrom(...roles), body: operation.requestBody === undefined ? fc.constant(undefined) : fc.oneof(fc.object({ maxDepth: 3 }), fc.constant({ scope: { id: 'a', contract: ids[1], text: '', purposes: [], operations: [], data: {}, environments: [], from: 'x' } })),
      parameters: fc.tuple(...parameters.map((one) => fc.option(valueOf(one), { nil: undefined, freq: one.in === 'path' ? 1_000 : 2 }).map((value) => ({ ...one, value })))),
    })
  })
  await fc.assert(fc.asyncProperty(asked, async ({ path, method, role, body, parameters }) => {
    const encoded = (value: string): string => { try { return encodeURIComponent(value) } catch { return '%ED%A0%80' } }
    const url = parameters.filter((one) => one.in === 'path').reduce((made, { name, value }) => made.replace(`{${name}}`, encoded(value ?? 'x') || 'x'), path)
    const query = parameters.filter((one) => one.in === 'query' && one.value !== undefined).map(({ name, value }) => `${name}=${encoded(value ?? '')}`).join('&')
    const answer = await api.ask(method, `${url}?${query}`, { as: as(role), ...(body === undefined ? {} : { body }) })
    expect([200, 400, 401, 403, 404, 409, 422, 429]).toContain(answer.statusCode)
    if (answer.statusCode !== 200) expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
  }), { numRuns: process.env['BAILEE_FULL'] === '1' ? 3_000 : 150 })
}, 240_000)

test('a place that the search after an erasure did not name is not shown as gone', async () => {
  const { database } = bailee
  const gone = async (of = api): Promise<number> => ((await of.ask('GET', `${v1}/copies?controller=deezer&gone=true&kind=dataset`, { as: as('dpo') })).json() as { items: { gone: boolean }[] }).items.filter((one) => one.gone).length
  const { erasures } = await idsOf()
  const standings = async (of = api): Promise<string[]> => ((await of.ask('GET', `${v1}/erasures/${erasures}`, { as: as('dpo') })).json() as { placeList: { standing: string }[] }).placeList.map(({ standing }) => standing)
  expect([await gone() > 0, (await standings()).includes('verified')]).toEqual([true, true])
  const before = await rows<{ id: string; again: object }>(database, sql`select id, again from erasure`)
  let later: TestApi | undefined
  try {
    await rows(database, sql`update erasure set again = jsonb_set(again, '{coverage}', '[]')`)
    later = await startApi(bailee, at) // what was changed beside the ledger is seen by whoever has not read it yet
    expect([await gone(later), (await standings(later)).includes('verified')]).toEqual([0, false])
    const { searchedAgain } = (await later.ask('GET', `${v1}/erasures/${erasures}`, { as: as('dpo') })).json() as { searchedAgain: { stores: number; searched: number; notSeen: { why: string }[] } }
    expect([searchedAgain.searched, searchedAgain.notSeen.length, searchedAgain.stores > 2], 'a store that the search does not name was not searched').toEqual([0, searchedAgain.stores, true])
  } finally {
    await later?.close()
    for (const { id, again } of before) await rows(database, sql`update erasure set again = ${JSON.stringify(again)} where id = ${id}`)
  }
})

test('an instruction whose work is suspended is shown to nobody as in force', async () => {
  const { database } = bailee
  const ask = async (): Promise<boolean> => ((await api.ask('GET', `${v1}/instructions/INS-1?at=${then}`, { as: as('dpo') })).json() as { inForce: boolean }).inForce
  expect(await ask()).toBe(true)
  const now = async (of = api): Promise<number> => ((await of.ask('GET', `${v1}/instructions?limit=100`, { as: as('owner') })).json() as { items: { inForce: boolean }[] }).items.filter(({ inForce }) => inForce).length
  expect(await now()).toBeGreaterThan(0)
  let later: TestApi | undefined
  try {
    await rows(database, sql`insert into instruction_warning (instruction, number, slot, provision, warned_by, warned_at, suspended) select id, 99, slot, 'Art. 5', 'noa', ${at - 9}, true from instruction`)
    later = await startApi(bailee, at)
    expect(await now(later)).toBe(0)
  } finally {
    await later?.close()
    await rows(database, sql`delete from instruction_warning where number = 99`)
  }
})
