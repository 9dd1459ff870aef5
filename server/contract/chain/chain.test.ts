import { generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openKeyStore, openLedger, rawPublicKey, type Ledger } from '#ledger'
import type { SignatoryKey } from '#people'
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts'
import { applyEstate, readEstate } from '../../estate/index.ts'
import { changed, declaredApplies, smallEstate } from '../../estate/testing.ts'
import { temporaryDirectory } from '../../ledger/testing.ts'
import { allNotices, announceSubProcessor, authoriseSubProcessor, chainOf, findContract, matrixAt, objectTo, recordTerm, withdrawSubProcessor } from '../index.ts'

const day = 86_400
const at = Date.parse('2019-04-15T00:00:00Z') / 1000
const directory = temporaryDirectory()
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const key: SignatoryKey = { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory', sign: (bytes) => sign(null, bytes, privateKey) }
let own: TestDatabase
let ledger: Ledger

const list = (...names: string[]): string => names.map((name) => `{ name: ${name}, country: IE, contact: ops@sub.example }`).join(', ')
/** The small estate in which acme's contract has these sub-processors, and other's none that were told. */
const estateWith = (subProcessors: string): string => changed('within_days: 30 } }', `within_days: 30, clause: "6.1.5" }, terms: { "28(3)(a)": "4.1", "28(9)": none }, sub_processors: { authorisation: general, notice_days: 30, list: [${subProcessors}] } }`, smallEstate)
const apply = (yaml: string, when: number) => applyEstate(ledger, readEstate(yaml, 'bailee.yaml'), { checked: [], unchecked: [] }, when)
const chain = async (when: number): Promise<string[]> => (await chainOf(ledger, await findContract(ledger, 'acme-1'), when)).map((one) => `${one.tier} ${one.name} ${one.authorised ? 'may' : one.state}`)
const identity = (name: string, more: object = {}) => ({ name, country: 'IE', contact: 'ops@sub.example', ...more })
const saying = (name: string) => ({ contract: 'acme-1', name, signatory: 'C. Martin', key })

beforeAll(async () => {
  own = await createTestDatabase()
  ledger = await openLedger({ database: own.database, keys: openKeyStore(directory.path), origin: 'processor.example', clock: 'replayed', applies: declaredApplies }, at - 9)
  await apply(estateWith(list('Mail Ltd')), at - 9)
})
afterAll(async () => { await own.close(); directory.remove() })

test('what the contract listed first was agreed; what the file adds later has no leave before the controller was told and its window is over', async () => {
  expect(await chain(at)).toEqual(['1 Mail Ltd may'])
  await apply(estateWith(list('Mail Ltd', 'Push Ltd')), at)
  expect(await chain(at + 900 * day)).toEqual(['1 Mail Ltd may', '1 Push Ltd listed'])
  const { until, because } = await announceSubProcessor(ledger, { contract: 'acme-1', identity: identity('Push Ltd'), by: 'dana' }, at + day)
  expect([until, because]).toEqual([at + 31 * day, 'the controller was told, and may object until 2019-05-16'])
  expect([await chain(at + 31 * day - 1), await chain(at + 31 * day)]).toEqual([['1 Mail Ltd may', '1 Push Ltd announced'], ['1 Mail Ltd may', '1 Push Ltd may']])
  expect((await allNotices(own.database)).map(({ controller, about, says }) => `${controller} ${about} ${/object until 2019-05-16/.test(says)}`)).toEqual(['acme sub-processor Push Ltd under acme-1 true'])
})

test('an objection holds until a signatory lifts it, and is said within the window by a signatory of that controller', async () => {
  await announceSubProcessor(ledger, { contract: 'acme-1', identity: identity('Slow Ltd'), by: 'dana' }, at + 40 * day)
  await expect(objectTo(ledger, { ...saying('Slow Ltd'), reasons: 'late' }, at + 70 * day)).rejects.toMatchObject({ code: 'contract/window-over' })
  await expect(objectTo(ledger, { ...saying('Slow Ltd'), signatory: 'D. Durand', reasons: 'another controller' }, at + 41 * day)).rejects.toThrow('not a signatory')
  expect(await objectTo(ledger, { ...saying('Slow Ltd'), reasons: 'it keeps no logs' }, at + 41 * day)).toMatchObject({ authorised: false, state: 'objected', reasons: 'it keeps no logs', signatory: 'C. Martin' })
  expect((await chain(at + 400 * day)).at(-1)).toBe('1 Slow Ltd objected')
  await expect(announceSubProcessor(ledger, { contract: 'acme-1', identity: identity('Slow Ltd'), by: 'dana' }, at + 42 * day)).rejects.toMatchObject({ code: 'contract/sub-processor-move' })
  expect(await authoriseSubProcessor(ledger, saying('Slow Ltd'), at + 43 * day)).toMatchObject({ authorised: true })
})

test('every rank is known, and none below one without leave has it; what nobody told of its identity is named', async () => {
  await expect(announceSubProcessor(ledger, { contract: 'acme-1', identity: identity('Deep Ltd', { engaged_by: 'Nobody Ltd' }), by: 'dana' }, at + 50 * day)).rejects.toThrow('not in the chain')
  const deep = await announceSubProcessor(ledger, { contract: 'acme-1', identity: identity('Deep Ltd', { engaged_by: 'Mail Ltd', address: '1 Example Street' }), by: 'dana' }, at + 50 * day)
  expect(deep).toMatchObject({ tier: 2, missing: ['contact_person', 'purpose'] })
  expect((await chain(at + 90 * day)).at(-1)).toBe('2 Deep Ltd may')
  await withdrawSubProcessor(ledger, { contract: 'acme-1', name: 'Mail Ltd', by: 'dana' }, at + 91 * day)
  const last = (await chainOf(ledger, await findContract(ledger, 'acme-1'), at + 92 * day)).at(-1)
  expect([last?.authorised, last?.because]).toEqual([false, 'Mail Ltd, through whom it is engaged, is not authorised: it was taken out of the chain on 2019-07-15'])
})

test('who may hold data stays so, whatever is said since; who was only announced never did', async () => {
  const mayHold = async (when: number): Promise<string[]> => (await chainOf(ledger, await findContract(ledger, 'acme-1'), when)).filter((one) => one.mayHold).map(({ name, state }) => `${name} ${state}`)
  await announceSubProcessor(ledger, { contract: 'acme-1', identity: identity('Never Ltd'), by: 'dana' }, at + 92 * day)
  await withdrawSubProcessor(ledger, { contract: 'acme-1', name: 'Never Ltd', by: 'dana' }, at + 93 * day)
  expect(await mayHold(at + 93 * day)).toEqual(['Mail Ltd withdrawn', 'Push Ltd announced', 'Slow Ltd authorised'])
  for (const name of ['Mail Ltd', 'Never Ltd']) await announceSubProcessor(ledger, { contract: 'acme-1', identity: identity(name), by: 'dana' }, at + 94 * day)
  expect(await mayHold(at + 94 * day)).toEqual(['Mail Ltd announced', 'Push Ltd announced', 'Slow Ltd authorised'])
  await objectTo(ledger, { ...saying('Mail Ltd'), reasons: 'it was breached' }, at + 95 * day)
  expect(await mayHold(at + 95 * day)).toContain('Mail Ltd objected')
  await apply(estateWith(list('Mail Ltd')), at + 96 * day)
  expect(await mayHold(at + 96 * day), 'what is objected to stays so, whatever the file lists').toContain('Mail Ltd objected')
})

test('a contract that authorises nobody, or has no window, or has moved one to another country', async () => {
  await expect(announceSubProcessor(ledger, { contract: 'other-1', identity: identity('Mail Ltd'), by: 'dana' }, at)).rejects.toMatchObject({ code: 'contract/not-authorised' })
  await apply(changed('starts: 2016-12-01 }', 'starts: 2016-12-01, sub_processors: { authorisation: general, list: [{ name: Mail Ltd, country: IE, contact: ops@sub.example }] } }', smallEstate), at + 100 * day)
  await expect(announceSubProcessor(ledger, { contract: 'other-1', identity: identity('Push Ltd'), by: 'dana' }, at + 100 * day)).rejects.toMatchObject({ code: 'contract/no-notice-window' })
  await apply(changed('starts: 2016-12-01 }', 'starts: 2016-12-01, sub_processors: { authorisation: general, list: [{ name: Mail Ltd, country: US, contact: ops@sub.example }] } }', smallEstate), at + 101 * day)
  expect(await chainOf(ledger, await findContract(ledger, 'other-1'), at + 101 * day)).toMatchObject([{ name: 'Mail Ltd', state: 'listed', authorised: false }])
})

test('each mandatory term stands in a clause, or is missing: told that there is none, or not told', async () => {
  const standing = async (): Promise<string[]> => (await matrixAt(ledger, 'other-1')).map(({ term, standing: one, clause }) => `${term} ${clause ?? one}`)
  expect(await standing()).toHaveLength(16)
  expect(new Set((await standing()).map((line) => line.split(' ').slice(1).join(' ')))).toEqual(new Set(['not told']))
  await apply(estateWith(list('Mail Ltd')), at + 102 * day)
  const acme = await matrixAt(ledger, 'acme-1')
  expect(acme.filter(({ standing: one }) => one !== 'not told').map(({ term, clause, standing: one, from }) => [term, clause ?? one, from])).toEqual([['28(3)(a)', '4.1', 'bailee.yaml'], ['28(3)(g)', '6.1.5', 'bailee.yaml'], ['28(9)', 'none', 'bailee.yaml']])
  await recordTerm(ledger, { contract: 'acme-1', term: '28(9)', clause: 'signature page', by: 'dana' }, at + 103 * day)
  const after = await recordTerm(ledger, { contract: 'acme-1', term: '28(3)(a)', clause: 'none', by: 'dana' }, at + 103 * day)
  expect(after.filter(({ from }) => from === 'recorded').map(({ term, standing: one }) => [term, one])).toEqual([['28(3)(a)', 'none'], ['28(9)', 'stands']])
  await expect(recordTerm(ledger, { contract: 'acme-1', term: '28(3)(z)', clause: '1', by: 'dana' }, at)).rejects.toThrow('no mandatory term')
})

test('who is engaged by another than before has the leave of its old place no more', async () => {
  const names = (engaged: string): string => `${list('Mail Ltd', 'Push Ltd')}, { name: Far Ltd, country: IE, contact: ops@sub.example${engaged} }`
  await apply(estateWith(names('')), at + 200 * day)
  await authoriseSubProcessor(ledger, saying('Far Ltd'), at + 201 * day)
  await apply(estateWith(names('')), at + 202 * day)
  expect((await chain(at + 203 * day)).find((one) => one.includes('Far'))).toBe('1 Far Ltd may')
  await apply(estateWith(names(', engaged_by: Push Ltd')), at + 204 * day)
  expect((await chain(at + 900 * day)).find((one) => one.includes('Far'))).toBe('2 Far Ltd listed')
})
