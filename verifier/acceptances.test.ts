import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { checkBundle, settle, verifyByWebCrypto } from './browser/index.ts'
import { run } from './cli.ts'
import { openZip, sourceOfFiles, verifyBundle, type BundleSource } from './index.ts'
import { answerOf, bytes, entry, makeBundle, makeDevice, pair, processor, story, type Answering, type Device, type Files, type Written } from './testing.ts'

// An acceptance with a passkey, made here from the page: what a device answers, and what the log says around it.
const origin = 'https://bailee.example:8443'
const sha256 = (data: Uint8Array | string): Buffer => createHash('sha256').update(data).digest()
const scope = { contract: 'acme-1', from: '2017-01-01', id: 'INS-1', text: 'Say "hello", {then} [go]: é' }
const nonce = Buffer.alloc(32, 7)
const device = makeDevice()
const signed = (one: object = scope, log = `${processor}/1`): string => `bailee/accept/v1\n{"log":"${log}","scope":${JSON.stringify(one)}}`
const challengeOf = (text: string): string => sha256(Buffer.concat([bytes('bailee/passkey/v1\n'), nonce, sha256(text)])).toString('base64url')

interface Accepting { readonly with?: Device; readonly answers?: Partial<Answering>; readonly text?: string; readonly change?: object; readonly passkey?: object; readonly scopeSha256?: string }
function acceptedOf({ with: by = device, answers = {}, text = signed(), change = {}, passkey = {}, scopeSha256 }: Accepting = {}): Written {
  const { authenticatorData, clientData, signature } = answerOf(by, { challenge: challengeOf(text), origin, ...answers })
  const told = { account: 'account-1', nonce: nonce.toString('base64'), authenticator_data: authenticatorData.toString('base64'), client_data: clientData.toString('base64'), ...passkey }
  return instructed('instruction.accepted', { instruction: 'INS-1', signatory: 'C. Martin', proposal_sha256: sha256(JSON.stringify(scope)).toString('hex'), scope_sha256: scopeSha256 ?? sha256(text).toString('hex'), public_key: by.spki.toString('base64'), custody: 'passkey', signature: signature.toString('base64'), passkey: told, ...change })
}
const instructed = (type: string, payload: object): Written => ({ ...entry(type, 1, payload), part: 'instruction' })
const opened: Written = { ...entry('account.opened', 1, { id: 'account-1', name: 'C. Martin', role: 'signatory', person: null, controller: 'acme', endsAt: null }), part: 'people' }
const registeredFor = (by: Device): Written => entry('account.passkey_registered', 1, { account: 'account-1', key_sha256: sha256(by.spki).toString('hex') })
const proposed = instructed('instruction.proposed', { controller: 'acme', scope })
const before = [entry('ledger.genesis'), opened, registeredFor(device), proposed]

function bundleOf(client: readonly Written[]): Files {
  return makeBundle({ ...story, client, moments: [{ time: 100, client: 0, common: 1 }, { time: 160, client: client.length, common: 4 }] })
}
const outcomeOf = (client: readonly Written[]): unknown => {
  const verdict = verifyBundle(sourceOfFiles(bundleOf(client)))
  if (verdict.outcome === 'refused') return `refused: ${verdict.because.code}`
  return verdict.facts.acceptances?.find(({ because }) => because !== undefined)?.because?.code ?? verdict.facts.acceptances
}
const shown = { instruction: 'INS-1', index: 4, with: 'passkey', keySha256: sha256(device.spki).toString('hex'), proposedBy: 3, registeredBy: 2 }

test('an acceptance with a passkey is shown to be over that proposal and that log, by a key that the log registers for an account of the signatory', () => {
  const verdict = verifyBundle(sourceOfFiles(bundleOf([...before, acceptedOf()])))
  expect(verdict.outcome === 'verified' ? verdict.facts.acceptances : verdict.because).toEqual([{ ...shown, standing: 'signed' }])
  if (verdict.outcome === 'refused') return
  expect(verdict.steps.find(({ name }) => name === 'acceptances')?.showed).toBe('1 of 1 are signed over the proposal that they accept, 1 of them with a passkey')
  expect(verdict.shows.join('\n')).toContain('Instruction INS-1: accepted by entry 4, signed over exactly the proposal of entry 3')
  expect(verdict.doesNotShow.join('\n')).toContain(`Compare the hash of its key with the signatory's own (${shown.keySha256.slice(0, 8)})`)
})

test.each(['Ed25519', 'RSA'] as const)('a passkey of kind %s as well; a browser comes to the same', async (kind) => {
  const other = makeDevice(kind)
  const [client, forged] = [{ with: other }, { with: other, change: { signature: answerOf(other, { challenge: 'another', origin }).signature.toString('base64') } }].map((accepting) => [entry('ledger.genesis'), opened, registeredFor(other), proposed, acceptedOf(accepting)])
  expect(outcomeOf(client ?? [])).toMatchObject([{ standing: 'signed' }])
  expect(outcomeOf(forged ?? [])).toBe('acceptance/signature')
  for (const [plan, standing] of [[client, 'signed'], [forged, 'contradicted'], [[...before, acceptedOf()], 'signed']] as const) {
    const source = sourceOfFiles(bundleOf(plan ?? []))
    expect(await settle((verify) => checkBundle(source, { verify }), { verify: verifyByWebCrypto })).toMatchObject({ outcome: 'verified', facts: { acceptances: [{ standing }] } })
  }
})

const once = acceptedOf()
const later = { ...scope, text: 'Something else' }
const rows: readonly (readonly [string, readonly Written[], string])[] = [
  ['of another proposal than was signed', [...before.slice(0, 3), instructed('instruction.proposed', { controller: 'acme', scope: later }), acceptedOf({ change: { proposal_sha256: sha256(JSON.stringify(later)).toString('hex') } })], 'acceptance/scope'],
  ['of a proposal that was made anew before it', [...before, instructed('instruction.proposed', { controller: 'acme', scope: later }), acceptedOf()], 'acceptance/proposal'],
  ['of a proposal that the log does not hold', [...before.slice(0, 3), acceptedOf()], 'acceptance/proposal'],
  ['over another log', [...before, acceptedOf({ text: signed(scope, `${processor}/2`) })], 'acceptance/scope'],
  ['whose device was asked something else', [...before, acceptedOf({ answers: { challenge: challengeOf(signed(later)) } })], 'acceptance/challenge'],
  ['with another nonce', [...before, acceptedOf({ passkey: { nonce: Buffer.alloc(32, 8).toString('base64') } })], 'acceptance/challenge'],
  ['that was a registration', [...before, acceptedOf({ answers: { type: 'webauthn.create' } })], 'acceptance/challenge'],
  ['that was made for another address', [...before, acceptedOf({ answers: { host: 'elsewhere.example' } })], 'acceptance/origin'],
  ['that was made in a frame of somebody else', [...before, acceptedOf({ answers: { crossOrigin: true } })], 'acceptance/origin'],
  ['by a device that verified nobody', [...before, acceptedOf({ answers: { flags: 1 } })], 'acceptance/person'],
  ['by a device that nobody touched', [...before, acceptedOf({ answers: { flags: 4 } })], 'acceptance/person'],
  ['signed by another key than it names', [...before, acceptedOf({ change: { signature: (acceptedOf({ with: makeDevice() }).payload as { signature: string }).signature } })], 'acceptance/signature'],
  ['with a passkey that nobody registered', [...before, acceptedOf({ with: makeDevice() })], 'acceptance/passkey'],
  ['with a passkey of another account', [...before, acceptedOf({ passkey: { account: 'account-2' } })], 'acceptance/passkey'],
  ['with a passkey that was removed', [...before, entry('account.passkey_removed', 1, { account: 'account-1', key_sha256: shown.keySha256 }), acceptedOf()], 'acceptance/passkey'],
  ['with a passkey that was registered afterwards', [entry('ledger.genesis'), opened, proposed, acceptedOf(), registeredFor(device)], 'acceptance/passkey'],
  ['by an account that nobody opened', [entry('ledger.genesis'), registeredFor(device), proposed, acceptedOf()], 'acceptance/account'],
  ['by an account that was closed', [...before, entry('account.closed', 1, { account: 'account-1' }), acceptedOf()], 'acceptance/account'],
  ['by an account that was made a viewer', [...before, entry('account.changed', 1, { account: 'account-1', role: 'viewer', endsAt: null }), acceptedOf()], 'acceptance/account'],
  ['in somebody else\'s name', [...before, acceptedOf({ change: { signatory: 'A. Petit' } })], 'acceptance/account'],
  ['by an account whose time was over', [entry('ledger.genesis'), { ...opened, payload: { ...opened.payload as object, endsAt: 1_003 } }, registeredFor(device), proposed, acceptedOf()], 'acceptance/account'],
  ['by an account that was given another end, which was over', [...before, entry('account.changed', 1, { account: 'account-1', role: 'signatory', endsAt: 1_005 }), acceptedOf()], 'acceptance/account'],
  ['by an account of another controller', [entry('ledger.genesis'), { ...opened, payload: { ...opened.payload as object, controller: 'bravo' } }, registeredFor(device), proposed, acceptedOf()], 'acceptance/account'],
  ['that was recorded twice', [...before, once, once], 'acceptance/again'],
  ['without the device\'s answer', [...before, acceptedOf({ passkey: { client_data: undefined } })], 'acceptance/form'],
]
test.each(rows)('an acceptance %s is contradicted, and the record that holds it is whole', (_, client, code) => expect(outcomeOf(client)).toBe(code))

test('what is not opened here is not said to be signed for; a signatory\'s own key is checked in the same way', () => {
  const hide = (index: number): readonly Written[] => [...before, acceptedOf()].map((one, at) => (at === index ? { ...one, hidden: true } : one))
  expect(outcomeOf(hide(3))).toEqual([{ ...shown, proposedBy: undefined, standing: 'unlinked' }])
  expect(outcomeOf(hide(2))).toEqual([{ ...shown, registeredBy: undefined, standing: 'unlinked' }])
  expect(outcomeOf(hide(1))).toEqual([{ ...shown, registeredBy: undefined, standing: 'unlinked' }])
  expect(outcomeOf(hide(4))).toBeUndefined()
  const twice = { ...proposed, payload: `{"scope":${JSON.stringify(later)},"scope":${JSON.stringify(scope)}}` } // which of the two was read, nobody can say
  expect(outcomeOf([...before.slice(0, 3), twice, acceptedOf()])).toEqual([{ ...shown, proposedBy: undefined, standing: 'unlinked' }])
  expect(outcomeOf([...before.slice(0, 3), { ...entry('account.closed', 1, { account: 'account-1' }), more: { people: { by: 'account-1' } }, hidden: true }, proposed, acceptedOf()])).toMatchObject([{ standing: 'unlinked' }])
})

const own = pair()
const [ownKey, ownSha256] = [Buffer.from(own.publicKey).toString('base64'), sha256(own.publicKey).toString('hex')]
const declared = (change: object = {}): Written => ({ ...entry('people.signatory_declared', 1, { controller: 'acme', name: 'C. Martin', contact: 'c.martin@acme.example', ...change }), part: 'people' })
const registered = (change: object = {}): Written => ({ ...entry('people.key_registered', 1, { controller: 'acme', name: 'C. Martin', publicKey: ownKey, custody: 'signatory', ...change }), part: 'people' })
const acceptedBy = (text = signed(), change: object = {}): Written => instructed('instruction.accepted', { instruction: 'INS-1', signatory: 'C. Martin', proposal_sha256: sha256(JSON.stringify(scope)).toString('hex'), scope_sha256: sha256(signed()).toString('hex'), public_key: ownKey, custody: 'signatory', signature: Buffer.from(own.sign(bytes(text))).toString('base64'), ...change })
const genesis = entry('ledger.genesis')

test('a signatory\'s own key is held against the entry that gives it to that signatory', () => {
  const shownKey = { instruction: 'INS-1', index: 4, with: 'key', standing: 'signed', proposedBy: 3, registeredBy: 2, custody: 'signatory', keySha256: ownSha256 }
  expect(outcomeOf([genesis, declared(), registered(), proposed, acceptedBy()])).toEqual([shownKey])
  expect(outcomeOf([genesis, genesis, declared({ publicKey: ownKey }), proposed, acceptedBy()])).toEqual([shownKey])
  const verdict = verifyBundle(sourceOfFiles(bundleOf([genesis, declared(), registered({ custody: 'this machine' }), proposed, acceptedBy()])))
  expect(verdict.outcome === 'verified' && verdict.doesNotShow.join('\n')).toContain('That the signatory signed 1 acceptances: their keys are kept on the processor\'s own machine')
  expect(outcomeOf([genesis, declared(), registered(), proposed, acceptedBy(signed(later))])).toBe('acceptance/signature')
  expect(outcomeOf([genesis, declared(), registered(), proposed, acceptedBy(), acceptedBy()])).toBe('acceptance/again')
  expect(outcomeOf([genesis, declared(), registered(), proposed, acceptedBy(), proposed, acceptedBy()])).toMatchObject([{ standing: 'signed', index: 4 }, { standing: 'signed', index: 6 }]) // proposed anew, a key signs the same bytes again
  expect(outcomeOf([genesis, declared(), { ...registered(), hidden: true }, proposed, acceptedBy()])).toMatchObject([{ standing: 'unlinked' }])
  expect(outcomeOf([genesis, declared(), registered(), { ...registered(), hidden: true }, proposed, acceptedBy()]), 'another key may have followed').toMatchObject([{ standing: 'unlinked' }])
  const followed = { ...registered({ publicKey: Buffer.from(pair().publicKey).toString('base64') }), hidden: true } // the key that the signatory had by then
  const [afterwards] = [outcomeOf([genesis, registered(), followed, proposed, acceptedBy()])] as [object[]]
  expect(afterwards).toMatchObject([{ standing: 'unlinked' }])
  expect(afterwards[0]).not.toHaveProperty('registeredBy')
  expect(outcomeOf([genesis, followed, registered(), proposed, acceptedBy()])).toMatchObject([{ standing: 'signed', registeredBy: 2 }])
  expect(outcomeOf([...before, instructed('instruction.accepted', { instruction: 'INS-1' })])).toEqual([{ instruction: 'INS-1', index: 4, standing: 'unsigned' }])
})

test.each<[string, readonly Written[]]>([
  ['that nobody registered', [genesis, declared(), proposed, acceptedBy()]],
  ['that was registered afterwards', [genesis, declared(), proposed, acceptedBy(), registered()]],
  ['of another signatory', [genesis, declared(), registered({ name: 'A. Petit' }), proposed, acceptedBy()]],
  ['of a signatory of that name of another controller', [genesis, registered({ controller: 'bravo' }), declared(), proposed, acceptedBy()]],
  ['that another one followed', [genesis, registered(), declared({ publicKey: Buffer.from(pair().publicKey).toString('base64') }), proposed, acceptedBy()]],
])('a key %s is an unknown key: the signature holds, and says nothing of the signatory', (_, client) => {
  const verdict = verifyBundle(sourceOfFiles(bundleOf(client)))
  if (verdict.outcome === 'refused') throw new Error(verdict.because.code)
  expect(verdict.facts.acceptances).toMatchObject([{ standing: 'unknown key' }])
  expect(verdict.shows.join('\n')).not.toContain('accepted by')
  expect(verdict.doesNotShow.join('\n')).toContain(`Who accepted instruction INS-1 in entry ${verdict.facts.acceptances?.[0]?.index}: no entry before it gives the signatory that it names that key (${ownSha256.slice(0, 8)}).`)
})

test('who asks for the exit code alone is told of a contradiction', () => {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-verify-'))
  try {
    for (const [path, content] of bundleOf([...before, acceptedOf({ answers: { flags: 1 } })])) {
      mkdirSync(dirname(join(directory, path)), { recursive: true })
      writeFileSync(join(directory, path), content)
    }
    const { exit, out } = run([directory])
    expect(exit).toBe(1)
    expect(out).toContain('VERIFIED, with 1 CONTRADICTED acceptances')
    expect(out).toContain('That instruction INS-1 was accepted as entry 4 says: CONTRADICTED, entry 4: the device verified nobody (acceptance/person).')
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('what a real browser signed, as it was exported then, is shown to be signed; with one bit of its proof changed it is refused', () => {
  const source = openZip(readFileSync(join(import.meta.dirname, 'fixtures/accepted-with-a-passkey.zip')))
  const verdict = verifyBundle(source)
  const [accepted] = verdict.outcome === 'verified' ? verdict.facts.acceptances ?? [] : []
  expect(accepted ?? verdict).toMatchObject({ instruction: 'INS-1', with: 'passkey', standing: 'signed' })
  const proof = `disclosed/${accepted?.index}.instruction`
  const changed: BundleSource = { ...source, list: (folder) => source.list(folder), read: (path) => { const bytes = source.read(path); return bytes === undefined || path !== proof ? bytes : bytes.map((byte, at) => (at === bytes.length - 9 ? byte ^ 1 : byte)) } }
  const tampered = verifyBundle(changed)
  expect(tampered.outcome === 'refused' && tampered.because.code).toBe('disclosure/commitment')
})
