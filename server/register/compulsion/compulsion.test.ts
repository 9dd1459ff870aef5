import { afterAll, beforeAll, expect, test } from 'vitest'
import { allNotices } from '#contract'
import { openKeyStore, openLedger, type Ledger } from '#ledger'
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts'
import { applyEstate, readEstate } from '../../estate/index.ts'
import { changed, declaredApplies, smallEstate } from '../../estate/testing.ts'
import { temporaryDirectory } from '../../ledger/testing.ts'
import { clausesFor, applies, recordCompulsion, recordsOf } from '../index.ts'

const at = Date.parse('2019-04-15T00:00:00Z') / 1000
const directory = temporaryDirectory()
let own: TestDatabase
let ledger: Ledger
beforeAll(async () => {
  own = await createTestDatabase()
  ledger = await openLedger({ database: own.database, keys: openKeyStore(directory.path), origin: 'processor.example', clock: 'replayed', applies: { ...declaredApplies, ...applies } }, at - 9)
  await applyEstate(ledger, readEstate(changed('within_days: 30 } }', 'within_days: 30 }, processing: { data_subjects: [listeners], sensitive: none }, sub_processors: { authorisation: specific, list: [{ name: Mail Ltd, country: IE, contact: ops@mail.example, purpose: sends e-mail }] } }', smallEstate), 'bailee.yaml'), { checked: [], unchecked: [] }, at - 9)
})
afterAll(async () => { await own.close(); directory.remove() })

const compelling = { controller: 'acme', authority: 'Court of Example', law: 'Code of procedure, Art. 60-1', country: 'FR', handedOver: 'the address of one person', by: 'dana' }
const seen = async (confidential: boolean): Promise<string[]> => (await recordsOf(own.database, { controllers: ['acme'], confidential }, at)).flatMap(({ compulsions }) => compulsions.map(({ informing, handedOver }) => `${informing}: ${handedOver}`))

test('what law compels is told to the controller in the same breath, and is in its record; said twice it is one', async () => {
  const first = await recordCompulsion(ledger, compelling, at)
  expect(await recordCompulsion(ledger, compelling, at + 1)).toEqual(first)
  expect((await allNotices(own.database)).map(({ controller, about }) => [controller, about])).toEqual([['acme', 'demand of Court of Example']])
  expect((await ledger.read(1, { types: ['controller.notified', 'register.compulsion_recorded'] })).map(({ type }) => type)).toEqual(['controller.notified', 'register.compulsion_recorded'])
  expect(await seen(false)).toEqual(['told: the address of one person'])
})

test('where law forbids to tell it, neither its log, nor its record, nor the type of an entry tells it', async () => {
  const before = await ledger.size(1)
  await recordCompulsion(ledger, { ...compelling, handedOver: 'connections of a week', forbiddenBy: 'Code of security, Art. L871-1' }, at + 2)
  expect([await ledger.size(1), (await ledger.read(0, { types: ['register.noted'] })).length]).toEqual([before, 1])
  expect(await seen(false)).toEqual(['told: the address of one person'])
  expect(await seen(true)).toEqual(['told: the address of one person', 'forbidden: connections of a week'])
})

test('the law of a third country compels nothing: a demand is recorded, handing over is refused without an agreement', async () => {
  const abroad = { ...compelling, country: 'US', law: 'Stored communications, s. 2703' }
  await expect(recordCompulsion(ledger, abroad, at)).rejects.toMatchObject({ code: 'register/third-country-law' })
  expect(await recordCompulsion(ledger, { ...abroad, handedOver: 'nothing' }, at + 3)).toMatchObject({ informing: 'told', country: 'US' })
  expect(await recordCompulsion(ledger, { ...abroad, agreement: 'Agreement on mutual legal assistance, 2003' }, at + 4)).toMatchObject({ agreement: 'Agreement on mutual legal assistance, 2003' })
  await expect(recordCompulsion(ledger, { ...compelling, country: 'France' }, at)).rejects.toThrow('two capitals')
  await expect(recordCompulsion(ledger, { ...compelling, by: 'nobody' }, at)).rejects.toThrow('nobody with id nobody')
})

test('the annexes of the standard clauses are filled in from what is known, and every gap stands in its place', async () => {
  const { gaps, paper, controller } = await clausesFor(own.database, { contract: 'acme-1', language: 'en' }, at)
  const text = JSON.stringify(paper.blocks)
  expect(controller).toBe('acme')
  expect(text).toMatch(/Annex I\. List of parties.*Acme SA.*C\. Martin, dpo@acme\.example.*Processor Ltd.*Annex II\. Description.*listeners.*none \(declared\).*2016-12-01 until 2020-12-01.*Mail Ltd: sends e-mail.*Annex III\..*Annex IV\. List of sub-processors.*1\. Mail Ltd/)
  expect(gaps).toEqual(expect.arrayContaining(['controllers[].address', 'processor.dpo', 'processor.measures', 'instructions[].data', 'contracts[].processing.assistance', 'sub_processors.list[Mail Ltd].address']))
  for (const one of gaps) expect(text, one).toContain(`[........ not told: ${one}]`)
  const french = JSON.stringify((await clausesFor(own.database, { contract: 'acme-1', language: 'fr' }, at)).paper.blocks)
  expect(french).toMatch(/Liste des parties.*Description du traitement.*Mesures techniques et organisationnelles.*Liste de sous-traitants ultérieurs/)
  const other = await clausesFor(own.database, { contract: 'other-1', language: 'en' }, at)
  expect(JSON.stringify(other.paper)).not.toMatch(/acme|Mail Ltd/i)
  expect(other.gaps).toContain('contracts[].sub_processors')
  await expect(clausesFor(own.database, { contract: 'none', language: 'en' }, at)).rejects.toMatchObject({ code: 'register/no-contract' })
})
