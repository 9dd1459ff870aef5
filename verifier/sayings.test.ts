import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { sourceOfFiles, verifyBundle } from './index.ts'
import { textOf } from './print.ts'
import { contradictedIn } from './verdict.ts'
import { answerOf, bytes, entry, makeBundle, makeDevice, pair, processor, story, type Files, type Written } from './testing.ts'

// What a signatory says of the end of a contract, made here from the page: an entry of two parts, as the ledger has it.
const sha256 = (data: Uint8Array | string): Buffer => createHash('sha256').update(data).digest()
const log = `${processor}/1`
const [origin, nonce, device, own] = ['https://bailee.example', Buffer.alloc(32, 9), makeDevice(), pair()]
const ownKey = Buffer.from(own.publicKey).toString('base64')
const opened: Written = { ...entry('account.opened', 1, { id: 'account-1', name: 'C. Martin', role: 'signatory', person: null, controller: 'acme', endsAt: null }), part: 'people' }
const registered = entry('account.passkey_registered', 1, { account: 'account-1', key_sha256: sha256(device.spki).toString('hex') })
const keyRegistered: Written = { ...entry('people.key_registered', 1, { controller: 'acme', name: 'C. Martin', publicKey: ownKey, custody: 'signatory' }), part: 'people' }
const declared = entry('contract.declared', 1, { id: 'acme-1', controller: 'acme' })
const scope = { contract: 'acme-1', id: 'INS-1', text: 'Keep it' }
const proposed: Written = { ...entry('instruction.proposed', 1, { controller: 'acme', scope }), part: 'instruction' }
const before = [entry('ledger.genesis'), opened, registered, keyRegistered, declared, proposed]

/** The JSON of what is signed, with its names in order (RFC 8785). */
const signedText = (head: string, said: object): string => `${head}\n${JSON.stringify(Object.fromEntries(Object.entries({ log, ...said }).sort(([one], [other]) => (one < other ? -1 : 1))))}`

interface Said { readonly type: string; readonly head: string; readonly signed: object; readonly evidence?: object; readonly agreed?: object; readonly by?: 'passkey' | 'key'; readonly change?: object }
const choice: Said = { type: 'contract.choice_made', head: 'bailee/choice/v1', signed: { contract: 'acme-1', number: 1, choice: 'delete', recipient: null }, evidence: { contract: 'acme-1', number: 1, choice: 'delete', recipient: null } }

/** The parts of an entry: what was said, and the signature. */
function partsOf({ head, signed, evidence, agreed = {}, by = 'passkey', change = {} }: Said): { readonly evidence: object | undefined; readonly instruction: object } {
  const text = signedText(head, signed)
  const hash = sha256(text)
  const { authenticatorData, clientData, signature } = answerOf(device, { challenge: sha256(Buffer.concat([bytes('bailee/passkey/v1\n'), nonce, hash])).toString('base64url'), origin })
  const proof = by === 'key' ? { public_key: ownKey, signature: Buffer.from(own.sign(bytes(text))).toString('base64') } : { public_key: device.spki.toString('base64'), signature: signature.toString('base64'), passkey: { account: 'account-1', nonce: nonce.toString('base64'), authenticator_data: authenticatorData.toString('base64'), client_data: clientData.toString('base64') } }
  return { evidence: evidence === undefined ? undefined : { ...evidence, custody: 'passkey', signed_sha256: hash.toString('hex') }, instruction: { signatory: 'C. Martin', ...agreed, ...(evidence === undefined ? { signed_sha256: hash.toString('hex') } : {}), ...proof, ...change } }
}

/** Its entry. */
const saidOf = (said: Said): Written => { const { evidence, instruction } = partsOf(said); return evidence === undefined ? { ...entry(said.type, 1, instruction), part: 'instruction' } : { ...entry(said.type, 1, evidence), beside: { instruction } } }
const bundleOf = (client: readonly Written[]): Files => makeBundle({ ...story, client, moments: [{ time: 100, client: 0, common: 1 }, { time: 160, client: client.length, common: 4 }] })

/** What is shown of the entries after these, `hide` being parts of the last that are not opened. */
function outcomeOf(client: readonly Written[], hide: readonly string[] = []): unknown {
  const files = bundleOf(client)
  for (const part of hide) files.delete(`disclosed/${client.length - 1}.${part}`)
  const verdict = verifyBundle(sourceOfFiles(files))
  return verdict.outcome === 'refused' ? `refused: ${verdict.because.code}` : verdict.facts.sayings?.map(({ standing, with: key, registeredBy, because }) => because?.code ?? `${standing} ${key} ${registeredBy}`)
}
const after = (prior: readonly Written[], ...said: Said[]): Written[] => [...prior, ...said.map(saidOf)]

const word = (says: 'objected' | 'authorised', reasons: string | null): Said => ({ type: `contract.sub_processor_${says}`, head: 'bailee/sub-processor/v1', signed: { contract: 'acme-1', name: 'Mail Ltd', number: 2, says, reasons }, evidence: { contract: 'acme-1', name: 'Mail Ltd', number: 2 }, agreed: { reasons } })
const release = (choices: number): Said => ({ type: 'contract.released', head: 'bailee/release/v1', signed: { contract: 'acme-1', how: 'waived', choices }, evidence: { contract: 'acme-1', how: 'waived' } })
const taken = { instruction: 'INS-1', proposal_sha256: sha256(JSON.stringify(scope)).toString('hex'), reason: 'No more.' }
const withdrawal: Said = { type: 'instruction.withdrawn', head: 'bailee/withdraw/v1', signed: taken, agreed: taken }
const answer = (given: 'upheld' | 'agreed'): Said => ({ type: 'instruction.answered', head: 'bailee/answer/v1', signed: { instruction: 'INS-1', number: 1, answer: given, says: 'Go on.' }, evidence: { instruction: 'INS-1', number: 1, answer: given }, agreed: { says: 'Go on.' }, by: 'key' })
const returnKey: Said = { type: 'contract.return_key_named', head: 'bailee/return-key/v1', signed: { contract: 'acme-1', number: 1, recipient: 'age1x' }, evidence: { contract: 'acme-1', number: 1, recipient: 'age1x' } }

test('what a signatory said is shown to be signed as it stands, with a passkey or a key that the log registers for them', () => {
  expect(outcomeOf(after(before, choice, returnKey, word('objected', 'It "keeps" no logs: é'), word('authorised', null), withdrawal, release(1)))).toEqual(Array.from({ length: 6 }, () => 'signed passkey 2'))
  expect(outcomeOf(after(before, { ...choice, by: 'key' }, answer('agreed'), answer('agreed'), answer('upheld'), { ...withdrawal, by: 'key' }))).toEqual(Array.from({ length: 5 }, () => 'signed key 3'))
  const verdict = verifyBundle(sourceOfFiles(bundleOf(after(before, choice))))
  expect(verdict.outcome === 'verified' && verdict.shows.join('\n')).toContain('Entry 6 (contract.choice_made): signed over exactly what it says and over this log, with a passkey that entry 2 registered')
})

const forged = Buffer.from(pair().sign(bytes('x'))).toString('base64')
const rows: readonly (readonly [string, readonly Written[], string])[] = [
  ['something else than was signed', after(before, { ...choice, evidence: { contract: 'acme-1', number: 1, choice: 'return', recipient: null } }), 'saying/text'],
  ['what was signed for another log', after(before, { ...choice, signed: { ...choice.signed, log: `${processor}/2` } }), 'saying/text'],
  ['a release of other choices than there were', after(before, release(1)), 'saying/text'],
  ['what another key signed', after(before, { ...choice, by: 'key', change: { signature: forged } }), 'saying/signature'],
  ['what another passkey signed', after(before, { ...choice, change: { signature: forged } }), 'saying/signature'],
  ['what a passkey signed that nobody registered', after(before.filter((one) => one !== registered), choice), 'saying/passkey'],
  ['what somebody else says in the name of a signatory', after(before, { ...choice, change: { signatory: 'A. Petit' } }), 'saying/account'],
  ['what the account of a viewer says', after([...before, entry('account.changed', 1, { account: 'account-1', role: 'viewer', endsAt: null })], choice), 'saying/account'],
  ['what is said of a contract of another controller', after(before.map((one) => (one === declared ? entry('contract.declared', 1, { id: 'acme-1', controller: 'bravo' }) : one)), choice), 'saying/account'],
  ['what is said of a contract that the log does not hold', after(before.filter((one) => one !== declared), choice), 'saying/contract'],
  ['the taking back of a proposal that was made anew', after([...before, { ...proposed, payload: { controller: 'acme', scope: { ...scope, text: 'Else' } } }], withdrawal), 'saying/proposal'],
]
test.each(rows)('an entry that holds %s is contradicted, and the record that holds it is whole', (_, client, code) => expect(outcomeOf(client)).toEqual([code]))

test('what was said once is not said again by whoever has the signature', () => {
  for (const said of [choice, { ...choice, by: 'key' as const }, word('objected', 'No.'), withdrawal]) {
    const one = saidOf(said)
    expect(outcomeOf([...before, one, one])).toEqual([expect.stringContaining('signed '), 'saying/again'])
  }
  expect(outcomeOf([...after(before, { ...choice, by: 'key' }, { ...choice, signed: { ...choice.signed, number: 2 }, evidence: { ...choice.evidence, number: 2 } }), saidOf({ ...choice, by: 'key' })])).toEqual(['signed key 3', 'signed passkey 2', 'saying/again'])
  expect(outcomeOf([...after(before, { ...withdrawal, by: 'key' }), proposed, saidOf({ ...withdrawal, by: 'key' })])).toEqual(['signed key 3', 'signed key 3']) // proposed anew, a key signs the same bytes again
})

test('what is not opened is not said to be signed for; a key that nobody registered is an unknown one', () => {
  expect(outcomeOf(after(before, choice), ['evidence'])).toEqual(['unlinked passkey undefined'])
  expect(outcomeOf(after(before, choice), ['instruction'])).toEqual(['unlinked undefined undefined'])
  expect(outcomeOf(after(before.map((one) => (one === declared ? { ...one, hidden: true } : one)), { ...choice, by: 'key' }))).toEqual(['unlinked key undefined'])
  expect(outcomeOf(after(before.map((one) => (one === keyRegistered ? { ...one, hidden: true } : one)), { ...choice, by: 'key' }))).toEqual(['unlinked key undefined'])
  expect(outcomeOf([...before, { ...saidOf(choice), hidden: true }, saidOf(release(1))])).toEqual(['unlinked passkey undefined'])
  expect(outcomeOf(after(before, { ...choice, change: { signature: undefined } }))).toEqual(['unsigned undefined undefined'])
  for (const none of [before.filter((one) => one !== keyRegistered), before.map((one) => (one === keyRegistered ? { ...one, payload: { ...one.payload as object, controller: 'bravo' } } : one))]) {
    expect(outcomeOf(after(none, { ...choice, by: 'key' }))).toEqual(['unknown key key undefined'])
  }
})

test('whoever asks for a line or for the page is told of a contradiction', () => {
  const verdict = verifyBundle(sourceOfFiles(bundleOf(after(before, { ...choice, by: 'key', change: { signature: forged } }))))
  expect(contradictedIn(verdict.outcome === 'verified' ? verdict.facts : {})).toEqual(['1 CONTRADICTED sayings'])
  expect(textOf(verdict)).toContain('VERIFIED, with 1 CONTRADICTED sayings')
  expect(textOf(verdict)).toContain('That a signatory said what entry 6 (contract.choice_made) says: CONTRADICTED, entry 6 is not signed by the key that it names (saying/signature).')
})
