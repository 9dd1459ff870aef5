/** Invented records and marks, known again: of which copy a value is. */
import { createHmac } from 'node:crypto'
import { firstCanaryKeyId, type KeyStore, type Ledger } from '#ledger'
import { macUnder } from '../mac.ts'
import { allTransfers } from '../store.ts'
import { pseudonymDomain } from '../transform.ts'
import type { Transfer } from '../types.ts'
import type { Telling } from './candidates.ts'
import { openInventor, tellingKinds, type MadeKind } from './invent.ts'
import { canarySecret, isMarked, markerOf } from './mark.ts'

/** One invented record: the values that tell it, by column. */
export interface Canary { readonly copy: string; readonly place: string; readonly record: number; readonly values: Readonly<Record<string, string>> }

/** The secret of a copy; undefined when its key was destroyed, or never was here: then nobody knows its invented records again. */
export function secretOf(keys: Pick<KeyStore, 'find'>, { id, slot, canaryKey }: Pick<Transfer, 'id' | 'slot' | 'canaryKey'>): Uint8Array | undefined {
  const key = keys.find(canaryKey ?? firstCanaryKeyId(slot))
  return key === undefined ? undefined : canarySecret(key, id)
}

/** Every invented record of a copy, made again of its secret. Nothing of anybody is needed, and nothing is asked of the store. */
export async function canariesOf({ id, tables }: Pick<Transfer, 'id' | 'tables'>, secret: Uint8Array): Promise<Canary[]> {
  const found: Canary[] = []
  for (const { place, canaries } of tables ?? []) {
    if (canaries === undefined || 'because' in canaries) continue
    const inventor = await openInventor(secret, canaries.domains)
    const columns = Object.entries(canaries.columns).flatMap(([name, kind]): [string, MadeKind][] => { const known = [...tellingKinds].find((one) => one === kind); return known === undefined ? [] : [[name, known]] })
    for (let record = 0; record < canaries.rows; record += 1) {
      found.push({ copy: id, place, record, values: Object.fromEntries(columns.map(([name, kind]) => [name, inventor.value(kind, name === canaries.subject ? 'subject' : name, record)])) })
    }
  }
  return found
}

/** Which of these copies a token or an address is marked as; undefined for a value that bears no mark of theirs. A value that is nobody's is taken for one once in four milliards for each copy. */
export function markedCopy(value: string, copies: readonly { readonly copy: string; readonly secret: Uint8Array }[]): string | undefined {
  return copies.find(({ secret }) => isMarked(value, markerOf(secret)))?.copy
}

export interface Told { readonly copy: string; /** `mark`: a token of some record of it; `canary`: of an invented one, which nobody else has. */ readonly by: 'canary' | 'mark'; /** Of an invented record. */ readonly canary?: Canary }

/** What tells copies by values. */
export interface Canaries {
  /** Copies that can be told. */
  readonly copies: readonly string[]
  /** Copies that cannot: made before there were canaries, or their key is gone. */
  readonly unknown: readonly string[]
  /** What an invented record's address or number has to look like. */
  readonly telling: Telling
  /** Of which copy a value is. A canary's before a mark. */
  readonly tell: (value: string) => Told | undefined
  /** Makes short hashes of values of a copy, the same wherever they are read, and of no use without its key. */
  readonly hashOf: (copy: string) => (value: string) => string
}

/** Of a hash that tells values apart: of a hundred thousand, two are alike once in three milliards. */
const hashDigits = 16

/** However it is spelled, or quoted. */
const plain = (value: string): string => value.trim().replace(/^(["'])(.*)\1$/s, '$2').trim().toLowerCase()
/** What a token, or an address of one, begins with: nothing else bears a mark. */
const tokenLike = /^[0-9a-f]{32}(@|$)/i

/** Whether a value could bear a mark: of anybody's that could, some do by chance. */
export const mayBeMarked = (value: string): boolean => tokenLike.test(value)

/** Invented records by each of their values. A value of two copies tells none. */
export function knownBy(canaries: readonly Canary[]): ReadonlyMap<string, Canary> {
  const [known, shared] = [new Map<string, Canary>(), new Set<string>()]
  for (const canary of canaries) {
    for (const value of Object.values(canary.values).map(plain)) {
      if ((known.get(value) ?? canary).copy !== canary.copy) shared.add(value)
      known.set(value, canary)
    }
  }
  for (const value of shared) known.delete(value)
  return known
}

/** Opens what is known of all copies, or of those of one controller: also of such as were erased long ago. */
export async function openCanaries(ledger: Pick<Ledger, 'database' | 'keys'>, controller?: string): Promise<Canaries> {
  const transfers = (await allTransfers(ledger.database)).filter((one) => (controller ?? one.controller) === one.controller)
  return canariesIn(transfers, (transfer) => (transfer.tables?.some(({ canaries }) => canaries !== undefined) === false ? undefined : secretOf(ledger.keys, transfer)))
}

/** What tells these copies, whose secrets are known or not. */
export async function canariesIn<Copy extends Pick<Transfer, 'id' | 'tables'>>(transfers: readonly Copy[], secretIn: (transfer: Copy) => Uint8Array | undefined): Promise<Canaries> {
  const found: Canary[] = []
  const markers: { copy: string; marker: ReturnType<typeof markerOf>; secret: Uint8Array }[] = []
  const unknown: string[] = []
  for (const transfer of transfers) {
    const secret = secretIn(transfer)
    if (secret === undefined) { unknown.push(transfer.id); continue }
    markers.push({ copy: transfer.id, marker: markerOf(secret), secret })
    found.push(...await canariesOf(transfer, secret))
  }
  const known = knownBy(found)
  return {
    telling: tellingOf(known),
    copies: markers.map(({ copy }) => copy), unknown,
    hashOf: (copy) => {
      const of = macUnder(createHmac('sha256', markers.find((one) => one.copy === copy)!.secret).update('seen').digest())
      return (value) => of(value).slice(0, hashDigits)
    },
    tell: (value) => {
      const text = plain(value)
      const canary = known.get(text)
      if (canary !== undefined) return { copy: canary.copy, by: 'canary', canary }
      const marked = tokenLike.test(text) ? markers.find(({ marker }) => isMarked(text, marker)) : undefined
      return marked === undefined ? undefined : { copy: marked.copy, by: 'mark' }
    },
  }
}

/** Addresses of tokens are found by their tokens. */
function tellingOf(known: ReadonlyMap<string, Canary>): Telling {
  const values = [...known.keys()]
  const domains = values.filter((value) => value.includes('@')).map((value) => value.slice(value.lastIndexOf('@') + 1))
  return { domains: [...new Set(domains)].filter((domain) => domain !== pseudonymDomain), beginnings: [...new Set(values.filter((value) => /^\+\d{8}/.test(value)).map((value) => value.slice(0, 4)))] }
}
