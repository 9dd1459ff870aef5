import { checkAssertion, concernsAcceptances, keyOf, knownOf, proposalOf, registrationOf, someHidden, textIn, toldOf, type AcceptanceEvidence, type AcceptanceShown, type Known, type Told } from './acceptances.ts'
import { spelled } from './claims.ts'
import { Malformed, malformed } from './malformed.ts'
import { sha256 } from './merkle.ts'
import { base64Bytes, bytesOf, hexOf } from './text.ts'

/**
 * What a signatory said and signed beside accepting, in the entry `index`. `signed`: over what the entry says and over this log, by a key or passkey that the log registers for the signatory named. The other standings are
 * those of acceptances; so are `keySha256`, `custody` and `because`.
 */
export interface SayingShown extends Pick<AcceptanceShown, 'index' | 'standing' | 'with' | 'keySha256' | 'registeredBy' | 'custody' | 'because'> { readonly type: string }

type Row = Readonly<Record<string, unknown>>
/** What stands in an entry: what happened, and what was agreed; absent where it is not opened here. */
interface Parts { readonly said?: Row | undefined; readonly agreed?: Row | undefined }
interface Entry extends Parts { readonly index: number; readonly at: number; readonly type: string }
interface Opened { readonly said: Row; readonly agreed: Row }
interface Kind {
  readonly head: string
  /** What is signed, beside the log. */
  readonly signed: (opened: Opened, choices: number) => Row
  /** What may be said once only: to say it again, a signatory would have to sign other bytes. Undefined: whoever has a key signs the same bytes again. */
  readonly once: (signed: Row, proposedBy?: number) => string | undefined
}

const of = (record: Row, ...names: string[]): Record<string, unknown> => Object.fromEntries(names.map((name) => [name, record[name] ?? null]))
const only = (...names: string[]) => (signed: Row): string => spelled(of(signed, ...names))
const saying = (says: 'objected' | 'authorised'): Kind => ({ head: 'bailee/sub-processor/v1\n', signed: ({ said, agreed }) => ({ ...of(said, 'contract', 'name', 'number'), ...of(agreed, 'reasons'), says }), once: only('contract', 'name', 'number') })

/** A release is said of the choices before it, which are counted. A warning with which a signatory agrees stays open, and is answered again. */
const kinds: Readonly<Record<string, Kind>> = {
  'contract.choice_made': { head: 'bailee/choice/v1\n', signed: ({ said }) => of(said, 'contract', 'number', 'choice', 'recipient'), once: only('contract', 'number') },
  'contract.released': { head: 'bailee/release/v1\n', signed: ({ said }, choices) => ({ ...of(said, 'contract', 'how'), choices }), once: only('contract', 'how', 'choices') },
  'contract.return_key_named': { head: 'bailee/return-key/v1\n', signed: ({ said }) => of(said, 'contract', 'number', 'recipient'), once: only('contract', 'number') },
  'contract.sub_processor_objected': saying('objected'),
  'contract.sub_processor_authorised': saying('authorised'),
  'instruction.answered': { head: 'bailee/answer/v1\n', signed: ({ said, agreed }) => ({ ...of(said, 'instruction', 'number', 'answer'), ...of(agreed, 'says') }), once: (signed) => (signed['answer'] === 'upheld' ? only('instruction', 'number')(signed) : undefined) },
  'instruction.withdrawn': { head: 'bailee/withdraw/v1\n', signed: ({ agreed }) => of(agreed, 'instruction', 'proposal_sha256', 'reason'), once: (signed, proposedBy) => (proposedBy === undefined ? undefined : spelled([signed['instruction'], proposedBy])) },
}
const isKind = (type: string): boolean => Object.hasOwn(kinds, type)

/** True for an entry type that these depend on, beside those of acceptances; the reader of the log gathers it. */
export const concernsSayings = (type: string): boolean => isKind(type) || type === 'contract.declared'

/** Checks every opened one. What does not hold is no fault of the log that records it: it is `contradicted`. */
export function checkSayings(evidence: AcceptanceEvidence): SayingShown[] {
  const told = evidence.disclosures.filter(({ type }) => concernsAcceptances(type) || type === 'contract.declared').flatMap(toldOf)
  const entries = byIndex(evidence.disclosures.filter(({ type }) => isKind(type))).map((parts): Entry => {
    const valueOf = (name: string): Row | undefined => parts.filter(({ part }) => part === name).flatMap(toldOf)[0]?.value
    const { index, at, type } = parts[0]!
    return { index, at, type, said: valueOf('evidence'), agreed: valueOf('instruction') }
  })
  const around: Around = { ...knownOf(evidence, told), choices: choicesIn(evidence, entries), used: new Map<string, number>() }
  return entries.map((entry) => {
    try {
      return checkSaying(entry, around)
    } catch (error) {
      if (!(error instanceof Malformed)) throw error
      return { type: entry.type, index: entry.index, standing: 'contradicted', because: { code: error.code.replace(/^acceptance\//, 'saying/'), message: error.message } }
    }
  })
}

/** Those of one entry together, in the order of the log. */
function byIndex(disclosures: AcceptanceEvidence['disclosures']): AcceptanceEvidence['disclosures'][number][][] {
  const together = new Map<number, AcceptanceEvidence['disclosures'][number][]>()
  for (const one of disclosures) together.set(one.index, [...together.get(one.index) ?? [], one])
  return [...together.values()]
}

interface Around extends Known { readonly choices: Choices; readonly used: Map<string, number> }

/** Where choices are made, of which contract where that is opened, and where one is that is not: entries by their indices, in order. */
interface Choices { readonly of: ReadonlyMap<unknown, readonly number[]>; readonly firstUnseen: number }

function choicesIn(evidence: AcceptanceEvidence, entries: readonly Entry[]): Choices {
  const isChoice = (one: { readonly type: string }): boolean => one.type === 'contract.choice_made'
  const seen = new Map(entries.filter(isChoice).map(({ index, said }) => [index, said]))
  const of = new Map<unknown, number[]>()
  for (const [index, said] of seen) {
    const before = of.get(said?.['contract'])
    if (said !== undefined && before === undefined) of.set(said['contract'], [index])
    else if (said !== undefined) before?.push(index)
  }
  return { of, firstUnseen: [...evidence.entries].find(([index, one]) => isChoice(one) && seen.get(index) === undefined)?.[0] ?? Infinity }
}

function checkSaying(entry: Entry, around: Around): SayingShown {
  const { index, at, type, agreed } = entry
  if (agreed === undefined) return { type, index, standing: 'unlinked' }
  const [key, signature, passkey] = [textIn(agreed, 'public_key'), textIn(agreed, 'signature'), agreed['passkey']]
  if (key === undefined || signature === undefined) return { type, index, standing: 'unsigned' }
  const publicKey = base64Bytes(key, 'saying/key')
  const shown = { type, index, with: passkey === undefined ? 'key' as const : 'passkey' as const, keySha256: hexOf(sha256(publicKey)) }
  const signed = signedIn(entry, around)
  if (signed === undefined) return { ...shown, standing: 'unlinked' }
  const bytes = bytesOf(`${kinds[type]!.head}${spelled({ log: around.evidence.origin, ...signed })}`)
  const hash = hexOf(sha256(bytes))
  if (hash !== (textIn(entry.said ?? {}, 'signed_sha256') ?? textIn(agreed, 'signed_sha256') ?? hash)) malformed('saying/text', `entry ${index} says that something else was signed than what stands in it`)
  const by: Told = { index, at, type, text: '', value: agreed }
  const { controller, proposedBy } = whoseIs(entry, by, around)
  const standing = passkey === undefined ? withKey(by, { ...around, key, publicKey, bytes, signature, controller }) : withPasskey(by, { ...around, publicKey, hash, signature, controller, keySha256: shown.keySha256 })
  mustBeSaidOnce(index, [kinds[type]!.once(signed, proposedBy), passkey === undefined ? undefined : signature].map((what) => (what === undefined ? undefined : `${type} ${what}`)), around.used)
  return { ...shown, ...standing }
}

type Standing = Pick<SayingShown, 'standing' | 'registeredBy' | 'custody'>
interface Signing extends Around { readonly publicKey: Uint8Array; readonly signature: string; readonly controller: string | undefined }

function withKey(by: Told, { key, publicKey, bytes, signature, controller, ...known }: Signing & { readonly key: string; readonly bytes: Uint8Array }): Standing {
  if (publicKey.length !== 32 || !known.evidence.verify(publicKey, bytes, base64Bytes(signature, 'saying/signature'))) malformed('saying/signature', `entry ${by.index} is not signed by the key that it names`)
  return controller === undefined ? { standing: 'unlinked' } : keyOf(by, { ...known, key, controller })
}

function withPasskey(by: Told, { publicKey, hash, signature, controller, keySha256, ...known }: Signing & { readonly hash: string; readonly keySha256: string }): Standing {
  checkAssertion(by.index, { passkey: by.value['passkey'], publicKey, signature: base64Bytes(signature, 'saying/signature'), hash, verify: known.evidence.verify })
  const registeredBy = registrationOf(by, { ...known, keySha256, controller })
  return { standing: controller === undefined || registeredBy === undefined ? 'unlinked' : 'signed', ...(registeredBy === undefined ? {} : { registeredBy }) }
}

/** What was signed, made of the entry; undefined where a part of it is not opened here. */
function signedIn({ index, type, said, agreed }: Entry, { choices }: Around): Row | undefined {
  if (agreed === undefined || (said === undefined && type !== 'instruction.withdrawn')) return undefined
  if (type === 'contract.released' && choices.firstUnseen < index) return undefined
  return kinds[type]!.signed({ said: said ?? {}, agreed }, (choices.of.get(said?.['contract']) ?? []).filter((one) => one < index).length)
}

/** Whose contract or instruction it is about, by what the log holds before it; undefined where what would tell is not opened here. */
function whoseIs({ index, type, said }: Entry, by: Told, known: Around): { readonly controller: string | undefined; readonly proposedBy?: number } {
  if (type === 'instruction.withdrawn') {
    const proposal = proposalOf(by, known)
    return proposal === undefined ? { controller: undefined } : { controller: textIn(proposal, 'controller'), proposedBy: proposal.index }
  }
  const about = type === 'instruction.answered' ? { noun: 'instruction', by: 'instruction.proposed' } : { noun: 'contract', by: 'contract.declared' }
  const last = known.about(about.by, said?.[about.noun]).findLast((one) => one.index < index)
  if (last !== undefined) return { controller: textIn(last.value, 'controller') }
  return someHidden(about.by, { ...known, index }) ? { controller: undefined } : malformed(`saying/${about.noun}`, `entry ${index} is about what the log does not hold before it`)
}

/** A passkey never signs twice with the same bytes; and what carries a number is said under it once. */
function mustBeSaidOnce(index: number, names: readonly (string | undefined)[], used: Map<string, number>): void {
  const known = names.filter((name) => name !== undefined)
  const earlier = known.map((name) => used.get(name)).find((one) => one !== undefined)
  if (earlier !== undefined) malformed('saying/again', `entry ${index} says once more what entry ${earlier} said: nobody signed a second time`)
  for (const name of known) used.set(name, index)
}
