import { afterAll, beforeAll, expect, test } from 'vitest'
import { openKeyStore, openLedger, type Ledger } from '#ledger'
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts'
import { applyEstate, readEstate } from '../../estate/index.ts'
import { declaredApplies, smallEstate } from '../../estate/testing.ts'
import { temporaryDirectory } from '../../ledger/testing.ts'
import { answerInquiry, applies, isOverdue, isSettled, recordInquiry } from '../index.ts'
import { allInquiries } from './store.ts'

const on = (text: string): number => Date.parse(text) / 1000
const directory = temporaryDirectory()
let own: TestDatabase
let ledger: Ledger
beforeAll(async () => {
  own = await createTestDatabase()
  ledger = await openLedger({ database: own.database, keys: openKeyStore(directory.path), origin: 'processor.example', clock: 'replayed', applies: { ...declaredApplies, ...applies } }, on('2019-04-15T00:00:00Z'))
  await applyEstate(ledger, readEstate(smallEstate, 'bailee.yaml'), { checked: [], unchecked: [] }, on('2019-04-15T00:00:00Z'))
})
afterAll(async () => { await own.close(); directory.remove() })

const asked = { authority: 'Authority of Example', controller: 'acme', asks: 'the record of processing, and the last search', receivedAt: on('2019-05-01T00:00:00Z'), dueAt: on('2019-06-01T00:00:00Z'), by: 'dana' }

test('what an authority asks is kept with its day, in no log of a controller and under a type that says nothing; said twice it is one', async () => {
  const [own1, before] = [await ledger.size(1), (await ledger.read(0, {})).length]
  const one = await recordInquiry(ledger, asked, on('2019-05-02T00:00:00Z'))
  expect(await recordInquiry(ledger, asked, on('2019-05-03T00:00:00Z'))).toEqual(one)
  expect(one).toMatchObject({ controller: 'acme', dueAt: asked.dueAt, recordedBy: 'dana', answers: [] })
  expect([await ledger.size(1), (await ledger.read(0, {})).slice(before).map(({ type }) => type)]).toEqual([own1, ['register.noted']])
  expect([isOverdue(one, on('2019-05-31T23:59:59Z')), isOverdue(one, on('2019-06-01T00:00:00Z'))]).toEqual([false, true])
})

test('an answer in part leaves it open; one that settles it ends it, with the hashes of what was handed over', async () => {
  const { id } = (await allInquiries(own.database))[0]!
  const files = [{ sha256: 'ab'.repeat(32), bytes: 1_234 }]
  const partly = await answerInquiry(ledger, { inquiry: id, says: 'the record was handed over', files, partly: true, by: 'dana' }, on('2019-05-20T00:00:00Z'))
  expect([isSettled(partly), isOverdue(partly, on('2019-06-02T00:00:00Z')), partly.answers[0]]).toEqual([false, true, { number: 1, says: 'the record was handed over', files, settles: false, answeredBy: 'dana', answeredAt: on('2019-05-20T00:00:00Z') }])
  const settled = await answerInquiry(ledger, { inquiry: id, says: 'the search too', by: 'dana' }, on('2019-05-25T00:00:00Z'))
  expect(await answerInquiry(ledger, { inquiry: id, says: 'the search too', by: 'dana' }, on('2019-05-26T00:00:00Z'))).toEqual(settled)
  expect([isSettled(settled), isOverdue(settled, on('2019-06-02T00:00:00Z')), settled.answers.length]).toEqual([true, false, 2])
  await expect(answerInquiry(ledger, { inquiry: id, says: 'something more', by: 'dana' }, on('2019-05-27T00:00:00Z'))).rejects.toMatchObject({ code: 'register/inquiry-settled' })
})

test('what cannot be is refused, and nothing is recorded of it', async () => {
  const before = (await allInquiries(own.database)).length
  const at = on('2019-05-02T00:00:00Z')
  await expect(recordInquiry(ledger, { ...asked, receivedAt: on('2019-05-03T00:00:00Z') }, at)).rejects.toThrow('not there yet')
  await expect(recordInquiry(ledger, { ...asked, dueAt: on('2019-04-30T00:00:00Z') }, at)).rejects.toThrow('cannot have been due')
  await expect(recordInquiry(ledger, { ...asked, by: 'nobody' }, at)).rejects.toThrow('nobody with id nobody')
  await expect(recordInquiry(ledger, { ...asked, controller: 'nobody' }, at)).rejects.toThrow(/nobody/)
  await expect(answerInquiry(ledger, { inquiry: 'RQ-000000000000', says: 'x', by: 'dana' }, at)).rejects.toThrow('no inquiry')
  expect((await allInquiries(own.database)).length).toBe(before)
})
