import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { applies } from '#composition'
import { applyEstate, readEstate } from '#estate'
import type { SignatoryKey } from '#people'
import { acceptInstruction, answerWarnings, approveGrant, grantId, proposeGrant, revokeGrant, warnOf, withdrawInstruction } from '#instruction'
import { openKeyStore, openLedger, rawPublicKey, type Entry, type Json, type Ledger } from '#ledger'
import { commit, recordToken, train } from '#people'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { machineClock, parseInstant } from '#kit/time'
import type { Admission, AdmissionRequest, Doorkeeper, LeaseAnswer, SessionCounts, SessionPlan } from './doorkeeper.ts'
import { rowsPerDayFactor, rowsPerSessionDefault, sessionSecondsMax, sessionsPerPersonMax } from './limits.ts'
import { endSession, openDoorkeeper } from './recording.ts'
import { recentAnomalies } from './statement/store.ts'
import { recentSessions, rowsUsed } from './store.ts'

const on = (date: string): number => parseInstant(date) ?? Number.NaN

const estate = `
bailee: 1
processor: { origin: processor.example, name: Processor, country: IL }
environments: [{ id: production, class: production, country: IE, operator: processor, protection: high }]
stores:
  - { id: crm, environment: production, kind: postgres, gateway_url: "env:CRM", backups: none }
  - { id: bare, environment: production, kind: postgres, gateway_url: "env:NOT_SET", backups: none }
controllers: [{ id: deezer, name: Deezer, country: FR, signatories: [{ name: C. Martin, contact: c@deezer.example }] }]
contracts: [{ id: deezer-2016, controller: deezer, starts: 2016-12-01, ends: 2020-12-01, at_end: { choice: delete } }]
datasets:
  - { id: listeners, controller: deezer, store: crm, tables: [{ table: crm.listener, subject: user_id, columns: { user_id: { category: UID, identifies: true }, plan: { category: Purchase }, secret: { category: Name } } }] }
  - { id: others, controller: deezer, store: bare, tables: [{ table: crm.other, subject: user_id, columns: { user_id: { category: UID, identifies: true } } }] }
instructions:
  - { id: INS-1, contract: deezer-2016, text: "Segment.", purposes: [Marketing], operations: [read], data: { listeners: [user_id, plan], others: "*" }, environments: [production], from: 2017-01-01, until: 2020-06-01 }
  - { id: INS-2, contract: deezer-2016, text: "Segment and personalise.", purposes: [Marketing, Personalisation], operations: [read], data: { listeners: [plan] }, environments: [production], from: 2017-01-01, rows_per_session: 500 }
  - { id: INS-4, contract: deezer-2016, text: "To be taken back.", purposes: [Marketing], operations: [read], data: { listeners: [plan] }, environments: [production], from: 2017-01-01 }
people:
  - { id: noa, name: Noa, contact: noa@processor.example, role: analyst }
  - { id: eli, name: Eli, contact: eli@processor.example, role: engineer }
  - { id: dana, name: Dana, contact: dana@processor.example, role: dpo }
trainings: [{ id: client-data, title: Handling client data, valid_months: 12, required_for: "*" }]
`

let control: TestDatabase
let ledger: Ledger
let key: SignatoryKey
let doorkeeper: Doorkeeper
let now = on('2019-03-04')
const directory = mkdtempSync(join(tmpdir(), 'bailee-recording-'))
const slot = 1

const token = (id: string, seconds: number): Promise<void> =>
  recordToken(ledger, { id, person: 'noa', verifier: 'SCRAM-SHA-256$4096:c2FsdA==$a:b', expiresAt: machineClock() + seconds }, now)

const open = (gateway = 'here'): Promise<Doorkeeper> => openDoorkeeper({ ledger, gateway, references: { environment: { CRM: 'postgresql://gateway@db.example/crm' }, directory }, clock: () => now })

beforeAll(async () => {
  control = await createTestDatabase()
  ledger = await openLedger({ database: control.database, keys: openKeyStore(join(directory, 'keys')), origin: 'processor.example', clock: 'replayed', applies }, on('2016-11-01'))
  await applyEstate(ledger, readEstate(estate, 'bailee.yaml'), { checked: [], unchecked: [] }, on('2016-12-01'))
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  key = { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory' as const, sign: (message: Uint8Array) => sign(null, message, privateKey) }
  for (const instruction of ['INS-1', 'INS-2', 'INS-4']) {
    await acceptInstruction(ledger, { instruction, signatory: 'C. Martin', key }, on('2016-12-02'))
    const grant = await proposeGrant(ledger, { person: 'noa', instruction, until: on('2021-01-01'), by: 'noa' }, on('2018-10-01'))
    await approveGrant(ledger, { grant: grant.id, by: 'dana' }, on('2018-10-02'))
  }
  await commit(ledger, 'noa', on('2018-05-25'))
  await train(ledger, { person: 'noa', training: 'client-data' }, on('2018-10-01'))
  await token('tok-1', 10 * 3_600)
  doorkeeper = await open()
})
afterAll(async () => {
  await control.close()
  rmSync(directory, { recursive: true, force: true })
})

const ask = (more: Partial<AdmissionRequest> = {}, keeper = doorkeeper): Promise<Admission> => keeper.admit({ person: 'noa', store: 'crm', instruction: 'INS-1', token: 'tok-1', ...more })
const nameless = ({ instruction: _, ...request }: AdmissionRequest): AdmissionRequest => request

async function admitted(more: Partial<AdmissionRequest> = {}, keeper = doorkeeper): Promise<SessionPlan> {
  const admission = await ask(more, keeper)
  if (admission.outcome !== 'allowed') throw new Error(admission.because)
  return admission.session
}

/** What the ledger holds when `work` has answered and did not before. */
async function recorded<Result>(work: () => Promise<Result>, log = slot): Promise<{ answer: Result; entries: Entry[]; types: string[] }> {
  const before = await ledger.size(log)
  const answer = await work()
  const entries = (await ledger.read(log)).slice(before)
  return { answer, entries, types: entries.map((entry) => entry.type) }
}

const part = (entry: Entry | undefined, name: 'evidence' | 'access'): Record<string, Json> => entry?.parts[name] as Record<string, Json>
const rowOf = async (session: string) => (await recentSessions(ledger.database)).find((row) => row.id === session)
const ended: LeaseAnswer = { outcome: 'refused', because: 'ended' }
const leased = (keeper: Doorkeeper, session: string, rows: number, bytes: number): Promise<LeaseAnswer> => keeper.lease(session, { rows, bytes }, { rows, bytes })
const counts: SessionCounts = { statements: 3, rows: 10, charged: 12, bytes: 900, errors: 1, refused: 1, leasedRows: 100, leasedBytes: 5_000 }

test('what is allowed is recorded, decision and session together, before it is answered', async () => {
  const { answer, entries, types } = await recorded(() => ask({ application: 'psql' }))
  expect(types).toEqual(['decision.allowed', 'session.opened'])
  expect(answer).toMatchObject({ outcome: 'allowed', session: { instruction: 'INS-1', rowsMax: rowsPerSessionDefault, sessionSecondsMax, operations: ['read'], clientUrl: 'postgresql://gateway@db.example/crm', tables: [{ schema: 'crm', table: 'listener', columns: expect.arrayContaining(['user_id', 'plan']) as string[] }] } })
  expect(part(entries[0], 'evidence')).toMatchObject({ act: { person: 'noa', controller: 'deezer', purpose: 'Marketing', operation: 'read', identifiable: true, at: now, data: { listeners: ['user_id', 'plan'] } }, decision: { outcome: 'allowed', under: ['INS-1'] } })
  expect(part(entries[1], 'access')).toMatchObject({ gateway: expect.stringMatching(/^here [0-9a-f]{12}$/) as string, person: 'noa', instruction: 'INS-1', store: 'crm', token: 'tok-1', application: 'psql' })
  expect(JSON.stringify(entries)).not.toContain('postgresql://')
})

test('when the ledger cannot record, nobody is admitted', async () => {
  const failing: Ledger = { ...ledger, append: () => Promise.reject(new Error('ledger away')) }
  const other = await openDoorkeeper({ ledger: failing, gateway: 'other', references: { environment: { CRM: 'x' }, directory }, clock: () => now })
  await expect(ask({}, other)).rejects.toThrow('ledger away')
  await expect(ask({ person: 'eli' }, other)).rejects.toThrow('ledger away')
  await expect(ask({ store: 'none' }, other)).rejects.toThrow('ledger away')
})

test('a refusal is recorded in the controller\'s log, names the failing dimensions and the articles, and what to do next', async () => {
  const { answer, entries, types } = await recorded(() => ask({ person: 'eli' }))
  expect(types).toEqual(['decision.refused'])
  expect(answer).toEqual({ outcome: 'refused', failing: ['commitment', 'training', 'grant'], because: expect.stringMatching(/not covered by INS-1: commitment, training, grant \(Art\. 28\(3\)\(a\), 29, 28\(3\)\(b\), 32\(4\) GDPR\); ask your data protection officer/) as string })
  expect(part(entries[0], 'evidence')).toMatchObject({ act: { person: 'eli' }, decision: { outcome: 'refused' }, separation: expect.stringMatching(/^(a database of its own|tables of one database|rows of shared tables)/) as string })
  expect(await ask({ purpose: 'OptimisationForController' })).toMatchObject({ outcome: 'refused', failing: ['purpose'], because: expect.stringContaining('ask the controller') as string })
})

test.each<[string, (request: AdmissionRequest) => AdmissionRequest, RegExp]>([
  ['an unknown store', (request) => ({ ...request, store: 'nowhere' }), /there is no store "nowhere".*dbname/],
  ['no instruction', nameless, /name the instruction.*bailee\.instruction=INS-1.*user=noa\+INS-1/],
  ['an unknown instruction', (request) => ({ ...request, instruction: 'INS-99' }), /no instruction "INS-99"/],
  ['one of several purposes not named', (request) => ({ ...request, instruction: 'INS-2' }), /several purposes.*bailee\.purpose=Marketing.*Personalisation/],
])('%s is recorded in the common log, naming no controller, and answered with what to do next', async (_, change, because) => {
  const request: AdmissionRequest = { person: 'noa', store: 'crm', instruction: 'INS-1', token: 'tok-1' }
  const before = await ledger.size(slot)
  const { answer, entries, types } = await recorded(() => doorkeeper.admit(change(request)), 0)
  expect(types).toEqual(['decision.refused'])
  expect(answer).toMatchObject({ outcome: 'refused', failing: [], because: expect.stringMatching(because) as string })
  expect(part(entries[0], 'access')).toMatchObject({ asked: { person: 'noa', token: 'tok-1' } })
  expect(await ledger.size(slot)).toBe(before)
})

test('an instruction with several purposes is admitted under the one that is named, with its own budget', async () => {
  expect(await admitted({ instruction: 'INS-2', purpose: 'Personalisation' })).toMatchObject({ rowsMax: 500, tables: [{ columns: ['plan'] }] })
  expect(await ask({ instruction: 'INS-2', purpose: 'Research' })).toMatchObject({ outcome: 'refused', failing: ['purpose'] })
})

test('a store whose URL is not set opens nothing, and that is recorded as a refusal', async () => {
  const { answer, types } = await recorded(() => ask({ store: 'bare' }))
  expect(answer).toMatchObject({ outcome: 'refused', because: expect.stringMatching(/has no gateway_url that is set/) as string })
  expect(types).toEqual(['decision.refused'])
})

test('the first lease is recorded with the decision where the day has room for it, and is asked for on its own near its end', async () => {
  now = on('2019-03-07')
  const first = { rows: 1_000, bytes: 9_000 }
  const { answer, entries, types } = await recorded(() => admitted({ instruction: 'INS-2', purpose: 'Marketing', first }))
  expect(types).toEqual(['decision.allowed', 'session.opened', 'lease.taken'])
  expect([answer.leased, part(entries[2], 'access')]).toEqual([{ rows: 500, bytes: 9_000 }, { session: answer.id, rows: 500, bytes: 9_000, rows_per_day_max: 500 * rowsPerDayFactor }])
  expect(await rowOf(answer.id)).toMatchObject({ leasedRows: 500, leasedBytes: 9_000 })
  await leased(doorkeeper, answer.id, 1_000, 1)
  const late = await recorded(() => admitted({ instruction: 'INS-2', purpose: 'Marketing', first }))
  expect([late.types, late.answer.leased]).toEqual([['decision.allowed', 'session.opened'], undefined])
  for (const { id } of [answer, late.answer]) await doorkeeper.close(id, { ...counts, charged: 0 }, { code: 'not opened' })
  expect(await rowsUsed(ledger.database, { person: 'noa', instruction: 'INS-2', at: now }), 'what never opened has used nothing').toBe(0)
  now = on('2019-03-04')
})

test('a session ends with whatever ends first: token, instruction, grant, contract, or the longest session', async () => {
  await token('short', 900)
  const { sessionSecondsMax: short } = await admitted({ token: 'short' })
  expect([short <= 900, short > 600], 'the machine\'s clock').toEqual([true, true])
  const grant = await proposeGrant(ledger, { person: 'noa', instruction: 'INS-1', until: on('2019-03-04T00:05:00Z'), by: 'noa' }, now)
  await approveGrant(ledger, { grant: grant.id, by: 'dana' }, now)
  expect((await admitted()).sessionSecondsMax, 'the longer of two grants').toBe(sessionSecondsMax)
  now = on('2020-05-31T23:50:00Z')
  await train(ledger, { person: 'noa', training: 'client-data' }, on('2020-01-01'))
  expect((await admitted()).sessionSecondsMax).toBe(600)
  now = on('2020-11-30T23:59:30Z')
  expect((await admitted({ instruction: 'INS-4' })).sessionSecondsMax).toBe(30)
  now = on('2019-03-04')
})

test('a lease is durable before it is answered, adds up, and none is given to a session that is closed or unknown', async () => {
  const session = await admitted()
  const { answer, types } = await recorded(() => leased(doorkeeper, session.id, 100, 5_000))
  expect([answer, types]).toEqual([{ outcome: 'granted', rows: 100, bytes: 5_000 }, ['lease.taken']])
  await leased(doorkeeper, session.id, 50, 10)
  expect(await rowOf(session.id)).toMatchObject({ leasedRows: 150, leasedBytes: 5_010, closedAt: null })
  const { entries } = await recorded(() => doorkeeper.close(session.id, counts, { code: 'protocol', findings: ['copy out'] }))
  expect(part(entries[0], 'access')).toEqual({ session: session.id, counts, because: 'protocol', findings: ['copy out'] })
  expect(await rowOf(session.id)).toMatchObject({ closedAt: now, because: 'protocol', counts })
  expect(await leased(doorkeeper, session.id, 1, 1)).toEqual(ended)
  expect(await leased(doorkeeper, 'unknown', 1, 1)).toEqual(ended)
  expect((await recorded(() => doorkeeper.close(session.id, counts, { code: 'revoked' }))).types, 'closed once').toEqual([])
})

test('what a gateway that died left open is closed at the next start of any, its lease charged in full; a living gateway\'s sessions are left alone', async () => {
  const dying = await open('one')
  const other = await open('one')
  const [left, fresh, alive] = [await admitted({}, dying), await admitted({}, dying), await admitted({}, other)]
  await leased(dying, left.id, 70, 4_096)
  expect((await recorded(() => open('two'))).types, 'while it lives').toEqual([])
  await dying.stop?.() // as the database sees a process that was killed
  now += 600
  const { types } = await recorded(() => open('two'))
  expect(types).toEqual(['session.closed', 'session.closed'])
  expect(await rowOf(left.id)).toMatchObject({ closedAt: now, because: 'unclosed, lease charged in full', counts: { rows: 70, charged: 70, bytes: 4_096, leasedRows: 70, leasedBytes: 4_096 } })
  expect(await rowOf(fresh.id)).toMatchObject({ counts: { charged: 0 } })
  expect((await rowOf(alive.id))?.closedAt).toBeNull()
  expect((await recorded(() => open('two'))).types).toEqual([])
  expect(await leased(dying, left.id, 1, 1), 'the one that was thought dead gets no more').toEqual(ended)
})

test('an open session is ended by name, once', async () => {
  const session = await admitted()
  const { types } = await recorded(() => endSession(ledger, { session: session.id, by: 'dana' }, now))
  expect(types).toEqual(['session.revoked'])
  expect(await doorkeeper.revoked([session.id])).toEqual([session.id])
  expect(await leased(doorkeeper, session.id, 1, 1)).toEqual(ended)
  await doorkeeper.close(session.id, counts, { code: 'revoked' })
  await expect(endSession(ledger, { session: session.id, by: 'dana' }, now)).rejects.toMatchObject({ code: 'session/closed' })
})

test('a person has so many sessions and no more, and the one beyond is recorded as a refusal', async () => {
  const keeper = await open('many')
  const before = (await recentSessions(ledger.database, { person: 'noa', open: true })).length
  const sessions: SessionPlan[] = []
  for (let count = before; count < sessionsPerPersonMax; count += 1) sessions.push(await admitted({ instruction: count % 2 === 0 ? 'INS-1' : 'INS-4' }, keeper))
  const { answer, types } = await recorded(() => ask({}, keeper))
  expect(answer).toMatchObject({ outcome: 'refused', because: expect.stringMatching(/noa has \d+ sessions open, and one person may have/) as string })
  expect(types).toEqual(['decision.refused'])
  await keeper.close(sessions[0]?.id ?? '', counts, { code: 'client left' })
  expect((await ask({}, keeper)).outcome).toBe('allowed')
  await keeper.stop?.()
  await (await open('many')).stop?.()
})

const day = rowsPerSessionDefault * rowsPerDayFactor
const used = (): Promise<number> => rowsUsed(ledger.database, { person: 'noa', instruction: 'INS-4', at: now })

test('a day has one budget over all sessions and gateways: leases hold it, ends give back what was not sent, and it is never exceeded', async () => {
  now = on('2019-03-10T10:00:00Z')
  const other = await open('other')
  const [one, two] = [await admitted({ instruction: 'INS-4' }), await admitted({ instruction: 'INS-4' }, other)]
  expect(await leased(doorkeeper, one.id, day - 10, 5)).toMatchObject({ outcome: 'granted', rows: day - 10 })
  expect(await leased(other, two.id, 11, 5)).toEqual({ outcome: 'refused', because: 'day budget spent' })
  expect(await other.lease(two.id, { rows: 1_000, bytes: 5 }, { rows: 1, bytes: 1 }), 'a part of the rest').toEqual({ outcome: 'granted', rows: 3, bytes: 5 })
  expect(await other.lease(two.id, { rows: 0, bytes: 5 }, { rows: 0, bytes: 5 }), 'bytes only').toEqual({ outcome: 'granted', rows: 0, bytes: 5 })
  await doorkeeper.close(one.id, { ...counts, charged: 20, leasedRows: day - 10 }, { code: 'client left' })
  expect(await used()).toBe(23)
  const three = await admitted({ instruction: 'INS-4' })
  const asks = await Promise.all(Array.from({ length: 20 }, async (_, index) => leased(index % 2 === 0 ? other : doorkeeper, index % 2 === 0 ? two.id : three.id, Math.floor(day / 10), 1)))
  expect(asks.filter(({ outcome }) => outcome === 'granted').length, 'ten tenths are more than what is left').toBe(9)
  expect(await used()).toBe(23 + 9 * (day / 10))
  now = on('2019-03-11T10:00:00Z')
  expect(await used()).toBe(0)
  expect(await leased(other, two.id, 7, 1)).toMatchObject({ outcome: 'granted' })
  await other.close(two.id, { ...counts, charged: 1 }, { code: 'client left' })
  expect(await used(), 'what was leased first is used first').toBe(0)
  await other.stop?.()
  now = on('2019-03-04')
})

test('a volume and an hour unlike those of the days before are recorded once a session, and said in words', async () => {
  const before = ['2019-02-02', '2019-02-03', '2019-02-04', '2019-02-05', '2019-02-06', '2019-02-07', '2019-02-08', '2019-02-09', '2019-02-10', '2019-02-11', '2019-02-12', '2019-02-13']
  for (const date of before) for (const hour of ['09', '10', '11']) {
    const [at, session] = [on(`${date}T${hour}:00:00Z`), `past-${date}-${hour}`]
    await ledger.append([
      { slot, type: 'session.opened', at, parts: { access: { id: session, gateway: 'past', person: 'noa', instruction: 'INS-4', store: 'crm', purpose: 'Marketing' } } },
      { slot, type: 'lease.taken', at, parts: { access: { session, rows: 500, bytes: 1 } } },
      { slot, type: 'session.closed', at, parts: { access: { session, because: 'client left', counts: { ...counts, charged: 400 } } } },
    ])
  }
  now = on('2019-02-20T10:00:00Z')
  const usual = await admitted({ instruction: 'INS-4' })
  await leased(doorkeeper, usual.id, 3_600, 1)
  now = on('2019-02-20T03:00:00Z')
  const odd = await admitted({ instruction: 'INS-4' })
  await vi.waitFor(async () => expect((await recentAnomalies(ledger.database)).map(({ kind }) => kind)).toEqual(['hour']))
  await leased(doorkeeper, odd.id, 1, 1)
  await leased(doorkeeper, odd.id, 1, 1)
  const found = await vi.waitFor(async () => {
    const anomalies = await recentAnomalies(ledger.database)
    expect(anomalies.length).toBe(2)
    return anomalies
  })
  expect(found.map(({ session, kind, says }) => [session, kind, says])).toEqual([
    [odd.id, 'hour', 'none of 36 earlier sessions on 12 days began within an hour of 03:00 UTC'],
    [odd.id, 'volume', '3601 rows are taken or held on this day; on 12 earlier days half were at most 1200 rows, and none above 1200; more than 3600 is unusual'],
  ])
  for (const { id } of [usual, odd]) await doorkeeper.close(id, counts, { code: 'client left' })
  now = on('2019-03-04')
})

test('nothing is revoked while everything holds; of sessions that are not known, all are', async () => {
  const session = await admitted()
  expect(await doorkeeper.revoked([session.id])).toEqual([])
  expect(await doorkeeper.revoked([])).toEqual([])
  expect(await doorkeeper.revoked([session.id, 'unknown'])).toEqual(['unknown'])
})

test('a session is revoked when its contract ended, its instruction, or the training of its person lapsed', async () => {
  const session = await admitted()
  const open4 = await admitted({ instruction: 'INS-4' })
  now = on('2019-09-30T23:59:59Z')
  expect(await doorkeeper.revoked([session.id])).toEqual([])
  now = on('2019-10-01') // twelve months after 2018-10-01; what was passed in 2020 is not valid yet
  expect(await doorkeeper.revoked([session.id])).toEqual([session.id])
  now = on('2020-05-31')
  expect(await doorkeeper.revoked([session.id, open4.id])).toEqual([])
  now = on('2020-06-01')
  expect(await doorkeeper.revoked([session.id, open4.id])).toEqual([session.id])
  now = on('2020-12-01')
  expect(await doorkeeper.revoked([session.id, open4.id])).toEqual([session.id, open4.id])
  now = on('2019-03-04')
})

test('a session is revoked when its instruction is suspended, and may be opened again once the controller upholds it', async () => {
  const [one, four] = [await admitted(), await admitted({ instruction: 'INS-4' })]
  now += 60
  await warnOf(ledger, { instruction: 'INS-4', provision: 'Art. 9(1) GDPR', reasons: 'it asks for health data', suspend: false, by: 'dana' }, now)
  expect(await doorkeeper.revoked([one.id, four.id])).toEqual([])
  await warnOf(ledger, { instruction: 'INS-4', provision: 'Art. 9(1) GDPR', reasons: 'it asks for health data', suspend: true, by: 'dana' }, now)
  expect(await doorkeeper.revoked([one.id, four.id])).toEqual([four.id])
  await expect(admitted({ instruction: 'INS-4' })).rejects.toThrow()
  now += 60
  const answer = { instruction: 'INS-4', signatory: 'C. Martin', key } as const
  await answerWarnings(ledger, { ...answer, answer: 'agreed', says: 'we shall replace it' }, now)
  expect(await doorkeeper.revoked([four.id])).toEqual([four.id])
  await answerWarnings(ledger, { ...answer, answer: 'upheld', says: 'there is none in it' }, now)
  expect((await admitted({ instruction: 'INS-4' })).id).not.toBe(four.id)
})

test('a session is revoked when its instruction is withdrawn, its grant revoked, or its person left', async () => {
  const [one, two, four] = [await admitted(), await admitted({ instruction: 'INS-2', purpose: 'Marketing' }), await admitted({ instruction: 'INS-4' })]
  const all = [one.id, two.id, four.id]
  now += 60
  await withdrawInstruction(ledger, { instruction: 'INS-4', signatory: 'C. Martin' }, now)
  expect(await doorkeeper.revoked(all)).toEqual([four.id])
  await revokeGrant(ledger, { grant: grantId('noa', 'INS-2', on('2021-01-01')), by: 'dana' }, now)
  expect(await doorkeeper.revoked(all)).toEqual([two.id, four.id])
  expect(await recorded(() => Promise.all(all.map((session) => leased(doorkeeper, session, 1, 1)))), 'nor does it wait for the next question').toMatchObject({ answer: [{ outcome: 'granted' }, ended, ended], types: ['lease.taken'] })
  await token('late', -1)
  expect((await doorkeeper.credential('noa'))?.tokens.map((one) => one.id).sort()).toEqual(['short', 'tok-1'])
  expect(await doorkeeper.credential('eli')).toBeUndefined()
  expect(await doorkeeper.credential('nobody')).toBeUndefined()
  await ledger.append({ slot: 0, type: 'people.left', at: now, parts: { evidence: { person: 'noa' } } })
  expect(await doorkeeper.revoked(all)).toEqual(all)
  expect(await doorkeeper.credential('noa')).toBeUndefined()
})
