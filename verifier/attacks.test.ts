/** What somebody would try who makes evidence so that it is believed, or so that checking it never ends. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { claimsOf, type Told } from './claims.ts'
import { checkDisclosures } from './evidence.ts'
import { certificatePayloadType, cosignatureLine, cosignatureType, formatEnvelope, formatVerifierKey, openDirectory, parsePolicy, parseVerifierKey, sha256, sourceOfFiles, verifyBundle, verifyReceipt, type VerifyOptions } from './index.ts'
import { inFrench } from './browser/french.ts'
import { checkWhole } from './whole.ts'
import { verifySignature } from './node/signature.ts'
import { bytes, certificateKey, codeOf, entry, hex, makeBundle, processor, rootKey, story, type Files, type Plan, type Written } from './testing.ts'

const scratch = mkdtempSync(join(tmpdir(), 'bailee-attacks-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))
const check = (files: Files, options: VerifyOptions = {}): ReturnType<typeof verifyBundle> => verifyBundle(sourceOfFiles(files), options)
const whole = (client: readonly Written[], more: Partial<Plan> = {}): Files => makeBundle({ ...story, client, moments: [{ time: 100, client: 0, common: 1 }, { time: 160, client: client.length, common: 4 }], ...more })
const codeIn = (verdict: ReturnType<typeof verifyBundle>): string => (verdict.outcome === 'refused' ? `${verdict.because.step}: ${verdict.because.code}` : 'verified')
const rootVkey = formatVerifierKey(`${processor}/root`, rootKey.publicKey)
const many = <T>(count: number, one: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => one(index))

describe('a check comes to its end', () => {
  test('of a receipt that is all parts', () => {
    const lines = many(300_000, (index) => `part a${String(index).padStart(6, '0')} `)
    expect(verifyReceipt(bytes(['bailee-receipt/v1', 'entry AAAA', ...lines, ''].join('\n')))).toMatchObject({ outcome: 'refused', because: { code: 'receipt/lines' } })
  }, 20_000)

  test('of a log of very many proposals, acceptances and answers', () => {
    const count = 3_000
    const key = { public_key: Buffer.alloc(32).toString('base64'), signature: 'AAAA' }
    const verdict = check(whole([
      entry('ledger.genesis'), ...many(count, (index) => entry('instruction.proposed', 1, { controller: 'c', scope: { id: `I-${index}` } })),
      ...many(count, (index) => entry('instruction.accepted', 1, { ...key, instruction: `I-${index}`, scope_sha256: 'x', proposal_sha256: 'y' })),
      ...many(count, (index): Written => ({ ...entry('instruction.answered', 1, { instruction: `I-${index}` }), beside: { instruction: key } })),
    ]))
    if (verdict.outcome === 'refused') throw new Error(verdict.because.message)
    expect([verdict.facts.acceptances, verdict.facts.sayings].map((all) => all?.filter(({ standing }) => standing === 'contradicted').length)).toEqual([count, count])
  }, 20_000)

  test('of a log of very many certificates, each held against it', () => {
    const ids = many(2_500, (index) => `C-${index}`)
    const certificates = Object.fromEntries(ids.map((id) => [id, formatEnvelope({ payloadType: certificatePayloadType, payload: bytes(JSON.stringify({ certificate_id: id })) }, { keyid: 'certificate', sign: certificateKey.sign })]))
    const issued = ids.map((id) => entry('certificate.issued', 1, { certificate: id, envelope: `sha256:${hex(sha256(certificates[id]!))}`, erasure: 'E' }))
    const checking = checkWhole(sourceOfFiles(whole([entry('ledger.genesis'), ...issued], { certificates })), { verify: verifySignature })
    let step = checking.next()
    while (step.done !== true) step = checking.next()
    if (step.value.outcome === 'refused') throw new Error(step.value.because.message)
    expect([step.value.held.length, step.value.facts.certificates.every(({ standing }) => standing === 'stands')]).toEqual([2_500, true])
  }, 20_000)

  test('of what lies deeper in itself than it can be written again: it counts as not opened', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    const verdict = check(whole([
      entry('ledger.genesis'), { ...entry('instruction.answered'), payload: `{"instruction":${deep}}`, beside: { instruction: { public_key: 'AAAA', signature: 'AAAA' } } },
      { ...entry('instruction.proposed'), payload: `{"scope":${deep}}` }, { ...entry('instruction.accepted'), payload: `{"instruction":"I","x":${deep}}` },
    ]))
    expect(verdict).toMatchObject({ outcome: 'verified', facts: { disclosed: 4, sayings: [{ standing: 'unlinked' }] } })
    expect(codeIn(check(makeBundle({ ...story, common: [...story.common.slice(0, -1), `{"at":1,"type":"note.written","v":1,"x":${'['.repeat(300)}${']'.repeat(300)}}`] })))).toBe('common log: entry/json')
  })

  test('whatever is opened: what no later check reads is not held, and of the rest so much and no more', () => {
    const client = [entry('ledger.genesis'), ...many(10, (index) => entry('access.granted', 1, { index })), ...many(10, (index) => entry('erasure.opened', 1, { index }))]
    const log = { checkpoint: { size: client.length }, entryAt: (index: number) => leaves[index]! } as unknown as Parameters<typeof checkDisclosures>[1]
    const files = whole(client)
    const packed = files.get(`client/tile/entries/000.p/${client.length}`)!
    const leaves: Uint8Array[] = []
    for (let at = 0; at < packed.length;) { const end = at + 2 + packed[at]! * 256 + packed[at + 1]!; leaves.push(packed.subarray(at + 2, end)); at = end }
    const opened = (bytesMax: number): ReturnType<typeof checkDisclosures> => checkDisclosures(sourceOfFiles(files), log, (type) => type.startsWith('erasure.'), bytesMax)
    expect([opened(110).times.length, opened(110).opened.map(({ index }) => index)]).toEqual([20, many(10, (index) => 11 + index)])
    expect(codeOf(() => opened(99))).toBe('disclosure/size')
  })
})

test('the log\'s own key is no witness of it, under whatever name', () => {
  const files = makeBundle(story)
  const note = Buffer.from(files.get('root/checkpoint')!).toString()
  files.set('root/checkpoint', bytes(note + cosignatureLine({ name: 'witness.example', publicKey: rootKey.publicKey }, note.slice(0, note.indexOf('\n\n') + 1), { time: 5_000, sign: rootKey.sign })))
  const rule = `witness w ${formatVerifierKey('witness.example', rootKey.publicKey, cosignatureType)}\nquorum w\n`
  expect(codeIn(check(files, { policy: parsePolicy(`log ${rootVkey}\n${rule}`) }))).toBe('root checkpoint: policy/witness')
  expect(codeIn(check(files, { policy: parsePolicy(rule), pins: [parseVerifierKey(rootVkey)] }))).toBe('root checkpoint: policy/witness')
})

test('of two logs for one controller under one root, either is whole: the verdict speaks of its name, and says what it does not show', () => {
  const verdict = check(makeBundle(story))
  if (verdict.outcome === 'refused') throw new Error(verdict.because.message)
  expect(verdict.shows.join(' ')).not.toContain('controller')
  expect(verdict.shows).toContain(`One position per snapshot and one origin per position: no other log was shown under this root as ${processor}/1.`)
  expect(verdict.doesNotShow.join(' ')).toContain('no other log of the same controller, at another number')
})

test('entries that are dated back, or ahead, of the snapshots around them are counted', () => {
  const day = 86_400
  const dated = (time: number, client: readonly Written[] = story.client): ReturnType<typeof verifyBundle> => check(makeBundle({ ...story, client, moments: [{ time, client: 0, common: 1 }, { time, client: 170, common: 4 }, { time: time + 10 * day, client: 300, common: 4 }] }))
  const offIn = (verdict: ReturnType<typeof verifyBundle>): unknown => (verdict.outcome === 'refused' ? verdict.because : verdict.facts.datedOff)
  expect(offIn(dated(1_000))).toBeUndefined()
  const back = dated(1_300 + 2 * day)
  expect(offIn(back), 'what a snapshot did not hold yet was made two days later than it says').toEqual({ count: 130, first: 170 })
  expect(back.outcome === 'verified' && back.doesNotShow.find((says) => says.includes('130 opened entries'))).toContain('the first is entry 170')
  expect(back.outcome === 'verified' && back.doesNotShow.map((says) => inFrench(says) ?? says)).toEqual(expect.arrayContaining([expect.stringMatching(/^Quand 130/), expect.stringMatching(/^Que le sous-traitant ne tient pas/), expect.stringMatching(/parole du sous-traitant/)]))
  expect(offIn(check(whole(story.client.slice(0, 3), { moments: [{ time: 2 * day, client: 1, common: 4 }, { time: 2 * day, client: 3, common: 4 }] }))), 'both are before what holds them').toEqual({ count: 2, first: 1 })
})

test('a link is no part of a bundle, wherever it leads; the bundle itself may lie behind one', () => {
  const [real, linked, file, behind] = ['real', 'linked', 'file', 'behind'].map((name) => join(scratch, name))
  for (const at of [real!, file!]) for (const [path, content] of makeBundle(story)) { mkdirSync(dirname(join(at, path)), { recursive: true }); writeFileSync(join(at, path), content) }
  mkdirSync(linked!)
  for (const name of ['root', 'client', 'common', 'heads', 'common-heads', 'disclosed', 'policy', 'client.vkey', 'common.vkey']) symlinkSync(join(real!, name), join(linked!, name))
  rmSync(join(file!, 'heads/2'))
  symlinkSync(join(real!, 'heads/2'), join(file!, 'heads/2'))
  symlinkSync(real!, behind!)
  expect([real!, behind!, linked!, file!].map((at) => codeIn(verifyBundle(openDirectory(at))))).toEqual(['verified', 'verified', 'policy: bundle/link', 'client heads: bundle/link'])
})

test('an entry about fingerprints that is not opened may say otherwise: then what rests on it was not seen', () => {
  const at = 1_600_000_000
  const told = (index: number, type: string, evidence: Record<string, unknown>): Told => ({ index, at: at + index * 86_400, type, evidence })
  const [again, gone, issued] = [told(2, 'erasure.searched_again', { erasure: 'EXIT-1', again: {} }), told(4, 'trace.destroyed', { id: 'd.0' }), told(9, 'certificate.issued', { certificate: 'C-1', erasure: 'EXIT-1' })]
  const found = told(20, 'finding.opened', { finding: 'F-1', detail: { datasets: ['d.0'], made: { after: told(14, '', {}).at } } })
  const later = [told(12, 'trace.taken', { id: 'd.0' }), told(14, 'sweep.completed', { sweep: 'S-2' }), found]
  const standing = (claim: string, entries: readonly Told[], hiddenTraces: readonly number[] = []): string | undefined => claimsOf({ document: { fingerprints: { standing: 'destroyed' } }, origin: 'log.example/1', issued, told: entries, hidden: [], hiddenTraces }).find((one) => one.claim === claim)?.standing
  expect([standing('fingerprints', [again, gone]), standing('fingerprints', [again, gone], [5])]).toEqual(['shown', 'not shown'])
  expect(standing('fingerprints', [again, gone, told(5, 'trace.kept', { id: 'd.1' })], [6]), 'what is seen to be otherwise stays so, whatever else is left out').toBe('contradicted')
  expect([standing('since', [again, ...later]), standing('since', [again, ...later], [1])]).toEqual(['shown', 'not shown'])
  expect(standing('since', [again], [11]), 'where nothing was found, nothing rests on it').toBe('shown')
})
