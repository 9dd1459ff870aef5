import { generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openKeyStore, openLedger, rawPublicKey, type Json, type Ledger } from '#ledger'
import { allNotices } from '#contract'
import { Misuse, Refused } from '#kit/errors'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { applyEstate, readEstate } from '../estate/index.ts'
import { declaredApplies, smallEstate } from '../estate/testing.ts'
import { temporaryDirectory } from '../ledger/testing.ts'
import { acceptInstruction, allGrants, allInstructions, allWarnings, answerWarnings, approveGrant, findInstruction, isSuspended, openEmergency, proposeGrant, reviewEmergency, revokeGrant, warnOf, withdrawInstruction, type Grant, type Instruction } from './index.ts'
import type { SignatoryKey } from '#people'
import { grantMoves, instructionMoves } from './types.ts'

const at = Date.parse('2017-01-01T00:00:00Z') / 1000
const directory = temporaryDirectory()
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const key: SignatoryKey = { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory', sign: (message) => sign(null, message, privateKey) }
let own: TestDatabase
let ledger: Ledger

beforeAll(async () => {
  own = await createTestDatabase()
  ledger = await openLedger({ database: own.database, keys: openKeyStore(directory.path), origin: 'processor.example', clock: 'replayed', applies: declaredApplies }, at)
  await applyEstate(ledger, readEstate(smallEstate, 'bailee.yaml'), { checked: [], unchecked: [] }, at)
})
afterAll(async () => { await own.close(); directory.remove() })

let names = 0
/** Three instructions of a run's own: B supersedes A, C supersedes B. */
async function threeNew(): Promise<Record<'A' | 'B' | 'C', string>> {
  names += 1
  const [template] = await allInstructions(own.database)
  if (template === undefined) throw new Error('the small estate has an instruction')
  const ids = { A: `A-${names}`, B: `B-${names}`, C: `C-${names}` }
  const scopes = [{ ...template.scope, id: ids.A }, { ...template.scope, id: ids.B, supersedes: ids.A }, { ...template.scope, id: ids.C, supersedes: ids.B }]
  await ledger.append(scopes.map((scope) => ({ slot: template.slot, type: 'instruction.proposed', at, parts: { instruction: { controller: 'acme', scope: JSON.parse(JSON.stringify(scope)) as object } } })) as never)
  return ids
}

const mine = async (ids: Record<string, string>): Promise<Map<string, Instruction>> => new Map((await allInstructions(own.database)).filter((one) => Object.values(ids).includes(one.id)).map((one) => [one.id, one]))
const wanted = fc.array(fc.record({ what: fc.constantFrom('accept', 'withdraw', 'propose'), which: fc.constantFrom('A', 'B', 'C'), together: fc.boolean() }), { minLength: 1, maxLength: 10 })

/** Refused or misused is a real "no"; anything else is a bug and fails the test. */
async function outcomeOf(move: () => Promise<unknown>): Promise<'done' | 'refused'> {
  try {
    await move()
    return 'done'
  } catch (cause) {
    if (cause instanceof Refused || cause instanceof Misuse) return 'refused'
    throw cause
  }
}

test('any interleaving of moves: a state follows from the one before by a move of the table, and a refused move leaves no trace', () => fc.assert(fc.asyncProperty(wanted, async (steps) => {
  const ids = await threeNew()
  let clock = at
  for (const { what, which } of steps) {
    clock += 1
    const before = await mine(ids)
    const size = await ledger.size(1)
    const id = ids[which as 'A']
    const outcome = await outcomeOf(() => {
      if (what === 'accept') return acceptInstruction(ledger, { instruction: id, signatory: 'C. Martin', key }, clock)
      if (what === 'withdraw') return withdrawInstruction(ledger, { instruction: id, signatory: 'C. Martin' }, clock)
      return ledger.append({ slot: 1, type: 'instruction.proposed', at: clock, parts: { instruction: { controller: 'acme', scope: before.get(id)?.scope ?? {} } } } as never)
    })
    const after = await mine(ids)
    if (outcome === 'refused') {
      expect(after).toEqual(before)
      expect(await ledger.size(1)).toBe(size)
    }
    for (const [name, one] of after) {
      const was = before.get(name)?.state ?? 'proposed'
      if (was !== one.state) expect(instructionMoves[was] as readonly string[]).toContain(one.state)
      expect(one.acceptedAt !== undefined).toBe(one.acceptedBy !== undefined)
      expect(one.endedAt !== undefined).toBe(one.state === 'superseded' || one.state === 'withdrawn')
      expect(one.supersededBy !== undefined).toBe(one.state === 'superseded')
      if (one.state === 'superseded') expect(after.get(one.supersededBy ?? '')?.acceptedAt).toBe(one.endedAt)
    }
    const inForce = [...after.values()].filter((one) => one.state === 'accepted').map((one) => one.id)
    for (const one of after.values()) if (one.acceptedAt !== undefined && one.scope.supersedes !== undefined) expect(inForce, 'what was superseded is not in force').not.toContain(one.scope.supersedes)
  }
}), { numRuns: process.env['BAILEE_FULL'] === '1' ? 60 : process.env['BAILEE_LONG'] === '1' ? 30 : 15 }))

test('moves made at once: each instruction is accepted at most once, and superseded by one', () => fc.assert(fc.asyncProperty(wanted, async (steps) => {
  const ids = await threeNew()
  const outcomes = await Promise.all(steps.map(({ what, which }) => outcomeOf(() => (what === 'withdraw'
    ? withdrawInstruction(ledger, { instruction: ids[which as 'A'], signatory: 'C. Martin' }, at)
    : acceptInstruction(ledger, { instruction: ids[which as 'A'], signatory: 'C. Martin', key }, at)))))
  const entries = (await ledger.read(1, { types: ['instruction.accepted', 'instruction.withdrawn'] })).filter((entry) => Object.values(ids).includes((entry.parts.instruction as { instruction: string }).instruction))
  expect(entries).toHaveLength(outcomes.filter((outcome) => outcome === 'done').length)
  for (const [id, one] of await mine(ids)) {
    const accepted = entries.filter((entry) => entry.type === 'instruction.accepted' && (entry.parts.instruction as { instruction: string }).instruction === id)
    expect(accepted.length).toBe(one.acceptedAt === undefined ? 0 : 1)
  }
}), { numRuns: process.env['BAILEE_FULL'] === '1' ? 30 : process.env['BAILEE_LONG'] === '1' ? 15 : 10 }))

const grantSteps = fc.array(fc.tuple(fc.constantFrom('propose', 'approve', 'revoke'), fc.constantFrom('noa', 'dana', 'nobody')), { minLength: 1, maxLength: 8 })
test('any interleaving of moves of a grant: approved by a second person, revoked for good', () => fc.assert(fc.asyncProperty(grantSteps, async (steps) => {
  names += 1
  const until = at + names * 86_400
  const grant = await proposeGrant(ledger, { person: 'noa', instruction: 'INS-1', until }, at)
  const now = async (): Promise<Grant | undefined> => (await allGrants(own.database)).find((one) => one.id === grant.id)
  for (const [what, by] of steps) {
    const before = await now()
    const outcome = await outcomeOf(() => (what === 'propose' ? proposeGrant(ledger, { person: 'noa', instruction: 'INS-1', until, by }, at) : what === 'approve' ? approveGrant(ledger, { grant: grant.id, by }, at) : revokeGrant(ledger, { grant: grant.id, by }, at)))
    const after = await now()
    if (before === undefined || after === undefined) throw new Error('a grant is never deleted')
    if (outcome === 'refused') expect(after).toEqual(before)
    if (before.state !== after.state) expect(grantMoves[before.state] as readonly string[]).toContain(after.state)
    if (after.approvedAt !== undefined) expect(after.approvedBy).toBe('dana')
    expect(after.revokedAt !== undefined).toBe(after.state === 'revoked')
  }
}), { numRuns: process.env['BAILEE_FULL'] === '1' ? 60 : process.env['BAILEE_LONG'] === '1' ? 30 : 15 }))

test('a grant is never taken for another one with the same id: dashes in names, hours in a day', async () => {
  await ledger.append({ slot: 0, type: 'people.declared', at, parts: { people: { id: 'noa-INS', name: 'Noa I.', contact: 'i@processor.example', role: 'analyst' } } })
  const [template] = await allInstructions(own.database)
  const scope = JSON.parse(JSON.stringify({ ...template?.scope, id: '1' })) as Json
  await ledger.append({ slot: 1, type: 'instruction.proposed', at, parts: { instruction: { controller: 'acme', scope } } })
  const until = at + 10_000 * 86_400
  const first = await proposeGrant(ledger, { person: 'noa', instruction: 'INS-1', until }, at)
  const size = await ledger.size(1)
  await expect(proposeGrant(ledger, { person: 'noa-INS', instruction: '1', until }, at)).rejects.toMatchObject({ code: 'grant/another' }) // would be approved as the other's
  await expect(proposeGrant(ledger, { person: 'noa', instruction: 'INS-1', until: until + 3_600 }, at)).rejects.toMatchObject({ code: 'grant/another' })
  expect(await proposeGrant(ledger, { person: 'noa', instruction: 'INS-1', until }, at)).toEqual(first)
  expect(await ledger.size(1)).toBe(size)
})

test('a grant is proposed for and by people who are there', async () => {
  const wanted = { person: 'noa', instruction: 'INS-1', until: at + 11_000 * 86_400 }
  await expect(proposeGrant(ledger, { ...wanted, by: 'nobody' }, at)).rejects.toThrow(/nobody with id nobody/)
  await ledger.append([
    { slot: 0, type: 'people.declared', at, parts: { people: { id: 'left', name: 'Left', contact: 'left@processor.example', role: 'analyst' } } },
    { slot: 0, type: 'people.left', at, parts: { evidence: { person: 'left' } } },
  ])
  await expect(proposeGrant(ledger, { ...wanted, person: 'left' }, at)).rejects.toThrow(/nobody with id left/)
})

test('a warning is told to the controller, suspends from its moment on, and ends with its answer or with what supersedes the instruction', async () => {
  const { A, B } = await threeNew()
  const clock = at + 100
  await acceptInstruction(ledger, { instruction: A, signatory: 'C. Martin', key }, clock)
  const warned = { instruction: A, provision: 'Art. 9(1) GDPR', reasons: 'it asks for health data', suspend: true, by: 'dana' }
  await expect(warnOf(ledger, { ...warned, by: 'nobody' }, clock)).rejects.toThrow('nobody with id nobody')
  expect(await warnOf(ledger, warned, clock + 1)).toMatchObject({ number: 1, suspended: true, endedAt: null })
  await expect(warnOf(ledger, warned, clock + 2)).rejects.toMatchObject({ code: 'instruction/warned' })
  const suspended = async (...when: number[]): Promise<boolean[]> => { const one = await findInstruction(ledger, A); return when.map((moment) => isSuspended(one, moment)) }
  expect(await suspended(clock, clock + 1, clock + 9_999)).toEqual([false, true, true])
  const told = (await allNotices(own.database)).filter(({ about }) => about === `instruction ${A}`)
  expect(told.map(({ controller, says }) => [controller, /infringes Art. 9\(1\) GDPR.*health data.*nothing under it/.test(says)])).toEqual([['acme', true]])
  const answer = { instruction: A, says: 'there is none in it', signatory: 'C. Martin', key }
  await expect(answerWarnings(ledger, { ...answer, signatory: 'D. Durand', answer: 'upheld' }, clock + 3)).rejects.toThrow('not a signatory')
  expect(await answerWarnings(ledger, { ...answer, answer: 'upheld' }, clock + 3)).toMatchObject({ endedBecause: 'upheld', answeredBy: 'C. Martin', custody: 'signatory' })
  expect(await suspended(clock + 2, clock + 3)).toEqual([true, false]) // what was refused then is refused when it is asked again of then
  await expect(answerWarnings(ledger, { ...answer, answer: 'upheld' }, clock + 4)).rejects.toMatchObject({ code: 'instruction/no-warning' })
  await warnOf(ledger, { ...warned, suspend: false }, clock + 5)
  await answerWarnings(ledger, { ...answer, answer: 'agreed' }, clock + 6)
  expect((await allWarnings(own.database)).find(({ instruction, number }) => instruction === A && number === 2)).toMatchObject({ answer: 'agreed', endedAt: null })
  await acceptInstruction(ledger, { instruction: B, signatory: 'C. Martin', key }, clock + 7)
  expect((await allWarnings(own.database)).filter(({ instruction }) => instruction === A).map(({ endedBecause }) => endedBecause)).toEqual(['upheld', 'superseded'])
  await expect(warnOf(ledger, warned, clock + 8)).rejects.toMatchObject({ code: 'instruction/over' })
})

test('an emergency opens nothing under an instruction that has not begun, is suspended, or is over; and of two at one moment one is opened', async () => {
  const { A, B } = await threeNew()
  const clock = at + 200
  const open = (instruction: string, moment: number): Promise<Grant> => openEmergency(ledger, { person: 'noa', instruction, reason: 'Restore of a lost table', minutes: 60 }, moment)
  await expect(open(A, clock)).rejects.toMatchObject({ code: 'emergency/instruction' }) // nobody accepted it
  for (const instruction of [A, B]) await acceptInstruction(ledger, { instruction, signatory: 'C. Martin', key }, clock)
  await expect(open(A, clock)).rejects.toMatchObject({ code: 'emergency/instruction', message: expect.stringContaining('superseded') as string })
  await expect(open(B, at - 90 * 86_400)).rejects.toMatchObject({ code: 'emergency/instruction' }) // before its first day
  await warnOf(ledger, { instruction: B, provision: 'Art. 9(1) GDPR', reasons: 'it asks for health data', suspend: true, by: 'dana' }, clock + 1)
  await expect(open(B, clock + 2)).rejects.toMatchObject({ code: 'emergency/suspended' })
  await answerWarnings(ledger, { instruction: B, says: 'there is none in it', signatory: 'C. Martin', key, answer: 'upheld' }, clock + 3)

  const grants = async (): Promise<readonly string[]> => (await allGrants(own.database)).filter(({ instruction, emergency }) => instruction === B && emergency !== undefined).map(({ id }) => id)
  const both = await Promise.allSettled([clock + 4, clock + 4, clock + 5].map((moment) => open(B, moment)))
  expect([both.filter(({ status }) => status === 'fulfilled').length, await grants()]).toEqual([1, [expect.stringMatching(/^emergency-noa-B-/)]])
  for (const one of both) if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'emergency/unreviewed' })
  await reviewEmergency(ledger, { grant: (await grants())[0]!, by: 'dana', says: 'Looked at, as it should be' }, clock + 6)
  await ledger.append({ slot: 1, type: 'contract.ended', at: clock + 7, parts: { evidence: { contract: 'acme-1', because: 'agreed end' } } })
  await expect(open(B, clock + 8)).rejects.toMatchObject({ code: 'emergency/instruction' })
})
