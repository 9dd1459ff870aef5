import { jsonObjectOf } from './entry.ts'
import type { Disclosure } from './evidence.ts'
import { Malformed, malformed } from './malformed.ts'
import { sha256 } from './merkle.ts'
import { keyKindOf, type VerifySignature } from './signature.ts'
import { base64Bytes, base64Of, bytesOf, hexOf, joined, sameBytes, utf8Of } from './text.ts'

/**
 * `signed`: the signature is over the proposal that the log holds, by a key that the log registers for whom the entry names. `unknown key`: so it is, by a key that no entry registers. `unlinked`: the signature
 * verifies, but what it is over, or whose key it is, is not opened here. `unsigned`: the entry carries no signature. `contradicted`: the log says otherwise; whatever else is in the log stands all the same.
 */
export type AcceptanceStanding = 'signed' | 'unknown key' | 'unlinked' | 'unsigned' | 'contradicted'

/**
 * One acceptance of an instruction. Indices are those of the controller's log. `keySha256`: of the key as the entry has it; for a passkey, of its SubjectPublicKeyInfo. `custody`: where the entry that registered a
 * key says that it is. `because`: what contradicts it, as reasons of refusal are given.
 */
export interface AcceptanceShown {
  readonly instruction: string
  readonly index: number
  readonly standing: AcceptanceStanding
  readonly with?: 'passkey' | 'key'
  readonly keySha256?: string
  readonly proposedBy?: number
  readonly registeredBy?: number
  readonly custody?: 'signatory' | 'this machine'
  readonly because?: { readonly code: string; readonly message: string }
}

/** What the log says: which entries there are, opened or not, and what was opened. */
export interface AcceptanceEvidence {
  readonly origin: string
  readonly verify: VerifySignature
  readonly entries: ReadonlyMap<number, { readonly type: string; readonly parts: number }>
  readonly disclosures: readonly Disclosure[]
}

/** True for an entry type that acceptances depend on; the reader of the log gathers these. */
export function concernsAcceptances(type: string): boolean {
  return /^(instruction[.](proposed|accepted)|people[.](signatory_declared|key_registered)|account[.].+)$/.test(type)
}

/** One opened part, as its writer spelled it and as it reads. `at`: of its entry. */
export interface Told { readonly index: number; readonly at: number; readonly type: string; readonly text: string; readonly value: Record<string, unknown> }
/** What is held against. `about`: those of a type about one instruction, signatory, account or contract, in order. `hidden`: entries of a type of which something is not opened here. */
export interface Known {
  readonly evidence: AcceptanceEvidence
  readonly about: (type: string, id: unknown) => readonly Told[]
  readonly hidden: (type: string) => readonly number[]
}

/** Arranges what was opened once, so that a log of very many acceptances is not gone through for each of them. */
export function knownOf(evidence: AcceptanceEvidence, told: readonly Told[]): Known {
  const [lists, opened, hidden] = [new Map<string, Told[]>(), new Map<number, number>(), new Map<string, number[]>()]
  for (const one of told) {
    opened.set(one.index, (opened.get(one.index) ?? 0) + 1)
    const { name, account, id } = one.value
    add(lists, nameOf(one.type, one.type === 'instruction.proposed' ? scopeOf(one).id : one.type.startsWith('people.') ? name : account ?? id), one)
  }
  for (const [index, { type, parts }] of evidence.entries) if ((opened.get(index) ?? 0) < parts) add(hidden, type, index)
  return { evidence, about: (type, id) => lists.get(nameOf(type, id)) ?? [], hidden: (type) => hidden.get(type) ?? [] }
}

const nameOf = (type: string, id: unknown): string => `${type} ${JSON.stringify(id)}`

function add<T>(lists: Map<string, T[]>, name: string, one: T): void {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [one])
  else list.push(one)
}

/**
 * Checks every opened acceptance: signed over exactly the proposal that stands in the log before it, and over the log itself, once; by a key that was registered for whom it names and for that controller. A passkey's
 * answer is to that question, from a device that verified somebody, and its account was open then and a signatory's. What does not hold is no fault of the log that records it: it is `contradicted`.
 */
export function checkAcceptances(evidence: AcceptanceEvidence): AcceptanceShown[] {
  const told = evidence.disclosures.filter(({ type }) => concernsAcceptances(type)).flatMap(toldOf)
  const used = new Map<string, number>()
  const known = knownOf(evidence, told)
  return told.filter(({ type, value }) => type === 'instruction.accepted' && typeof value['instruction'] === 'string').map((one) => {
    try {
      const shown = checkAcceptance(one, known)
      mustBeUsedOnce(one, shown, used)
      return shown
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      return { instruction: textIn(one.value, 'instruction') ?? '', index: one.index, standing: 'contradicted', because: { code: error.code, message: error.message } }
    }
  })
}

/** A key signs the same proposal anew with the same bytes, a passkey never; either way, one proposal is accepted once. */
function mustBeUsedOnce({ index, value }: Told, { with: kind, proposedBy }: AcceptanceShown, used: Map<string, number>): void {
  const signature = textIn(value, 'signature')
  if (signature === undefined || kind === undefined) return
  const name = kind === 'passkey' ? signature : `${signature} ${proposedBy}`
  const earlier = used.get(name)
  if (earlier !== undefined) malformed('acceptance/again', `entry ${index} carries the signature of entry ${earlier}: nobody signed a second time`)
  used.set(name, index)
}

/** A part as text and as JSON; none where it is neither. */
export function toldOf({ index, at, type, payload }: Disclosure): Told[] {
  try {
    const text = utf8Of(payload, 'acceptance/utf8')
    return [{ index, at, type, text, value: jsonObjectOf(text, 'acceptance/json') }]
  } catch (error) {
    if (error instanceof Malformed) return [] // its writer's right; it counts as not opened
    throw error
  }
}

function checkAcceptance(accepted: Told, known: Known): AcceptanceShown {
  const { index, value } = accepted
  const [instruction, key, signature, hash] = [textIn(value, 'instruction'), textIn(value, 'public_key'), textIn(value, 'signature'), textIn(value, 'scope_sha256')]
  if (key === undefined || signature === undefined || hash === undefined) return { instruction: instruction ?? '', index, standing: 'unsigned' }
  const publicKey = base64Bytes(key, 'acceptance/key')
  const proposal = proposalOf(accepted, known)
  if (proposal !== undefined && hexOf(sha256(proposal.bytes)) !== hash) malformed('acceptance/scope', `entry ${index} says that something else was signed than what the proposal of entry ${proposal.index} says`)
  const passkey = value['passkey']
  const shown = { instruction: instruction ?? '', index, keySha256: hexOf(sha256(publicKey)), ...(proposal === undefined ? {} : { proposedBy: proposal.index }) }
  if (passkey === undefined) {
    if (proposal === undefined) return { ...shown, with: 'key', standing: 'unlinked' } // the key signed the proposal itself, which is not here
    if (publicKey.length !== 32 || !known.evidence.verify(publicKey, proposal.bytes, base64Bytes(signature, 'acceptance/signature'))) malformed('acceptance/signature', `entry ${index} is not signed by the key that it names`)
    return { ...shown, with: 'key', ...keyOf(accepted, { ...known, key, controller: proposal.controller }) }
  }
  checkAssertion(index, { passkey, publicKey, signature: base64Bytes(signature, 'acceptance/signature'), hash, verify: known.evidence.verify })
  const registeredBy = registrationOf(accepted, { ...known, keySha256: shown.keySha256, controller: proposal?.controller })
  return { ...shown, with: 'passkey', standing: proposal === undefined || registeredBy === undefined ? 'unlinked' : 'signed', ...(registeredBy === undefined ? {} : { registeredBy }) }
}

/** A member that is text. */
export const textIn = (value: Readonly<Record<string, unknown>>, name: string): string | undefined => (typeof value[name] === 'string' ? value[name] : undefined)

/** What was signed: the last proposal of the instruction before it, byte for byte as it was recorded, and the log it stands in. Undefined where it may not be opened here. Throws `Malformed` where it is not the one that the entry names. */
export function proposalOf({ index, value }: Told, known: Known): { readonly index: number; readonly bytes: Uint8Array; readonly controller: unknown } | undefined {
  const last = known.about('instruction.proposed', value['instruction']).findLast((one) => one.index < index)
  const { text, sha256: hash } = last === undefined ? { text: '', sha256: undefined } : scopeOf(last)
  if (last !== undefined && hash === value['proposal_sha256']) return { index: last.index, controller: last.value['controller'], bytes: bytesOf(`bailee/accept/v1\n{"log":${JSON.stringify(known.evidence.origin)},"scope":${text}}`) }
  if (someHidden('instruction.proposed', { ...known, index })) return undefined
  return malformed('acceptance/proposal', `entry ${index} is about a proposal that the log does not hold, or that was made anew before it`)
}

interface Scope { readonly text: string; readonly sha256: string; readonly id: unknown }
const scopes = new WeakMap<Told, Scope>()

/** What a proposal proposes, as it is spelled there; of one that is none, without an id. */
function scopeOf(proposal: Told): Scope {
  const known = scopes.get(proposal)
  if (known !== undefined) return known
  const text = membersOf(proposal.text).get('scope') ?? ''
  const scope = { text, sha256: hexOf(sha256(bytesOf(text))), id: (proposal.value['scope'] as { readonly id?: unknown } | null | undefined)?.id }
  scopes.set(proposal, scope)
  return scope
}

/** Whether something of an entry of that type before another, and after `since`, is not opened here: what it would tell may be there. */
export function someHidden(type: string, { index, since = -1, hidden }: Known & { readonly index: number; readonly since?: number }): boolean {
  return hidden(type).some((at) => at > since && at < index)
}

/** Whose key it is: the last that an entry before gives the signatory named, for that controller. */
export function keyOf({ index, value }: Told, { key, controller, ...known }: Known & { readonly key: string; readonly controller: unknown }): Pick<AcceptanceShown, 'standing' | 'registeredBy' | 'custody'> {
  const types = ['people.signatory_declared', 'people.key_registered']
  const given = types.map((type) => known.about(type, value['signatory']).findLast((one) => one.index < index && one.value['controller'] === controller && typeof one.value['publicKey'] === 'string'))
  const [last] = given.filter((one) => one !== undefined).sort((one, other) => other.index - one.index)
  if (types.some((type) => someHidden(type, { ...known, index, since: last?.index ?? -1 }))) // another key may follow there
    return { standing: 'unlinked' }
  return last?.value['publicKey'] === key ? { standing: 'signed', registeredBy: last.index, custody: last.value['custody'] === 'this machine' ? 'this machine' : 'signatory' } : { standing: 'unknown key' }
}

/** What a passkey answered, and what it should have signed: the SHA-256 of it, in hexadecimal. */
export interface Assertion { readonly passkey: unknown; readonly publicKey: Uint8Array; readonly signature: Uint8Array; readonly hash: string; readonly verify: VerifySignature }

/** Flags of authenticator data (WebAuthn level 3, 6.1): somebody was there, and the device verified who. */
const [present, verified] = [0x01, 0x04]

/** A passkey's answer (WebAuthn level 3, 7.2), without what only whoever asked can know: that the challenge was asked once, and how far the passkey has counted. Throws `Malformed`. */
export function checkAssertion(index: number, { passkey, publicKey, signature, hash, verify }: Assertion): void {
  const { nonce, authenticator_data: data, client_data: client } = (passkey ?? {}) as { nonce?: unknown; authenticator_data?: unknown; client_data?: unknown }
  if (typeof nonce !== 'string' || typeof data !== 'string' || typeof client !== 'string') malformed('acceptance/form', `entry ${index} does not hold what the passkey answered`)
  const [authenticatorData, clientData] = [base64Bytes(data, 'acceptance/form'), base64Bytes(client, 'acceptance/form')]
  const { type, challenge, origin, crossOrigin } = jsonObjectOf(utf8Of(clientData, 'acceptance/form'), 'acceptance/form')
  const asked = sha256(bytesOf('bailee/passkey/v1\n'), base64Bytes(nonce, 'acceptance/form'), bytesOfHex(hash))
  if (type !== 'webauthn.get' || challenge !== base64Of(asked).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')) malformed('acceptance/challenge', `entry ${index}: the passkey answered another question`)
  const [, host] = /^https?:\/\/([a-z0-9.-]+)(?::\d{1,5})?$/.exec(typeof origin === 'string' ? origin : '') ?? []
  if (host === undefined || crossOrigin === true || !sameBytes(authenticatorData.subarray(0, 32), sha256(bytesOf(host)))) malformed('acceptance/origin', `entry ${index}: the passkey answered to another address than its page had`)
  const flags = authenticatorData[32] ?? 0
  if (authenticatorData.length < 37 || (flags & present) === 0 || (flags & verified) === 0) malformed('acceptance/person', `entry ${index}: the device verified nobody`)
  const kind = keyKindOf(publicKey)
  const key = kind?.kind === 'Ed25519' ? kind.raw : publicKey
  if (kind === undefined || !verify(key, joined([authenticatorData, sha256(clientData)]), signature)) malformed('acceptance/signature', `entry ${index} is not signed by the passkey that it names`)
}

function bytesOfHex(text: string): Uint8Array {
  return /^[0-9a-f]{64}$/.test(text) ? Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)) : malformed('acceptance/form', 'a hash is 64 lower-case hexadecimal digits')
}

/** The entry that registered the passkey for the account that signed; undefined where one that could is not opened here. Throws `Malformed` for a passkey or an account that could not sign this. */
export function registrationOf({ index, at, value }: Told, { keySha256, controller, ...known }: Known & { readonly keySha256: string; readonly controller: unknown }): number | undefined {
  const account = ((value['passkey'] ?? {}) as { account?: unknown }).account
  const of = (type: string): Told[] => known.about(type, account).filter((one) => one.index < index)
  const registered = of('account.passkey_registered').findLast((one) => one.value['key_sha256'] === keySha256)
  const opened = of('account.opened').at(-1)
  const hidden = (type: string): boolean => someHidden(type, { ...known, index })
  if (registered === undefined) return hidden('account.passkey_registered') ? undefined : malformed('acceptance/passkey', `entry ${index}: no entry before it registers that passkey for the account that signed`)
  if (of('account.passkey_removed').some((one) => one.value['key_sha256'] === keySha256 && one.index > registered.index)) malformed('acceptance/passkey', `entry ${index}: that passkey was removed before it`)
  if (['account.changed', 'account.closed', 'account.passkey_removed'].some(hidden)) return undefined
  if (opened === undefined) return hidden('account.opened') ? undefined : malformed('acceptance/account', `entry ${index}: no entry before it opens the account that signed`)
  const { role, endsAt } = { ...opened.value, ...of('account.changed').at(-1)?.value }
  if (of('account.closed').length > 0 || role !== 'signatory' || opened.value['name'] !== value['signatory']) malformed('acceptance/account', `entry ${index}: the account that signed is not one of the signatory that it names`)
  if (controller !== undefined && opened.value['controller'] !== controller) malformed('acceptance/account', `entry ${index}: the account that signed is of another controller`)
  if (typeof endsAt === 'number' && endsAt <= at) malformed('acceptance/account', `entry ${index}: the time of the account that signed was over`)
  return registered.index
}

/** The members of a JSON object as they stand in its text, not as somebody would write them again. */
function membersOf(text: string): Map<string, string> {
  const members = new Map<string, string>()
  let at = text.indexOf('{') + 1
  while (at > 0 && at < text.length) {
    const begins = text.indexOf('"', at)
    if (begins < 0) break
    const ends = endOfString(text, begins)
    const colon = text.indexOf(':', ends)
    const end = endOfValue(text, colon + 1)
    const name = JSON.parse(text.slice(begins, ends)) as string
    members.set(name, text.slice(colon + 1, end).trim())
    at = end + 1
  }
  return members
}

/** Behind the quotation mark that ends a string, in text that is JSON. */
function endOfString(text: string, begins: number): number {
  let at = begins + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/** Where the comma or bracket stands that ends a member's value, in text that is JSON. */
function endOfValue(text: string, begins: number): number {
  let depth = 0
  for (let at = begins; at < text.length; at += 1) {
    const sign = text[at]
    if (sign === '"') at = endOfString(text, at) - 1
    else if (sign === '{' || sign === '[') depth += 1
    else if (depth === 0 && (sign === ',' || sign === '}')) return at
    else if (sign === '}' || sign === ']') depth -= 1
  }
  return text.length
}
