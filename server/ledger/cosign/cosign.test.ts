import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cosignatureLine, cosignatureType, formatCheckpointBody, formatNote, noteSignatureLine, formatVerifierKey, openDirectory, parseNote, parsePolicy, verifyBundle } from '@bailee/verifier'
import { rows, sql } from '#database'
import { createTestDatabase, type TestDatabase } from '../../database/testing.ts'
import { applies } from '../applies.ts'
import { exportBundle, type BundleSummary } from '../bundle.ts'
import { serveHttp, type Answered, type Serving } from '../http.ts'
import { rawPublicKey } from '../custody/custody.ts'
import { openKeyStore } from '../keys.ts'
import type { Ledger } from '../ledger.ts'
import { noon, noteApplies, openTestLedger, temporaryDirectory } from '../testing.ts'
import { formatAddCheckpoint, parseAddCheckpoint } from '../witness/request.ts'
import { logKey, openWitnessDirectory, serveWitness } from '../witness/serve.ts'
import { cosign, showWitnesses, type Asked } from './cosign.ts'
import { formatPolicy, policyProblem, type DeclaredWitness, type WitnessPolicy } from './policy.ts'
import { contacts, cosignaturesAt } from './store.ts'
import { signRoot } from '../root.ts'

let directory: ReturnType<typeof temporaryDirectory>
let own: TestDatabase
let ledger: Ledger
const serving: Serving[] = []
const report = (problem: string): never => { throw new Error(problem) }
const at = { host: '127.0.0.1', port: 0 }
let now = noon
const clock = (): number => now

beforeEach(async () => {
  now = noon
  directory = temporaryDirectory()
  own = await createTestDatabase()
  ledger = await openTestLedger(own.database, openKeyStore(join(directory.path, 'keys')), { ...noteApplies, ...applies })
  await ledger.openSlot(noon, () => [])
})
afterEach(async () => { for (const one of serving.splice(0)) await one.close(); await own.close(); directory.remove() })

const write = (text: string): Promise<unknown> => ledger.append({ slot: 1, type: 'note.written', at: noon, parts: { evidence: { text } } })
const rootKey = (): string => formatVerifierKey(`${ledger.origin}/root`, ledger.keys.log.publicKey)
const declare = (policy: WitnessPolicy): Promise<unknown> => ledger.append({ slot: 0, type: 'witness.declared', at: noon, parts: { evidence: policy as never } })
const ask = async (more: { patient?: boolean; anew?: boolean } = {}): Promise<Asked[]> => { const last = await ledger.snapshot(now); return cosign(ledger, { clock, last, ...more }) }

async function honest(name: string): Promise<DeclaredWitness> {
  const witness = openWitnessDirectory(join(directory.path, name), `${name}.example`)
  const one = await serveWitness({ at, witness, logs: [logKey(rootKey(), 'root')], clock, report })
  serving.push(one)
  return { name, url: `http://127.0.0.1:${one.port}/`, vkey: witness.vkey }
}

/** A server under a key, that answers whatever it likes. */
async function dishonest(name: string, answer: (request: { checkpoint: string; old: number }, sign: (text: string) => string) => Answered): Promise<DeclaredWitness> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const key = { name: `${name}.example`, publicKey: rawPublicKey(publicKey) }
  const signed = (text: string): string => cosignatureLine(key, text, { time: noon, sign: (message) => sign(null, message, privateKey) })
  const one = await serveHttp({ at, bodyBytesMax: 65_536, report, answer: ({ body }) => Promise.resolve(answer(parseAddCheckpoint(body), signed)) })
  serving.push(one)
  return { name, url: `http://127.0.0.1:${one.port}`, vkey: formatVerifierKey(key.name, key.publicKey, cosignatureType) }
}

const bundle = (name = 'bundle', from = ledger): Promise<BundleSummary> => exportBundle(from, { slot: 1, at: noon, directory: join(directory.path, name), receiptsFor: [], certificates: new Map(), cosign: (last) => cosign(from, { clock, last }) })
const pinned = (policy: WitnessPolicy): ReturnType<typeof parsePolicy> => parsePolicy(formatPolicy({ name: `${ledger.origin}/root`, publicKey: ledger.keys.log.publicKey }, policy))
const both = (witnesses: readonly DeclaredWitness[], needs: 'all' | 'any' | number = 'all'): WitnessPolicy => ({ witnesses, groups: [{ name: 'both', needs, of: witnesses.map(({ name }) => name) }], quorum: 'both' })

test('two witnesses cosign what a snapshot fixed; the bundle carries it and verifies against a pinned policy as witnessed by 2 of 2', async () => {
  const policy = both([await honest('auditor'), await honest('peer')])
  await declare(policy)
  expect((await ask()).map(({ outcome }) => outcome)).toEqual(['cosigned', 'cosigned'])
  expect((await ask()).map(({ outcome }) => outcome)).toEqual(['already', 'already'])
  now = noon + 60
  await write('more')
  expect((await bundle()).witnesses).toEqual({ cosigned: ['auditor', 'peer'], of: 2, enough: true })
  const source = openDirectory(join(directory.path, 'bundle'))
  const verdict = verifyBundle(source, { policy: pinned(policy) })
  expect(verdict.outcome === 'verified' && verdict.shows).toContainEqual(expect.stringMatching(/^Witnessed by 2 of 2, as the policy given asks: auditor.example at 2019-04-15T08:01:00Z, peer.example at/))
  const unpinned = verifyBundle(source)
  expect(unpinned.outcome === 'verified' && [unpinned.facts.independentlyWitnessed, unpinned.facts.witnesses.length]).toEqual([false, 2])
  expect((await showWitnesses(own.database)).witnesses.map(({ contact }) => [contact?.size, contact?.cosignedAt, contact?.because])).toEqual([[2, noon + 60, null], [2, noon + 60, null]])
})

test('a dead witness costs ten seconds at most and nothing else; too few are no quorum, and the bundle says so', async () => {
  const dead: DeclaredWitness = { name: 'dead', url: 'http://127.0.0.1:1', vkey: formatVerifierKey('dead.example', new Uint8Array(32).fill(7), cosignatureType) }
  const policy = both([await honest('auditor'), dead])
  await declare(policy)
  expect(await ask()).toEqual([{ name: 'auditor', outcome: 'cosigned' }, { name: 'dead', outcome: 'refused', because: 'it cannot be reached (ECONNREFUSED)' }])
  expect(await ask({ patient: true })).toMatchObject([{ outcome: 'already' }, { name: 'dead', outcome: 'waits' }])
  now = noon + 61
  expect(await ask({ patient: true })).toMatchObject([{ outcome: 'already' }, { name: 'dead', outcome: 'refused' }])
  expect((await contacts(own.database)).get(dead.vkey)).toMatchObject({ size: null, failures: 2 })
  expect((await bundle()).witnesses).toEqual({ cosigned: ['auditor'], of: 2, enough: false })
  expect(readFileSync(join(directory.path, 'bundle', 'policy'), 'utf8')).toMatch(/quorum none\n$/)
  expect(verifyBundle(openDirectory(join(directory.path, 'bundle'))).outcome).toBe('verified')
  const strict = verifyBundle(openDirectory(join(directory.path, 'bundle')), { policy: pinned(policy) })
  expect(strict.outcome === 'refused' && strict.because.code).toBe('checkpoint/quorum')
  const lenient = verifyBundle(openDirectory(join(directory.path, 'bundle')), { policy: pinned(both(policy.witnesses, 'any')) })
  expect(lenient.outcome === 'verified' && lenient.shows).toContainEqual(expect.stringMatching(/^Witnessed by 1 of 2/))
})

test('restored together, keys and database know nothing of what came after; a witness that cosigned this very tree does, and is asked again', async () => {
  const auditor = await honest('auditor')
  await declare(both([auditor, await honest('peer')]))
  await ask()
  const later = openWitnessDirectory(join(directory.path, 'auditor')).records
  const first = later.latest(`${ledger.origin}/root`)!
  expect((await ask({ anew: true })).map(({ outcome }) => outcome), 'nothing came after').toEqual(['already', 'already'])
  const privateKey = createPrivateKey(readFileSync(join(directory.path, 'keys', 'log.pem')))
  const text = formatCheckpointBody({ origin: `${ledger.origin}/root`, size: 2, root: new Uint8Array(32) })
  later.advance(`${ledger.origin}/root`, first.sequence + 1, formatNote(text, [noteSignatureLine({ name: `${ledger.origin}/root`, publicKey: ledger.keys.log.publicKey }, text, (message) => sign(null, message, privateKey))]))
  expect((await ask()).map(({ outcome }) => outcome), 'what runs each minute does not ask').toEqual(['already', 'already'])
  expect(await ask({ anew: true })).toEqual([{ name: 'auditor', outcome: 'refused', because: 'it has seen 2 snapshots of this log, and only 1 were ever signed here', history: true }, { name: 'peer', outcome: 'already' }])
  expect((await contacts(own.database)).get(auditor.vkey)?.because).toContain('ANOTHER HISTORY')
  await Promise.all(serving.splice(0).map((one) => one.close()))
  const silent = 'it does not say whether it has seen more: it cannot be reached (ECONNREFUSED)'
  expect(await ask({ anew: true }), 'its signature stands, and whoever asks is told that it was asked in vain').toEqual(['auditor', 'peer'].map((name) => ({ name, outcome: 'already', because: silent })))
  await write('more')
  expect((await ask()).map(({ outcome }) => outcome)).toEqual(['refused', 'refused'])
  expect((await contacts(own.database)).get(auditor.vkey), 'that it is gone now takes nothing from what it had seen').toMatchObject({ failures: 2, because: expect.stringContaining('ANOTHER HISTORY') as unknown })
})

test('one that spoke of another history, and then cosigns the same tree once more, is said to have failed no longer', async () => {
  let answer: Answered | undefined
  const one = await dishonest('one', (request, signed) => answer ?? { status: 200, body: signed(parseNote(request.checkpoint).text) })
  await declare({ witnesses: [one], groups: [], quorum: 'one' })
  await ask()
  answer = { status: 409, body: '9\n' }
  expect(await ask({ anew: true })).toMatchObject([{ outcome: 'refused', history: true }])
  answer = undefined
  expect(await ask({ anew: true })).toEqual([{ name: 'one', outcome: 'already' }])
  expect((await contacts(own.database)).get(one.vkey)).toMatchObject({ size: 1, failures: 0, because: null })
})

test('a witness that has seen more than we believe is caught up with', async () => {
  const policy = both([await honest('auditor')])
  await declare(policy)
  await ask()
  await write('more')
  const root = await signRoot(ledger, await ledger.snapshot(noon))
  await rows(own.database, sql`update witness_contact set size = null`)
  expect((await ask()).map(({ outcome }) => outcome)).toEqual(['cosigned'])
  expect((await cosignaturesAt(own.database, root?.size ?? 0)).size).toBe(1)
})

test('of witnesses that lie, nothing is stored, others are not held up, and it shows', async () => {
  const lies: readonly (readonly [string, (request: { checkpoint: string; old: number }, sign: (text: string) => string) => Answered, RegExp, boolean])[] = [
    ['signs another checkpoint than asked', (_request, signed) => ({ status: 200, body: signed('other.example/root\n1\nAAAA\n') }), /not its own over this checkpoint/, true],
    ['signs with another key', () => ({ status: 200, body: cosignatureLine({ name: 'x.example', publicKey: new Uint8Array(32) }, 'x', { time: 1, sign: () => new Uint8Array(64) }) }), /another key than declared/, false],
    ['answers without a signature', () => ({ status: 200, body: 'fine\n' }), /not a cosignature/, false],
    ['answers with two texts', (request, signed) => ({ status: 200, body: `\n\n${signed(parseNote(request.checkpoint).text)}` }), /not a cosignature/, false],
    ['answers for ever', () => ({ status: 200, body: 'x'.repeat(100_000) }), /too long/, false],
    ['claims that it has seen more', () => ({ status: 409, body: '99\n' }), /has seen 99 snapshots of this log, and only 1 were ever signed here/, true],
    ['claims another tree of our size', () => ({ status: 409, body: '0\n' }), /another tree of 0/, true],
    ['never settles on a size', ({ old }) => ({ status: 409, body: `${old === 1 ? 0 : 1}\n` }), /changes with every answer/, false],
    ['gives no size', () => ({ status: 409, body: 'more\n' }), /without a size/, false],
    ['refuses every proof', () => ({ status: 422 }), /does not continue/, true],
    ['does not know us', () => ({ status: 404 }), /bailee ledger vkey/, false],
    ['knows another key', () => ({ status: 403 }), /another key/, false],
    ['sends us elsewhere', () => ({ status: 302, headers: { location: 'http://127.0.0.1:1/' } }), /answered 302/, false],
    ['is broken', () => ({ status: 500 }), /answered 500/, false],
  ]
  const liars = await Promise.all(lies.map(([, answer], index) => dishonest(`liar${index}`, answer)))
  await declare(both([...liars, await honest('auditor')], 'any'))
  const asked = await ask()
  expect(asked.at(-1)).toEqual({ name: 'auditor', outcome: 'cosigned' })
  expect([...(await cosignaturesAt(own.database, 1)).keys()], 'only the honest one').toHaveLength(1)
  const shown = (await showWitnesses(own.database)).witnesses
  for (const [index, [what, , says, history]] of lies.entries()) {
    expect(asked[index]?.because, what).toMatch(says)
    expect([asked[index]?.outcome, asked[index]?.history ?? false], what).toEqual(['refused', history])
    expect(shown[index]?.contact?.because, what).toMatch(says)
  }
})

test('a second history signed with our key: an honest witness refuses it, a lying one cosigns it, and verifiers and we see it', async () => {
  const liar = await dishonest('liar', (request, signed) => ({ status: 200, body: signed(parseNote(request.checkpoint).text) }))
  const auditor = await honest('auditor')
  const policy = both([liar, auditor])
  await declare(policy)
  await ask()
  // Somebody who holds the log key and a database of their own begins another history, and asks both.
  const theirs = await createTestDatabase()
  mkdirSync(join(directory.path, 'stolen'), { mode: 0o700 })
  const stolen = { ...openKeyStore(join(directory.path, 'stolen')), log: ledger.keys.log, signer: ledger.keys.signer, signedRoots: openKeyStore(join(directory.path, 'stolen2')).signedRoots }
  const forked = await openTestLedger(theirs.database, stolen, { ...noteApplies, ...applies })
  await forked.openSlot(noon, () => [{ slot: 1, type: 'note.written', at: noon, parts: { evidence: { text: 'what never was' } } }])
  await forked.append({ slot: 0, type: 'witness.declared', at: noon, parts: { evidence: policy as never } })
  const asked = await cosign(forked, { clock, last: await forked.snapshot(noon) })
  expect(asked).toMatchObject([{ name: 'liar', outcome: 'cosigned' }, { name: 'auditor', outcome: 'refused', history: true }])
  await bundle('forged', forked)
  const forged = openDirectory(join(directory.path, 'forged'))
  expect(verifyBundle(forged).outcome, 'it agrees with itself').toBe('verified')
  const verdict = verifyBundle(forged, { policy: pinned(policy) })
  expect(verdict.outcome === 'refused' && verdict.because.code).toBe('checkpoint/quorum')
  // A witness that took it up first refuses ours: we are told.
  const second = openWitnessDirectory(join(directory.path, 'second'), 'second.example')
  const other = await serveWitness({ at, witness: second, logs: [logKey(rootKey(), 'root')], clock, report })
  serving.push(other)
  const root = await signRoot(forked)
  const offered = formatAddCheckpoint({ old: 0, proof: [], checkpoint: formatNote(root?.text ?? '', [root?.line ?? '']) })
  expect((await fetch(`http://127.0.0.1:${other.port}/add-checkpoint`, { method: 'POST', body: Buffer.from(offered) })).status).toBe(200)
  await declare({ witnesses: [{ name: 'second', url: `http://127.0.0.1:${other.port}`, vkey: second.vkey }], groups: [], quorum: 'second' })
  expect(await ask()).toMatchObject([{ name: 'second', outcome: 'refused', history: true }])
  expect(second.records.refused(`${ledger.origin}/root`, 'unproven')).toBe(1)
  await theirs.close()
})

test('a cosignature altered in the database is left out of what is exported', async () => {
  const policy = both([await honest('auditor')])
  await declare(policy)
  await ask()
  await rows(own.database, sql.raw(`alter table cosignature disable trigger user; update cosignature set line = replace(line, 'auditor.example', 'auditor.invalid')`))
  expect((await bundle()).witnesses).toEqual({ cosigned: [], of: 1, enough: false })
})

test('what was declared is in the common log, and reads as a verifier will read it', async () => {
  const auditor = await honest('auditor')
  await declare(both([auditor]))
  await declare({ witnesses: [auditor], groups: [], quorum: 'auditor' })
  expect((await ledger.read(0)).filter(({ type }) => type === 'witness.declared')).toHaveLength(2)
  expect((await showWitnesses(own.database)).policy.quorum).toBe('auditor')
  expect(policyProblem(both([auditor]))).toBeUndefined()
  expect(policyProblem(both([auditor, { ...auditor, name: 'again' }]))).toMatch(/one key for two witnesses/)
  expect(policyProblem({ witnesses: [auditor], groups: [], quorum: 'nobody' })).toMatch(/policy\/quorum/)
  expect(policyProblem({ ...both([auditor]), groups: [{ name: 'both', needs: 2, of: ['auditor'] }] })).toMatch(/threshold/)
})
