import { createServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyEstate, readEstate } from '#estate'
import { acceptInstruction, openEmergency, warnOf } from '#instruction'
import { train } from '#people'
import { day } from '#kit/time'
import { answerInquiry, recordInquiry } from '#register'
import { smtpServer } from '../breach/testing.ts'
import { remindNow } from '../composition/index.ts'
import { begun, keep, type Kept } from '../composition/testing.ts'
import { testSignatory } from '../instruction/testing.ts'
import { changed, smallEstate } from '../estate/testing.ts'
import { remindersAt, type ReminderFacts } from './due.ts'
import { allReminders, dueReminders, sendReminders, type Road } from './index.ts'

let kept: Kept
let smtp: Server
const mails: string[] = []
let road: Road
const estate = changed('people:', 'people:', smallEstate.replace(/processor: \{([^}]*)\}/, 'processor: {$1, contact: owner@processor.example, dpo: { name: D, contact: dpo@processor.example } }'))
beforeAll(async () => {
  kept = await keep()
  await applyEstate(kept.ledger, readEstate(estate, 'bailee.yaml'), { checked: [], unchecked: [] }, begun)
  await acceptInstruction(kept.ledger, { instruction: 'INS-1', signatory: 'C. Martin', key: testSignatory() }, begun)
  smtp = await smtpServer(mails)
  road = { smtp: `smtp://127.0.0.1:${(smtp.address() as AddressInfo).port}`, from: 'bailee@processor.example' }
})
afterAll(async () => { smtp.close(); await kept.green(); await kept.close() })

const at = begun + 40 * day
const sent = async (reminding: Parameters<typeof sendReminders>[1], when: number): Promise<string[]> => {
  const { sent: gone, not } = await sendReminders(kept.ledger, reminding, when)
  return [...gone.map(({ id, outcome }) => `${outcome} ${id}`), ...not.map(({ id }) => `not ${id}`)].sort()
}

test('an alarm goes to the owner and to the officer, once each, also when two look at once; nobody is told twice', async () => {
  expect(await sent({ road }, at)).toEqual([])
  const { id } = await openEmergency(kept.ledger, { person: 'noa', instruction: 'INS-1', reason: 'Restore of a lost table', minutes: 60 }, at)
  expect(await sent({ road: undefined }, at), 'without a road nothing goes, and that is said').toEqual([`not emergency/${id}/dpo`, `not emergency/${id}/owner`])
  const both = await Promise.all([sendReminders(kept.ledger, { road }, at), sendReminders(kept.ledger, { road }, at)])
  expect(both.flatMap(({ not }) => not)).toEqual([])
  expect(mails).toHaveLength(2)
  expect(mails.map((mail) => /^To: (\S+)/im.exec(mail)?.[1]).sort()).toEqual(['dpo@processor.example', 'owner@processor.example'])
  for (const mail of mails) expect(mail.replaceAll('=\r\n', '')).toMatch(/ALARM: noa opened INS-1 without a second person/)
  expect(await sent({ road }, at + day)).toEqual([])
  const entries = await kept.ledger.read(kept.slot, { types: ['reminder.begun', 'reminder.sent'] })
  expect(entries.map(({ type }) => type).sort()).toEqual(['reminder.begun', 'reminder.begun', 'reminder.sent', 'reminder.sent'])
  expect(JSON.stringify(entries)).not.toMatch(/(owner|dpo)@|lost table/)
})

test('what did not go is tried again after an hour, and not for ever; what may have arrived is not', async () => {
  await warnOf(kept.ledger, { instruction: 'INS-1', provision: 'Art. 9(1) GDPR', reasons: 'health data', suspend: false, by: 'dana' }, at)
  const late = at + 8 * day
  const [nobody] = [{ smtp: 'smtp://127.0.0.1:1', from: 'bailee@processor.example' }]
  for (let hour = 0; hour < 3; hour += 1) expect(await sent({ road: nobody, only: 'warning' }, late + hour * 3_600)).toEqual(['not warning/INS-1/1/7/dpo'])
  expect(await sent({ road: nobody, only: 'warning' }, late + 2 * 3_600 + 1), 'not before an hour is over').toEqual([])
  const answers: number[] = [500, 204]
  const got: string[] = []
  const hook = createServer((request, response) => { let text = ''; request.on('data', (part: Buffer) => { text += part.toString() }).on('end', () => { got.push(text); response.writeHead(answers[got.length - 1] ?? 204).end() }) })
  await new Promise<void>((resolve) => { hook.listen(0, '127.0.0.1', resolve) })
  const webhook = { webhook: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`, signing: 'agreed' }
  expect(await sent({ road: webhook, only: 'warning' }, late + 4 * 3_600), 'nobody knows whether it arrived').toEqual(['not warning/INS-1/1/7/dpo'])
  expect(await sent({ road: webhook, only: 'warning' }, late + 6 * 3_600)).toEqual([])
  expect(await sent({ road: webhook, only: 'warning' }, at + 31 * day)).toEqual(['sent warning/INS-1/1/30/dpo'])
  hook.close()
  expect(JSON.parse(got[1]!)).toMatchObject({ type: 'reminder.warning', id: 'warning/INS-1/1/30/dpo', says: { fr: expect.stringContaining('sans réponse') as string } })
  expect((await allReminders(kept.ledger.database)).map(({ id, outcome, tries }) => `${id} ${outcome} ${tries}`)).toEqual(expect.arrayContaining(['warning/INS-1/1/7/dpo unknown 4', 'warning/INS-1/1/30/dpo sent 1']))
})

test('a training that lapses is said to its owner thirty and seven days before, and to the officer when it has', async () => {
  await train(kept.ledger, { person: 'noa', training: 'client-data' }, at)
  const training = async (when: number): Promise<string[]> => (await dueReminders(kept.ledger, when)).filter(({ kind, id }) => kind === 'training' && id.includes('/noa/')).map(({ id, to }) => `${id.split('/').slice(4).join('/')} ${to}`)
  const lapses = at + 365 * day
  expect([await training(lapses - 31 * day), await training(lapses - 20 * day), await training(lapses - 3 * day), await training(lapses + day)]).toEqual([[], ['30/noa noa@processor.example'], ['7/noa noa@processor.example'], ['lapsed/noa noa@processor.example', 'lapsed/dpo dpo@processor.example']])
})

const nothing: ReminderFacts = { owner: 'o@p.example', dpo: 'd@p.example', people: new Map(), lapses: [], reviews: [], emergencies: [], links: [], warnings: [], schedules: [], copies: [], inquiries: [] }
test('a window that ends is said a week before and when it is over; a review when it opens and a week before its end; nothing that is settled', () => {
  const ids = (facts: Partial<ReminderFacts>): string[] => remindersAt({ ...nothing, ...facts }, at).map(({ id }) => id)
  const link = (until: number | null, state = 'announced') => ({ links: [{ contract: 'c', name: 'Mail Ltd', number: 1, state, until, slot: 1 }] }) as never as Partial<ReminderFacts>
  expect([ids(link(at + 8 * day)), ids(link(at + 7 * day)), ids(link(at)), ids(link(at - 31 * day)), ids(link(null)), ids(link(at, 'objected'))]).toEqual([[], ['window/c/Mail Ltd/1/7/dpo'], ['window/c/Mail Ltd/1/over/dpo'], [], [], []])
  const review = (endsAt: number, outcome?: 'kept') => ({ reviews: [{ id: '2017Q2-acme', slot: 1, controller: 'acme', openedAt: at, endsAt, items: [{ grant: 'g', person: 'noa', instruction: 'INS-1', ...(outcome === undefined ? {} : { outcome }) }] }] }) as Partial<ReminderFacts>
  expect([ids(review(at + 20 * day)), ids(review(at + 5 * day)), ids(review(at + 5 * day, 'kept'))]).toEqual([['review/2017Q2-acme/opened/dpo'], ['review/2017Q2-acme/7/dpo', 'review/2017Q2-acme/7/owner'], []])
  expect(ids({ ...review(at + 5 * day), owner: 'd@p.example' }), 'who is both is told once').toHaveLength(1)
})

test('a scheduled run that was not begun is an alarm once for its time, and one that was not made once; the time is an argument', () => {
  const schedule = { id: 'S-1', slot: 1, instruction: 'INS-1', person: 'noa' }
  const said = (one: object, when = at): string[] => remindersAt({ ...nothing, schedules: [{ schedule, ...one }] as never }, when).map(({ id, slot, to }) => `${slot} ${id} ${to ?? '-'}`)
  expect(said({ lateFor: undefined, last: undefined })).toEqual([])
  expect(said({ lateFor: at, last: undefined })).toEqual([`1 activity/S-1/late/${at}/owner o@p.example`, `1 activity/S-1/late/${at}/noa -`])
  expect(said({ lateFor: at, last: undefined }, at + 9 * day), 'the same thing has the same id').toEqual(said({ lateFor: at, last: undefined }))
  for (const state of ['made', 'begun']) expect(said({ last: { id: 'A-1', state, begunAt: at } })).toEqual([])
  for (const state of ['refused', 'failed', 'stopped']) expect(said({ last: { id: 'A-1', state, begunAt: at } })).toEqual(['1 activity/S-1/A-1/owner o@p.example', '1 activity/S-1/A-1/noa -'])
  expect(said({ last: { id: 'A-1', state: 'failed', begunAt: at - 31 * day } })).toEqual([])
})

test('a copy that is about to be erased is said a week before, and one that should have been and is there still is an alarm; one that is gone, or has no day, is not said', () => {
  const copy = { id: 'T-1', slot: 1, instruction: 'INS-2', store: 'lab', person: 'noa', state: 'made', expiresAt: at + 10 * day }
  const said = (change: object, when: number): string[] => remindersAt({ ...nothing, people: new Map([['noa', { contact: 'n@p.example' }]]), copies: [{ ...copy, ...change }] as never }, when).map(({ id, slot, kind, to }) => `${slot} ${kind} ${id} ${to ?? '-'}`)
  const both = (level: string, expiresAt = copy.expiresAt): string[] => [`1 copy copy/T-1/${expiresAt}/${level}/owner o@p.example`, `1 copy copy/T-1/${expiresAt}/${level}/noa n@p.example`]
  expect([said({}, at), said({}, at + 3 * day), said({}, at + 9 * day)]).toEqual([[], both('7'), both('7')])
  expect([said({}, at + 10 * day), said({}, at + 11 * day), said({ state: 'begun' }, at + 99 * day)], 'workers erase it within the day').toEqual([[], both('over'), both('over')])
  expect([said({ state: 'erased' }, at + 11 * day), said({ expiresAt: null }, at + 11 * day)]).toEqual([[], []])
  expect(said({ expiresAt: at + 40 * day }, at + 35 * day), 'extended, it is said of its other end').toEqual(both('7', at + 40 * day))
})

test('the day of what an authority asked is said a week before, and once when it is late, without what was asked; what is settled is not said', async () => {
  const said = (dueAt: number | null, when: number): string[] => remindersAt({ ...nothing, inquiries: [{ id: 'RQ-1', dueAt }] }, when).map(({ id, slot, kind, to }) => `${slot} ${kind} ${id} ${to ?? '-'}`)
  const both = (level: string): string[] => [`0 noted noted/RQ-1/${at + 10 * day}/${level}/dpo d@p.example`, `0 noted noted/RQ-1/${at + 10 * day}/${level}/owner o@p.example`]
  expect([said(at + 10 * day, at), said(at + 10 * day, at + 3 * day), said(at + 10 * day, at + 10 * day), said(at + 10 * day, at + 90 * day), said(null, at)]).toEqual([[], both('7'), both('over'), both('over'), []])
  const due = at + 5 * day
  const { id } = await recordInquiry(kept.ledger, { authority: 'Authority of Example', controller: 'acme', asks: 'the record of processing', receivedAt: at, dueAt: due, by: 'dana' }, at)
  const left = async (): Promise<string[]> => (await remindNow(kept.bailee, at)).not.map((one) => one.id).filter((one) => one.startsWith('noted/'))
  expect(await left(), 'no road is declared there').toEqual([`noted/${id}/${due}/7/dpo`, `noted/${id}/${due}/7/owner`])
  mails.length = 0
  expect(await sent({ road, only: 'noted', inquiries: [{ id, dueAt: due }] }, at)).toEqual([`sent noted/${id}/${due}/7/dpo`, `sent noted/${id}/${due}/7/owner`])
  expect(mails.join('')).not.toMatch(/Authority of Example|record of processing|acme/)
  await answerInquiry(kept.ledger, { inquiry: id, says: 'it was handed over', by: 'dana' }, at + day)
  expect(await left()).toEqual([])
})
