import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDirectory, parseEnvelope, verifyCertificate } from '@bailee/verifier'
import { allNotices } from '#contract'
import { exportBundle, type Json } from '#ledger'
import { sweep } from '#trace'
import { certify, confirmErasure, endContract, envelopesOf, exceptFromErasure, findErasure, reviewCertificates, runErasure, settleDue, stepsOf } from './index.ts'
import { allExceptions } from './store.ts'
import { createWorld, listeners, listenersCsv, on, type World } from './testing.ts'

const id = 'EXIT-deezer-2016'
const refused = (code: string): object => expect.objectContaining({ name: 'Refused', code })
const invoice = '\n  - { id: invoices, controller: deezer, store: crm, tables: [{ table: crm.invoice, subject: email, columns: { email: { category: EmailAddress, identifies: true }, year: { category: Purchase } } }] }'
const never = [['split', 'crm', 'crm.split'], ['slice', 'crm', 'crm.slice'], ['base', 'crm', 'crm.base'], ['folder', 'share', 'exports/'], ['plain', 'crm', 'crm.plain']].map(([dataset = '', store = '', table = '']) => ({ dataset, store, table }))
const theirs = never.map(({ dataset, store, table }) => `\n  - { id: ${dataset}, controller: aria, store: ${store}, tables: [{ table: ${table}, subject: email, columns: { email: { category: EmailAddress, identifies: true } } }] }`).join('')
let world: World

beforeAll(async () => {
  world = await createWorld({ change: (text) => text.replace('\ndatasets:', `\ndatasets:${invoice}${theirs}`), fingerprints: false })
  await world.run('crm', `create table crm.invoice as select email, 2010 + (row_number() over () % 10)::int as year from crm.listener; insert into crm.invoice values (null, null)`)
  await world.run('crm', 'create table crm.split (email text) partition by list (email); create table crm.slice partition of crm.split default; create table crm.base (email text); create table crm.leaf () inherits (crm.base); create table crm.plain (email text)')
  world.put('old.csv', await listenersCsv(world))
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
})
afterAll(async () => { await world.close() })

const except = async (more: { jurisdiction?: string; rows?: string; dataset?: string; table?: string; expires?: string } = {}) => exceptFromErasure(world.context, {
  erasure: await findErasure(world.ledger, id), dataset: more.dataset ?? 'invoices', table: more.table ?? 'crm.invoice', rows: more.rows, jurisdiction: more.jurisdiction ?? 'FR', statute: 'Code de commerce, art. L123-22', expires: on(more.expires ?? '2028-01-01'), by: 'dana',
}, on('2020-12-01'))
const certified = async (at: string) => {
  await runErasure(world.context, { erasure: id, operator: 'eli' }, on(at))
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on(at))
  const certificate = await certify(world.context, id, on(at))
  return { certificate, document: JSON.parse(new TextDecoder().decode(parseEnvelope(certificate.envelope).payload)) as Record<string, Json> }
}
const invoices = async () => (await world.run('crm', 'select count(*)::int as n, min(year) as first from crm.invoice')).rows

test('an order from outside the Union is rejected and recorded; what is not the controller\'s, is over, or is no comparison, is misuse', async () => {
  await expect(except({ jurisdiction: 'US' })).rejects.toThrow(refused('erasure/third-country-law'))
  await expect(except({ jurisdiction: 'GB' })).rejects.toThrow(/Art. 48/)
  for (const jurisdiction of ['FR', 'US']) await expect(except({ jurisdiction, rows: "email = 'ann@x.example'" }), 'a value of somebody').rejects.toMatchObject({ name: 'Misuse' })
  const rejected = (await world.ledger.read(1, { types: ['erasure.exception_rejected'] })).map(({ parts }) => parts.evidence)
  expect(rejected).toMatchObject([{ jurisdiction: 'US', statute: 'Code de commerce, art. L123-22', place: 'crm.invoice', by: 'dana', because: expect.stringMatching(/28\(3\)\(g\)/) as string }, { jurisdiction: 'GB' }])
  for (const wrong of [{ table: 'crm.other' }, { expires: '2020-11-01' }, { rows: 'pg_sleep(9) is null' }, { rows: "year <> 'Smith'" }, { rows: 'year < 493012345678' }]) await expect(except(wrong)).rejects.toMatchObject({ name: 'Misuse' })
  expect(await allExceptions(world.ledger.database)).toEqual([])
})

test('rows that law obliges to keep stay and nothing else does: complete with exceptions, with statute and expiry, and a later sweep does not take it back', async () => {
  expect(await except({ rows: 'year >= 2018' })).toMatchObject({ id: `${id}-EXC-1`, rows: 'year >= 2018', endedAt: null })
  expect((await allNotices(world.ledger.database)).at(-1)).toMatchObject({ controller: 'deezer', about: 'exception', says: expect.stringMatching(/crm.invoice .* is kept until 2028-01-01/) as string })
  const { certificate, document } = await certified('2020-12-02')
  expect(await invoices()).toEqual([{ n: listeners / 5, first: 2018 }])
  expect((await stepsOf(world.ledger.database, id)).find(({ place }) => place === 'crm.invoice')).toMatchObject({ state: 'done', rowsErased: listeners - listeners / 5 + 1 })
  expect(document).toMatchObject({
    status: 'complete_with_exceptions', obstacles: [], fingerprints: { standing: 'held' }, verification: { residual: 0 },
    exceptions: [{ place: 'crm.invoice', rows: 'year >= 2018', people: listeners / 5, law: 'FR', statute: 'Code de commerce, art. L123-22', until: '2028-01-01T00:00:00Z', recorded_by: 'dana' }],
  })
  await expect(except()).rejects.toThrow(refused('erasure/under-way'))
  await sweep(world.context, on('2021-06-01'))
  expect(await reviewCertificates(world.ledger, on('2021-06-01'))).toEqual([])
  const directory = join(world.directory, 'bundle')
  await exportBundle(world.ledger, { slot: 1, at: on('2021-06-02'), directory, receiptsFor: [], certificates: await envelopesOf(world.ledger, 1) })
  const verdict = verifyCertificate(openDirectory(directory), { id: certificate.id })
  expect(verdict.outcome === 'verified' ? verdict.facts.claims : verdict).toContainEqual(expect.objectContaining({ claim: 'exceptions', standing: 'shown', says: expect.stringMatching(/^1 kept/) as string }))
})

test('when the law obliges no longer, the exit is open again by itself, the rest goes, and it is complete', async () => {
  expect((await settleDue(world.context, on('2027-12-31'))).reopened).toEqual([])
  expect((await settleDue(world.context, on('2028-01-01'))).reopened).toMatchObject([{ id }])
  expect((await settleDue(world.context, on('2028-01-01'))).reopened, 'once').toEqual([])
  expect(await findErasure(world.ledger, id)).toMatchObject({ state: 'reopened' })
  expect(await allExceptions(world.ledger.database)).toMatchObject([{ endedAt: on('2028-01-01') }])
  const { document } = await certified('2028-01-02')
  expect(document).toMatchObject({ status: 'complete', exceptions: [], version: 2 })
  expect(await invoices()).toEqual([{ n: 0, first: null }])
})

test('what is not erased as one table is not excepted: partitions, tables that others inherit from, and files would go all the same', async () => {
  await endContract(world.context, { contract: 'aria-2017', terminated: true }, on('2028-02-01'))
  const erasure = await findErasure(world.ledger, 'EXIT-aria-2017')
  const kept: string[] = []
  for (const { dataset, table } of never) {
    const excepted = exceptFromErasure(world.context, { erasure, dataset, table, jurisdiction: 'IT', statute: 'Codice civile, art. 2220', expires: on('2035-01-01'), by: 'dana' }, on('2028-02-01'))
    await excepted.then(({ place }) => kept.push(place), (problem: unknown) => { expect(problem, table).toEqual(refused('erasure/not-a-plain-table')) })
  }
  expect(kept).toEqual(['crm.plain'])
})
