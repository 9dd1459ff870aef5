import { generateKeyPairSync, sign } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { allContracts, allControllers, endOf } from '#contract'
import { rows, sql } from '#database'
import { acceptInstruction, allGrants, allInstructions, approveGrant } from '#instruction'
import type { SignatoryKey } from '#people'
import { allDatasets } from '#inventory'
import { openKeyStore, openLedger, rawPublicKey, type Ledger } from '#ledger'
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { temporaryDirectory } from '../ledger/testing.ts'
import { applyEstate, checkColumns, plan, readEstate, type Plan } from './index.ts'
import { changed, declaredApplies, smallEstate } from './testing.ts'

const at = Date.parse('2017-01-01T00:00:00Z') / 1000
const directory = temporaryDirectory()
afterAll(() => directory.remove())

let own: TestDatabase
let ledger: Ledger
beforeEach(async () => { own = await createTestDatabase() })
afterEach(() => own.close())

async function open(origin = 'processor.example'): Promise<void> {
  ledger = await openLedger({ database: own.database, keys: openKeyStore(directory.path), origin, clock: 'replayed', applies: declaredApplies }, at)
}
const nothingChecked = { checked: [], unchecked: [] }
const apply = (source: string, when = at): Promise<Plan> => applyEstate(ledger, readEstate(source, 'bailee.yaml'), nothingChecked, when)
const entries = async (): Promise<number> => (await rows(own.database, sql`select from entry`)).length

function newKey(custody: SignatoryKey['custody'] = 'signatory'): SignatoryKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody, sign: (message) => sign(null, message, privateKey) }
}
const accept = (id: string, key = newKey(), when = at): Promise<unknown> => acceptInstruction(ledger, { instruction: id, signatory: 'C. Martin', key }, when)

const example = join(import.meta.dirname, '../../../shared/design/bailee.example.yaml')
const present = existsSync(example)
test.runIf(present)('the example of the design is recorded once, one entry a change, each in its log', async () => {
  await open('optimove.example')
  const first = await apply(readFileSync(example, 'utf8'))
  expect(first.changes.length).toBeGreaterThan(15)
  expect(await entries()).toBe(first.changes.length + 2) // and the two genesis entries
  const before = await entries()
  expect(await apply(readFileSync(example, 'utf8'), at + 60)).toEqual({ changes: [], kept: [] })
  expect(await entries()).toBe(before)
})

describe('the small estate', () => {
  beforeEach(async () => { await open(); await apply(smallEstate) })

  test('applied again changes nothing; the plan alone records nothing', async () => {
    const before = await entries()
    expect((await apply(smallEstate)).changes).toEqual([])
    expect((await plan(ledger, readEstate(changed('name: Noa,', 'name: Noa B.,'), 'bailee.yaml'))).changes).toMatchObject([{ action: 'change', what: 'person', id: 'noa' }])
    expect(await entries()).toBe(before)
  })

  test("a controller's declarations are in its own log, and neither log names the other controller", async () => {
    expect((await allControllers(own.database)).map((one) => [one.id, one.slot])).toEqual([['acme', 1], ['other', 2]])
    expect((await ledger.read(1)).map((entry) => entry.type)).toEqual(['ledger.opened', 'controller.declared', 'people.signatory_declared', 'contract.declared', 'dataset.declared', 'instruction.proposed', 'grant.proposed'])
    expect(JSON.stringify((await ledger.read(1)).map((entry) => entry.parts))).not.toContain('Other SA')
    expect(JSON.stringify((await ledger.read(2)).map((entry) => entry.parts))).not.toContain('Acme')
  })

  test('instructions and grants from a file are only proposed', async () => {
    expect((await allInstructions(own.database)).map((one) => one.state)).toEqual(['proposed'])
    expect((await allGrants(own.database)).map((one) => one.state)).toEqual(['proposed'])
  })

  test('one line changed is one entry, and what is left out is kept and said', async () => {
    const before = await entries()
    expect((await apply(changed('ends: 2020-12-01', 'ends: 2021-12-01'))).changes.map((change) => [change.action, change.what, change.id])).toEqual([['change', 'contract', 'acme-1']])
    expect(await entries()).toBe(before + 1)
    const without = changed('  - { id: dana, name: Dana, contact: dana@processor.example, role: dpo }\n', '', changed('ends: 2020-12-01', 'ends: 2021-12-01'))
    expect(await apply(without)).toEqual({ changes: [], kept: ['person dana'] })
  })

  test('a proposal may still change, its contract too, but never its controller', async () => {
    await apply(changed('text: Segment our listeners.', 'text: Segment them.'))
    expect((await allInstructions(own.database))[0]?.scope.text).toBe('Segment them.')
    const second = changed('  - { id: other-1,', '  - { id: acme-2, controller: acme, starts: 2016-12-01 }\n  - { id: other-1,')
    await apply(changed('contract: acme-1', 'contract: acme-2', second))
    expect((await allInstructions(own.database))[0]).toMatchObject({ contract: 'acme-2', scope: { contract: 'acme-2' } })
    const moved = changed('contract: acme-1', 'contract: other-1', changed('controller: acme\n    store', 'controller: other\n    store'))
    await expect(apply(moved)).rejects.toMatchObject({ problems: expect.arrayContaining([expect.stringMatching(/^bailee[.]yaml:\d+ instructions\[0\][.]contract: INS-1 is acme's/), expect.stringMatching(/records do not change hands/)]) as unknown })
  })

  test('what was accepted no longer changes; a new instruction supersedes it', async () => {
    const key = newKey()
    await accept('INS-1', key)
    await expect(apply(changed('text: Segment our listeners.', 'text: Segment them.'))).rejects.toThrow(/^bailee[.]yaml:\d+ instructions\[0\][.]id: INS-1 is accepted: .*supersedes: INS-1/)
    const next = (supersedes: string): string => changed('people:\n', `  - { id: INS-2, contract: acme-1, text: Again., purposes: [Marketing], operations: [read], data: { listeners: "*" }, environments: [production], from: 2018-01-01, supersedes: ${supersedes} }\npeople:\n`)
    await expect(apply(next('INS-9'))).rejects.toThrow(/instructions\[1\][.]supersedes: INS-9 is neither among instructions nor in the ledger/)
    await expect(apply(next('INS-2'))).rejects.toThrow(/cannot supersede itself/)
    expect((await apply(next('INS-1'))).changes.map((change) => change.id)).toEqual(['INS-2'])
    await accept('INS-2', key, at + 60)
    expect(await allInstructions(own.database)).toMatchObject([{ id: 'INS-1', state: 'superseded', supersededBy: 'INS-2', endedAt: at + 60, acceptedAt: at }, { id: 'INS-2', state: 'accepted', acceptedAt: at + 60 }])
    await expect(accept('INS-1', key)).rejects.toMatchObject({ code: 'instruction/move' })
  })

  test('what an accepted instruction names does not change under it: neither a dataset nor where its store is', async () => {
    const wider = changed('country: { category: Country }', 'country: { category: Country }\n          email: { category: EmailAddress }')
    const elsewhere = changed('id: crm, environment: production', 'id: crm, environment: test', changed('stores:', '  - { id: test, class: non-production, country: IE, operator: processor, protection: low }\nstores:'))
    await accept('INS-1')
    const before = await entries()
    await expect(apply(wider)).rejects.toThrow(/^bailee[.]yaml:\d+ datasets\[0\][.]id: dataset listeners is part of what was accepted with INS-1 .*supersedes: INS-1/)
    await expect(apply(elsewhere)).rejects.toThrow(/stores\[0\][.]id: the environment of store crm is part of what was accepted with INS-1/)
    expect(await entries()).toBe(before)
    expect((await apply(changed('sweep_url: "env:CRM_URL"', 'sweep_url: "env:CRM_OTHER_URL"'))).changes.map((change) => change.id)).toEqual(['crm'])
    const marked = changed('country: country\n', 'country: country\n        watermark: updated_at\n', changed('sweep_url: "env:CRM_URL"', 'sweep_url: "env:CRM_OTHER_URL"'))
    expect((await apply(marked)).changes.map((change) => change.id), 'a watermark only says how it is read').toEqual(['listeners'])
  })

  test('of how a file is written all may change under an accepted instruction but which of its fields is which column', async () => {
    const written = (dialect: string): string => changed('country: country\n', `country: country\n        dialect: ${dialect}\n`, changed('kind: postgres, sweep_url: "env:CRM_URL"', 'kind: files, path: "env:CRM_PATH"'))
    await apply(written('{ delimiter: ";", header: [user_id, country] }'))
    await accept('INS-1')
    await expect(apply(written('{ delimiter: ";", header: [country, user_id] }'))).rejects.toThrow(/dataset listeners is part of what was accepted with INS-1/)
    await expect(apply(written('{ delimiter: ";" }'))).rejects.toThrow(/dataset listeners is part of what was accepted with INS-1/)
    expect((await apply(written('{ delimiter: "|", encoding: iso-8859-2, header: [user_id, country] }'))).changes.map((change) => change.id)).toEqual(['listeners'])
  })

  test('an instruction proposed anew between reading and signing is not accepted', async () => {
    const key = newKey()
    const slow: SignatoryKey = { ...key, sign: (message) => key.sign(message) }
    const racing = { ...ledger, append: async (drafts: Parameters<Ledger['append']>[0]) => { await apply(changed('operations: [read]', 'operations: [read, copy]')); return ledger.append(drafts) } }
    await expect(acceptInstruction(racing, { instruction: 'INS-1', signatory: 'C. Martin', key: slow }, at)).rejects.toMatchObject({ code: 'instruction/changed' })
    expect((await allInstructions(own.database))[0]?.state).toBe('proposed')
  })

  test('only a signatory accepts, with the key that is registered, and no signature of another scope counts', async () => {
    await expect(acceptInstruction(ledger, { instruction: 'INS-1', signatory: 'D. Durand', key: newKey() }, at)).rejects.toThrow(/is not a signatory of acme/)
    const forged = { ...newKey(), sign: () => newKey().sign(Buffer.from('x')) }
    await expect(accept('INS-1', forged)).rejects.toMatchObject({ code: 'instruction/bad-signature' })
    const registered = newKey()
    await apply(changed('contact: dpo@acme.example', `contact: dpo@acme.example, public_key: "${registered.publicKey}"`))
    await expect(accept('INS-1')).rejects.toMatchObject({ code: 'instruction/wrong-key' })
    await accept('INS-1', registered)
    expect((await allInstructions(own.database))[0]).toMatchObject({ state: 'accepted', acceptedBy: 'C. Martin' })
  })

  test('a grant needs a second person, who is declared', async () => {
    const [grant] = await allGrants(own.database)
    const id = grant?.id ?? ''
    await expect(approveGrant(ledger, { grant: id, by: 'noa' }, at)).rejects.toMatchObject({ code: 'grant/second-person' })
    await expect(approveGrant(ledger, { grant: id, by: 'nobody' }, at)).rejects.toThrow(/nobody with id/)
    expect(await approveGrant(ledger, { grant: id, by: 'dana' }, at)).toMatchObject({ state: 'approved', approvedBy: 'dana' })
    expect((await apply(smallEstate)).changes).toEqual([])
  })

  test('a contract that has ended no longer changes, and ends once', async () => {
    const [contract] = (await allContracts(own.database)).filter((one) => one.id === 'acme-1')
    if (contract === undefined) throw new Error('not declared')
    expect(() => endOf(contract, at, 'agreed end')).toThrow(expect.objectContaining({ code: 'contract/not-over' }))
    await ledger.append(endOf(contract, at + 60, 'termination'))
    await expect(ledger.append(endOf(contract, at + 61, 'termination'))).rejects.toMatchObject({ code: 'contract/ended' })
    expect((await apply(smallEstate)).changes).toEqual([])
    await expect(apply(changed('ends: 2020-12-01', 'ends: 2021-12-01'))).rejects.toThrow(/contracts\[0\][.]id: acme-1 has ended/)
  })

  test('a ledger is one processor\'s for ever', async () => {
    await expect(apply(changed('origin: processor.example', 'origin: other.example'))).rejects.toThrow(/bailee[.]yaml:2 processor[.]origin: the ledger's origin is processor.example/)
  })
})

describe('columns are compared with the live store', () => {
  let live: TestDatabase
  beforeAll(async () => {
    live = await createEmptyDatabase()
    await rows(live.database, sql`create schema crm`)
    await rows(live.database, sql`create table crm.listener (user_id bigint, country text)`)
  })
  afterAll(() => live.close())
  const check = (source: string, url: string | undefined) => checkColumns(readEstate(source, 'bailee.yaml'), { environment: { CRM_URL: url }, directory: directory.path })

  test('all there: checked, and recorded once', async () => {
    await open()
    const checks = await check(smallEstate, live.url)
    expect(checks).toEqual({ checked: ['listeners'], unchecked: [] })
    const read = readEstate(smallEstate, 'bailee.yaml')
    await applyEstate(ledger, read, checks, at)
    expect((await allDatasets(own.database))[0]?.checkedAt).toBe(at)
    const before = await entries()
    await applyEstate(ledger, read, checks, at + 60)
    expect(await entries()).toBe(before)
  })
  test('a column that is missing names file, line, key and what there is', async () => {
    const source = changed('          country: { category: Country }', '          country: { category: Country }\n          email: { category: EmailAddress }')
    const line = source.slice(0, source.indexOf('          email:')).split('\n').length
    await expect(check(source, live.url)).rejects.toThrow(`bailee.yaml:${line} datasets[0].tables[0].columns.email: table crm.listener has no column email; it has: user_id, country`)
  })
  test.each([['changed_at', 'table crm.listener has no column changed_at'], ['country', 'a watermark is a date, a timestamp or a whole number']])('a watermark %s is refused: %s', async (column, problem) => {
    await expect(check(changed('country: country\n', `country: country\n        watermark: ${column}\n`), live.url)).rejects.toThrow(problem)
  })
  test('a table that is missing is said', async () => {
    await expect(check(changed('crm.listener', 'crm.listeners'), live.url)).rejects.toThrow(/datasets\[0\][.]tables\[0\][.]table: there is no table crm.listeners in store crm/)
  })
  test('a store without a URL leaves its datasets declared', async () => {
    expect(await check(smallEstate, undefined)).toEqual({ checked: [], unchecked: [{ dataset: 'listeners', because: 'no URL of store crm is set' }] })
  })
  test('a store that cannot be reached is broken, and its URL is not repeated', async () => {
    await expect(check(smallEstate, live.url.replace(/\/[^/]*$/, '/hunter2'))).rejects.toMatchObject({ code: 'estate/store-unreachable', message: expect.not.stringContaining('hunter2') as unknown })
  })
})
