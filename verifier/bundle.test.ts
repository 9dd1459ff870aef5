import { describe, expect, test } from 'vitest'
import { certificatePayloadType, formatEnvelope, formatProof, formatVerifierKey, inclusionPath, leafHash, parsePolicy, parseVerifierKey, rootOf, sha256, sourceOfFiles, subtreesOf, verifyBundle } from './index.ts'
import type { Verdict, VerifyOptions } from './index.ts'
import { pair, processor, rootKey, clientKey, certificateKey, bytes, hex, leafOf, rootHash, noteOf, makeBundle, witnessedRule, entry, story } from './testing.ts'
import type { Written, Moment, Plan, Files } from './testing.ts'

const check = (files: Files, options?: VerifyOptions): Verdict => verifyBundle(sourceOfFiles(files), options)
function refusal(files: Files, options?: VerifyOptions): string {
  const verdict = check(files, options)
  return verdict.outcome === 'refused' ? `${verdict.because.step}: ${verdict.because.code}` : 'verified'
}
function changed(plan: Partial<Plan>, change: (files: Files) => void = () => undefined): Files {
  const files = makeBundle({ ...story, ...plan })
  change(files)
  return files
}
const moment = (index: number, change: Partial<Moment>): readonly Moment[] => story.moments.map((one, at) => (at === index ? { ...one, ...change } : one))

describe('a bundle as it should be', () => {
  test('is verified, and the verdict says what it holds and against which key', () => {
    const verdict = check(changed({}))
    expect(verdict.outcome === 'refused' ? verdict.because : verdict.facts).toEqual({
      origin: 'bailee.example/1', trust: 'bundle', entries: 300, commonEntries: 4, snapshots: 4, firstHead: 1, time: 220,
      witnesses: [], witnessesNamed: 0, independentlyWitnessed: false, receipts: 0, kept: 0, disclosed: 299, commitments: 299, certificates: [],
    })
    if (verdict.outcome === 'refused') return
    expect(verdict.shows.join()).toContain('Verified against the key inside the bundle')
    expect(verdict.doesNotShow.join()).toContain('not independently witnessed')
    expect(verdict.doesNotShow.join()).toContain('never logged')
  })
  test('may hold names that the verifier does not know', () => {
    expect(refusal(changed({}, (files) => files.set('register/2019-04-15.json', bytes('{}')).set('heads/README', bytes('x')).set('client/tile/0/000.p/7', bytes('x'))))).toBe('verified')
  })
  test('pinned by key or by policy is verified against that', () => {
    const key = parseVerifierKey(formatVerifierKey(`${processor}/root`, rootKey.publicKey))
    const pinned = check(changed({}), { pins: [key] })
    expect(pinned.outcome === 'verified' && pinned.facts.trust).toBe('key given')
    const policy = parsePolicy(`log ${formatVerifierKey(`${processor}/root`, rootKey.publicKey)}\n${witnessedRule}`)
    const witnessed = check(changed({ witnessed: true }), { policy })
    expect(witnessed.outcome === 'verified' && [witnessed.facts.trust, witnessed.facts.independentlyWitnessed, witnessed.facts.witnesses]).toEqual(['policy given', true, [{ name: 'witness.example', time: 2_000_000 }]])
  })
  test('may lack the common log, as older bundles do, and then says so', () => {
    const verdict = check(changed({}, (files) => [...files.keys()].filter((path) => path.startsWith('common')).forEach((path) => files.delete(path))))
    expect(verdict.outcome === 'verified' && verdict.doesNotShow.join()).toContain('common log')
  })
})

describe('a rewritten history', () => {
  const thief = pair()
  const rewritten = (plan: Partial<Plan> = {}): Files => changed({ client: story.client.map((one, index) => (index === 40 ? entry('access.refused', 1, { index: 'other' }) : one)), rootKey: thief, ...plan })
  test('re-signed whole agrees with itself', () => expect(refusal(rewritten())).toBe('verified'))
  test('is refused given a pin', () => expect(refusal(rewritten(), { pins: [parseVerifierKey(formatVerifierKey(`${processor}/root`, rootKey.publicKey))] })).toBe('root checkpoint: checkpoint/pin'))
  test('is refused given a policy', () => expect(refusal(rewritten(), { policy: parsePolicy(`log ${formatVerifierKey(`${processor}/root`, rootKey.publicKey)}\nquorum none\n`) })).toBe('root checkpoint: checkpoint/key'))
  test('by the holder of the root key is refused given a witness', () => {
    const policy = parsePolicy(`log ${formatVerifierKey(`${processor}/root`, rootKey.publicKey)}\n${witnessedRule}`)
    expect(refusal(rewritten({ rootKey }), { policy })).toBe('root checkpoint: checkpoint/quorum')
  })
  test('is refused given an old checkpoint', () => {
    const leaves = story.client.map(leafOf)
    const old = (size: number, key = clientKey): Uint8Array => bytes(noteOf({ origin: `${processor}/1`, size, root: rootHash(leaves, size) }, key))
    const withOld = (note: Uint8Array, files = rewritten()): string => refusal(files.set('client.old-checkpoint', note))
    expect(withOld(old(200))).toBe('old checkpoint: old-checkpoint/prefix')
    expect(withOld(old(200), changed({}))).toBe('verified')
    expect(withOld(old(200, thief), changed({}))).toBe('old checkpoint: old-checkpoint/signature')
    expect(withOld(bytes(noteOf({ origin: `${processor}/1`, size: 301, root: sha256() }, clientKey)), changed({}))).toBe('old checkpoint: old-checkpoint/longer')
  })
  test('is refused given a receipt', () => {
    const leaves = story.client.map(leafOf)
    const subtree = subtreesOf(leaves.map(leafHash))
    const proof = formatProof({ index: 40, path: inclusionPath(40, 170, subtree), checkpoint: noteOf({ origin: `${processor}/1`, size: 170, root: rootOf(170, subtree) }, clientKey) })
    const keep = (files: Files): Files => files.set('proofs/a.tlog-proof', bytes(proof)).set('proofs/a.leaf', leaves[40]!)
    expect(refusal(keep(changed({})))).toBe('verified')
    expect(refusal(keep(rewritten()))).toBe('receipts: receipt/prefix')
    expect(refusal(keep(changed({})).set('proofs/a.leaf', leaves[41]!))).toBe('receipts: receipt/inclusion')
    expect(refusal(keep(changed({})).set('proofs/a.tlog-proof', bytes(proof.replace('index 40', 'index 41'))))).toBe('receipts: receipt/inclusion')
  })
})

test('against what was seen before: fewer snapshots that fix more entries are another history, and fewer of both are only older', () => {
  const text = (files: Files, path: string): string => Buffer.from(files.get(path)!).toString()
  const cut = (client: number, moments: readonly Moment[]): Files => changed({ client: story.client.slice(0, client), common: story.common.slice(0, moments.at(-1)?.common), moments: moments.map((one) => ({ ...one, client: Math.min(one.client, client) })) })
  const before = cut(200, story.moments)
  const seen = { root: text(before, 'root/checkpoint'), client: text(before, 'client/checkpoint') }
  const against = (files: Files): Verdict => check(files, { seen } as VerifyOptions)
  const stepOf = (verdict: Verdict): unknown => verdict.steps.find(({ name }) => name === 'seen before')?.outcome
  expect(stepOf(against(before))).toBe('passed')
  expect(stepOf(against(cut(170, story.moments.slice(0, 3))))).toBe('absent')
  const fork = against(cut(300, [...story.moments.slice(0, 2), story.moments[3]!]))
  expect(fork.outcome === 'refused' && fork.because).toMatchObject({ step: 'seen before', code: 'seen/prefix' })
  const others = { ...story, client: story.client.map((one, index) => (index === 40 ? entry('access.refused', 1, { index: 'other' }) : one)).slice(0, 200), common: story.common.slice(0, story.moments[2]?.common), moments: story.moments.slice(0, 3).map((one, at) => ({ ...one, client: at === 2 ? 200 : one.client })) }
  const asMany = against(changed(others))
  expect(asMany.outcome === 'refused' && asMany.because, 'fewer snapshots, as many entries, and not the same ones').toMatchObject({ step: 'seen before', code: 'seen/prefix' })
})

describe('snapshots and heads', () => {
  const rows: readonly (readonly [string, Partial<Plan>, string])[] = [
    ['a snapshot earlier than the one before', { moments: moment(2, { time: 150 }) }, 'root log: snapshot/time'],
    ['a snapshot with fewer slots', { moments: moment(2, { slots: 2 }) }, 'root log: snapshot/slots'],
    ['a second log in the slot', { moments: moment(2, { origin: `${processor}/9` }) }, 'client heads: head/origin'],
    ['a log that shrank', { moments: moment(1, { client: 200 }) }, 'client heads: head/shrunk'],
    ['a fork in between', { moments: moment(2, { fork: true }) }, 'client heads: head/prefix'],
    ['a fork at the end', { moments: moment(3, { fork: true }) }, 'client heads: head/prefix'],
    ['a last snapshot behind the log', { moments: moment(3, { client: 299 }) }, 'client heads: head/last'],
    ['a last snapshot ahead of the log', { moments: moment(3, { client: 301 }) }, 'client heads: head/longer'],
    ['a common log behind its last snapshot', { moments: moment(3, { common: 3 }) }, 'common heads: head/last'],
    ['a log of another processor', { origin: 'other.example/1' }, 'client log: client/origin'],
    ['a log in no slot', { origin: `${processor}/acme` }, 'client log: client/origin'],
  ]
  test.each(rows)('%s is refused', (_, plan, reason) => expect(refusal(changed(plan))).toBe(reason))
  const changes: readonly (readonly [string, (files: Files) => void, string])[] = [
    ['the first head of the slot left out', (files) => files.delete('heads/1'), 'client heads: head/omitted'],
    ['a head left out in between', (files) => files.delete('heads/2'), 'client heads: head/missing'],
    ['the last head left out', (files) => files.delete('heads/3'), 'client heads: head/missing'],
    ['no head at all', (files) => ['1', '2', '3'].forEach((name) => files.delete(`heads/${name}`)), 'client heads: head/missing'],
    ['a head before the slot was given', (files) => files.set('heads/0', files.get('heads/1')!), 'client heads: head/snapshot'],
    ['a head of a snapshot that is not there', (files) => files.set('heads/4', files.get('heads/3')!), 'client heads: head/beyond'],
    ['a head of another snapshot', (files) => files.set('heads/3', bytes(Buffer.from(files.get('heads/2')!).toString().replace('snapshot 2', 'snapshot 3'))), 'client heads: head/proof'],
    ['the head of another slot', (files) => files.set('heads/3', files.get('common-heads/3')!), 'client heads: head/slot'],
    ['the first head of the common log left out', (files) => files.delete('common-heads/0'), 'common heads: head/omitted'],
    ['the common key left out', (files) => files.delete('common.vkey'), 'common log: key/missing'],
    ['the common log left out', (files) => files.delete('common/checkpoint'), 'common log: log/missing'],
    ['the common log changed', (files) => { const leaf = files.get('common/tile/entries/000.p/4')!; leaf[20]! ^= 1 }, 'common log: log/root'],
    ['the client log in place of the common', (files) => files.set('common.vkey', files.get('client.vkey')!), 'common log: common/slot'],
  ]
  test.each(changes)('a bundle with %s is refused', (_, change, reason) => expect(refusal(changed({}, change))).toBe(reason))
})

describe('what entries were decided on', () => {
  const last = (written: Written): Plan['client'] => [...story.client.slice(0, -1), written]
  test('less of the common log than before is refused', () => expect(refusal(changed({ client: last(entry('access.granted', 2)) }))).toBe('client log: entry/common'))
  test('more of the common log than there is, is refused', () => expect(refusal(changed({ client: last(entry('access.granted', 5)) }))).toBe('common size: entry/common'))
  test('the common log does not point at itself', () => expect(refusal(changed({ common: [...story.common.slice(0, -1), entry('people.added', 1)] }))).toBe('common log: entry/common'))
  test.each(['{"at":1,"type":"note.written","type":"certificate.invalidated","v":1}', '{"at":1,"parts":[{"c":"00","c":"11","n":"evidence"}],"type":"note.written","v":1}', '{"at":1,"at" : 2,"type":"note.written","v":1}'])('an entry that says something twice is refused: %s', (text) => expect(refusal(changed({ common: [...story.common.slice(0, -1), text] }))).toBe('common log: entry/json'))
  test('an entry that is none is refused', () => expect(refusal(changed({ common: [...story.common.slice(0, -1), 'not json'] }))).toBe('common log: entry/json'))
})

describe('certificates', () => {
  const envelopeOf = (id: string, key = certificateKey): Uint8Array => formatEnvelope({ payloadType: certificatePayloadType, payload: bytes(JSON.stringify({ certificate_id: id, status: 'complete' })) }, { keyid: 'certificate', sign: key.sign })
  const envelope = envelopeOf('C-1')
  const twice = formatEnvelope({ payloadType: certificatePayloadType, payload: bytes('{"certificate_id":"C-1","status":"partial","status":"complete"}') }, { keyid: 'certificate', sign: certificateKey.sign })
  const issued = entry('erasure.certified', 3, { certificate: 'C-1', envelope: `sha256:${hex(sha256(envelope))}` })
  const invalidated = entry('certificate.invalidated', 3, { certificate: 'C-1' })
  const ended = (...more: readonly Written[]): Plan['client'] => [...story.client.slice(0, 300 - more.length), ...more]
  const shown = (client: Plan['client'], certificates: Plan['certificates'] = { 'C-1': envelope }): unknown => {
    const verdict = check(changed({ client, certificates }))
    return verdict.outcome === 'refused' ? verdict.because.code : verdict.facts.certificates
  }
  test('one that the log names stands', () => expect(shown(ended(issued))).toEqual([{ id: 'C-1', standing: 'stands', status: 'complete', issuedBy: 299 }]))
  test('one whose entry is not opened is signed and no more', () => expect(shown(ended({ ...issued, hidden: true }))).toEqual([{ id: 'C-1', standing: 'unlinked', status: 'complete' }]))
  test('one whose entry is not opened is signed and no more, though another is opened', () => {
    const other = envelopeOf('C-2')
    const second = entry('certificate.issued', 3, { certificate: 'C-2', envelope: `sha256:${hex(sha256(other))}` })
    expect(shown(ended({ ...issued, hidden: true }, second), { 'C-1': envelope, 'C-2': other })).toEqual([{ id: 'C-1', standing: 'unlinked', status: 'complete' }, { id: 'C-2', standing: 'stands', status: 'complete', issuedBy: 299 }])
    expect(shown(ended({ ...issued, hidden: true }, entry('certificate.issued', 3, { certificate: 'C-1', envelope: 'sha256:00' })))).toBe('certificate/envelope')
    expect(shown(ended(second), { 'C-1': envelope })).toBe('certificate/envelope')
  })
  test('one that a later entry invalidates no longer holds, and every reader is told', () => {
    const files = changed({ client: ended(issued, invalidated), certificates: { 'C-1': envelope } })
    const verdict = check(files)
    expect(verdict.outcome === 'verified' && verdict.facts.certificates).toEqual([{ id: 'C-1', standing: 'invalidated', status: 'complete', issuedBy: 298, invalidatedBy: 299 }])
    expect(verdict.outcome === 'verified' && verdict.shows.join()).toContain('the signature verifies but the statement no longer holds')
  })
  test('one is unclear while an invalidation is not opened', () => expect(shown(ended(issued, { ...invalidated, hidden: true }))).toEqual([{ id: 'C-1', standing: 'unclear', status: 'complete', issuedBy: 298 }]))
  test('one is unclear while a part of what invalidates is not opened, whatever the other part says', () => expect(shown(ended(issued, { ...entry('certificate.invalidated', 3, { because: 'x' }), more: { people: { certificate: 'C-1' } } }))).toEqual([{ id: 'C-1', standing: 'unclear', status: 'complete', issuedBy: 298 }]))
  test('one stands when it is another that was invalidated', () => expect(shown(ended(issued, entry('certificate.invalidated', 3, { certificate: 'C-2' })))).toEqual([{ id: 'C-1', standing: 'stands', status: 'complete', issuedBy: 298 }]))
  const rows: readonly (readonly [string, Plan['client'], Plan['certificates'], string])[] = [
    ['signed by another key', ended(issued), { 'C-1': envelopeOf('C-1', rootKey) }, 'certificate/signature'],
    ['under another name', ended(issued), { 'C-2': envelope }, 'certificate/id'],
    ['with other bytes than the log names', ended(issued), { 'C-1': Buffer.concat([envelope, bytes('\n')]) }, 'certificate/envelope'],
    ['that the log never issued', story.client, { 'C-1': envelope }, 'certificate/log'],
    ['that the log issues once more with other bytes', ended(issued, entry('certificate.issued', 3, { certificate: 'C-1', envelope: 'sha256:00' })), { 'C-1': envelope }, 'certificate/envelope'],
    ['that the log issues under another name, and takes back under that', ended(entry('certificate.issued', 3, { certificate: 'C-9', envelope: `sha256:${hex(sha256(envelope))}` }), entry('certificate.invalidated', 3, { certificate: 'C-9' })), { 'C-1': envelope }, 'certificate/id'],
    ['that says its status twice', ended(entry('certificate.issued', 3, { certificate: 'C-1', envelope: `sha256:${hex(sha256(twice))}` })), { 'C-1': twice }, 'certificate/json'],
    ['that is something else', ended(issued), { 'C-1': formatEnvelope({ payloadType: 'application/json', payload: bytes('{}') }, { keyid: 'x', sign: certificateKey.sign }) }, 'certificate/type'],
  ]
  test.each(rows)('one %s is refused', (_, client, certificates, code) => expect(shown(client, certificates)).toBe(code))
  test('the key must be there', () => expect(refusal(changed({ client: ended(issued), certificates: { 'C-1': envelope } }, (files) => files.delete('certificate.vkey')))).toBe('certificates: key/missing'))
})

describe('opened payloads', () => {
  const rows: readonly (readonly [string, (files: Files) => void, string])[] = [
    ['one that was changed', (files) => { files.get('disclosed/5.evidence')![40]! ^= 1 }, 'disclosures: disclosure/commitment'],
    ['one of an entry that is not there', (files) => files.set('disclosed/300.evidence', files.get('disclosed/5.evidence')!), 'disclosures: disclosure/index'],
    ['one of a part that is not there', (files) => files.set('disclosed/5.subject', files.get('disclosed/5.evidence')!), 'disclosures: disclosure/part'],
    ['one moved to another entry', (files) => files.set('disclosed/6.evidence', files.get('disclosed/5.evidence')!), 'disclosures: disclosure/commitment'],
    ['one shorter than its salt', (files) => files.set('disclosed/5.evidence', Buffer.alloc(31)), 'disclosures: disclosure/short'],
  ]
  test.each(rows)('%s is refused', (_, change, reason) => expect(refusal(changed({}, change))).toBe(reason))
})
