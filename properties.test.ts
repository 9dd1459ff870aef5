/** Properties are only worth what they catch: each here holds for the real function, and is shown to fail for one that is wrong in the way it guards against. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { appendLeaf, emptyFrontier, frontierRoot, inclusionPath, leafHash, rootOf, subtreesOf, verifyInclusion } from '@bailee/verifier'
import { compile, decide, type Act, type Decision, type Index } from './server/decision/index.ts'
import { parseInstant, formatInstant } from './server/kit/time.ts'
import type { World } from './server/decision/types.ts'

const holds = (property: fc.IRawProperty<unknown>): boolean => !fc.check(property as fc.IProperty<unknown>, { seed: 2019, numRuns: 50 }).failed

const leaves = fc.array(fc.uint8Array({ minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 40 })

test('a proof for another leaf is refused, and a verifier that believes every proof is caught', () => {
  const refusesAnother = (verify: typeof verifyInclusion) => fc.property(leaves, fc.nat(), (data, pick) => {
    const hashes = data.map(leafHash)
    const index = pick % data.length
    const path = inclusionPath(index, data.length, subtreesOf(hashes))
    const root = rootOf(data.length, subtreesOf(hashes))
    const other = leafHash(new Uint8Array([...(data[index] ?? []), 1]))
    return verify({ index, size: data.length, leaf: hashes[index] ?? other, path, root }) && !verify({ index, size: data.length, leaf: other, path, root })
  })
  expect(holds(refusesAnother(verifyInclusion))).toBe(true)
  expect(holds(refusesAnother(() => true))).toBe(false)
  expect(holds(refusesAnother(({ index, size }) => index < size))).toBe(false)
})

test('a log appended leaf by leaf has the root of the whole, and one that forgets its last leaf is caught', () => {
  const sameRoot = (append: typeof appendLeaf) => fc.property(leaves, (data) => {
    const hashes = data.map(leafHash)
    const frontier = hashes.reduce((before, leaf) => append(before, leaf), emptyFrontier)
    return frontier.size === data.length && Buffer.from(frontierRoot(frontier)).equals(Buffer.from(rootOf(data.length, subtreesOf(hashes))))
  })
  expect(holds(sameRoot(appendLeaf))).toBe(true)
  expect(holds(sameRoot((before, leaf) => (before.size > 2 ? before : appendLeaf(before, leaf))))).toBe(false)
})

const at = parseInstant('2019-04-15') ?? 0
const instruction = (id: string, purposes: readonly string[]): World['instructions'][number] => ({
  id, slot: 1, contract: 'c', controller: 'acme', state: 'accepted', from: 0, acceptedAt: 0, acceptedBy: 'A. Signer',
  scope: { id, contract: 'c', text: 't', purposes, operations: ['read'], data: { members: ['plan'] }, environments: ['production'], from: '1970-01-01' },
})
const world = (instructions: World['instructions']): World => ({
  instructions, contracts: [{ id: 'c', slot: 1, controller: 'acme', starts: 0, declared: { id: 'c', controller: 'acme', starts: '1970-01-01' } }],
  environments: [{ id: 'production', class: 'production', declared: { id: 'production', class: 'production' } }],
  datasets: [{ id: 'members', slot: 1, controller: 'acme', store: 'crm', tables: [{ table: 'public.member', subject: 'id', columns: { plan: { category: 'AccountIdentifier' } } }] }],
  grants: instructions.map(({ id }) => ({ id: `g-${id}`, slot: 1, person: 'noa', instruction: id, until: at * 2, state: 'approved' as const, approvedAt: 0, approvedBy: 'dana' })),
  trainings: [], standings: new Map([['noa', { person: { id: 'noa', name: 'N', contact: 'n@example.org', role: 'analyst' }, committedAt: 0, passed: [] }]]),
})
const act: Act = { person: 'noa', controller: 'acme', purpose: 'Marketing', operation: 'read', data: { members: ['plan'] }, environment: 'production', identifiable: false, at }

test('nothing but an instruction that names the purpose allows an act, in any order; a default that means yes is caught, and so is one that only reads the first', () => {
  const purposes = fc.array(fc.constantFrom('Marketing', 'Service', 'Security'), { minLength: 0, maxLength: 5 })
  const followsInstructions = (judge: (act: Act, index: Index) => Decision) => fc.property(purposes, (named) => {
    const instructions = named.map((purpose, index) => instruction(`INS-${index}`, [purpose]))
    const outcome = judge(act, compile(world(instructions))).outcome
    return (outcome === 'allowed') === named.includes('Marketing') && judge(act, compile(world(instructions.toReversed()))).outcome === outcome
  })
  const always: Decision = { outcome: 'allowed', under: [], failing: [], against: [], articles: [], exposure: [] }
  expect(holds(followsInstructions(decide))).toBe(true)
  expect(holds(followsInstructions(() => always))).toBe(false)
  expect(holds(followsInstructions((wanted, index) => decide({ ...wanted, instruction: 'INS-0' }, index)))).toBe(false)
})

test('a moment is read back as it was written, and a reader that takes days that do not exist is caught', () => {
  const roundTrip = (read: typeof parseInstant) => fc.property(fc.integer({ min: 0, max: 4_102_444_800 }), (moment) => read(formatInstant(moment)) === moment && read('2019-02-30') === undefined)
  expect(holds(roundTrip(parseInstant))).toBe(true)
  expect(holds(roundTrip((text) => Math.floor(Date.parse(text) / 1000)))).toBe(false)
})
