import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import { embeddedCustody, type MasterKey, type Signer } from './custody/custody.ts'
import type { RetentionClass, SealingKey } from './entry.ts'
import type { PaperSigner } from './rotation/x509.ts'
import { payloadKeyId } from './retention/schedule.ts'
import { createOnce, draftsOf, isDraft, syncDirectory } from './secret.ts'
import { openReadRoot, openSignedRoots, type ReadRoot, type SignedRoots } from './signed.ts'

/** What a key signs: logs, certificates, or papers that people read. */
export type SigningPurpose = 'log' | 'certificate' | 'paper'

type LogPurpose = Exclude<SigningPurpose, 'paper'>

const signingName = (purpose: SigningPurpose, number: number): string => (number === 1 ? `${purpose}.pem` : `${purpose}-${number}.pem`)

/**
 * Keys of one processor, in a directory of their own that is never in the control database or its backups (`contracts.md` 4).
 * Files are 0600, created once and whole; a key is on disk before anything is sealed with it.
 */
export interface KeyStore {
  /** The first that signed checkpoints of every log; which signs now, `Ledger.signers` says. */
  readonly log: Signer
  /** The first that signed certificates, and nothing else. */
  readonly certificate: Signer
  /** A key that signs or signed, counted from 1. Throws `Broken` `ledger/no-signing-key` when it is not here. */
  signer(purpose: LogPurpose, number: number): Signer
  /** The same, made when it is not here: for the one that is to follow. */
  makeSigner(purpose: LogPurpose, number: number): Signer
  /** A key that signs papers, counted from 1. Throws `Broken` `ledger/no-signing-key` when it is not here. */
  paperSigner(number: number): PaperSigner
  /** The same, made when it is not here. */
  makePaperSigner(number: number): PaperSigner
  /** Makes tokens (SipHash-2-4, 16 bytes); data plane only. */
  epochKey(epoch: number): Uint8Array
  /** Makes the tokens of a controller that shares no key with others (SipHash-2-4, 16 bytes); data plane only. */
  isolatedKey(slot: number): Uint8Array
  /** Seals ledger payloads of one slot, class and period (`periodOf`). */
  payloadKey(slot: number, retention: RetentionClass, period: string | number): SealingKey
  /** Seals fingerprint segments of one slot. `purpose` is `fingerprints` or, after an exit, `exit`. Where the key was destroyed with an exit, a new contract of the controller has the next: nothing that the old one sealed is opened by it. */
  segmentKey(slot: number, purpose: 'fingerprints' | 'exit'): SealingKey
  /** Seals what searching leaves in the data plane for a while: tallies of a sweep, sketches of the catalogue; one key an epoch of tokens. `names` marks what names hide: one key for all. */
  traceKey(purpose: 'sweep' | 'catalogue' | 'names', epoch: number): SealingKey
  /** Makes the tokens of one governed copy (HMAC-SHA-256, 32 bytes); `copy`: its id in small letters. Destroyed with the copy. */
  transferKey(slot: number, copy: string): Uint8Array
  /** What the invented records and the marks of a controller's governed copies are made of (32 bytes). It opens nothing of anybody, outlives the copies, and ends with the controller's fingerprints. Where it was destroyed with an exit, copies under a new contract have the next. */
  canaryKey(slot: number): SealingKey
  /** What the salts of access tokens are made from (`gateway/scram.ts`); 32 bytes. */
  tokenSalt(): Uint8Array
  /** The key of that id, or undefined when it was destroyed or is not here. */
  find(id: string): Uint8Array | undefined
  /** Whether the key of that id was here and was destroyed; false for one that is here, or never was. */
  wasDestroyed(id: string): boolean
  /** What the log key signed last of the root log. */
  readonly signedRoots: SignedRoots
  /** Up to where the ledger was read when it opened. */
  readonly readRoot: ReadRoot
  /** Destroys a key: its file is unlinked and the directory synced. Copies outside this directory are not reached. What is destroyed is `destroying` until `settle`. */
  destroy(id: string, because?: string): void
  /** Nobody finds or seals with it from here on; its file is still there. */
  shut(id: string, because: string): void
  /** What `shut` did, undone, where the file is still there. */
  reopen(id: string): void
  /** What was shut or destroyed, and is not settled: with the reason given then. */
  destroying(): { readonly id: string; readonly because: string }[]
  /** Destroys what is not destroyed yet; the ledger holds it, so that it is no longer `destroying`. Whether there was a file. */
  settle(id: string): boolean
  /** Whether a key that the ledger says was destroyed is here again: its file is, or nothing says that it was destroyed. */
  isBack(id: string): boolean
  /** Ids of all keys that are or were here, but those that sign; `destroyed` as `wasDestroyed`. */
  ids(): { readonly id: string; readonly destroyed: boolean }[]
}

/** The id of the key that `segmentKey` gives: the first that was not destroyed. */
export const currentSegmentKeyId = (keys: Pick<KeyStore, 'wasDestroyed'>, slot: number, purpose: 'fingerprints' | 'exit'): string => firstThere(keys, `segment/${slot}/${purpose}`)

/** The id of the key that `canaryKey` gives; of copies that were made before several followed each other it is the first. */
export const currentCanaryKeyId = (keys: Pick<KeyStore, 'wasDestroyed'>, slot: number): string => firstThere(keys, firstCanaryKeyId(slot))
/** The id of the first such key of a log. */
export const firstCanaryKeyId = (slot: number): string => `canaries/${slot}`

function firstThere({ wasDestroyed }: Pick<KeyStore, 'wasDestroyed'>, first: string): string {
  let id = first
  for (let contract = 2; wasDestroyed(id); contract += 1) id = `${first}-${contract}`
  return id
}

const idPattern = /^[a-z0-9-]+(\/[a-z0-9-]+)*$/

/** Opens the key store in `directory`, making the platform keys the first time. `master` opens one that is locked; without it, `Misuse` says what would. */
export function openKeyStore(directory: string, master?: MasterKey): KeyStore {
  const custody = embeddedCustody(directory, master)
  const cache = new Map<string, Uint8Array>()
  const fileOf = (id: string): string => {
    if (!idPattern.test(id)) throw new Broken('ledger/key-id', `not a key id: ${id}`)
    return join(directory, `${id}.key`)
  }
  // Asked each time, also of a key in the cache: another process may have destroyed it since. A few microseconds.
  const wasDestroyed = (id: string): boolean => {
    const gone = existsSync(`${fileOf(id)}.destroyed`)
    if (gone) cache.delete(id)
    return gone
  }
  const symmetric = (id: string, bytes: number): Uint8Array => {
    if (wasDestroyed(id)) throw new Broken('ledger/key-destroyed', `key ${id} was destroyed: nothing can be recorded any more for the time that it sealed; record it with a later date (--at)`)
    const known = cache.get(id)
    if (known !== undefined) return known
    const key = custody.keep(`${id}.key`, () => randomBytes(bytes))
    if (key.length !== bytes) throw new Broken('ledger/key-length', `key file ${id} holds ${key.length} bytes instead of ${bytes}`)
    cache.set(id, key)
    return key
  }
  const known = (purpose: SigningPurpose, number: number): string => {
    if (custody.has(signingName(purpose, number))) return signingName(purpose, number)
    throw new Broken('ledger/no-signing-key', `by the ledger, ${purpose} key ${number} signs, which is not in ${directory}: the key store was restored from a backup made before it was rotated. Nothing was signed; restore a later one`)
  }
  return {
    log: custody.signer('log.pem'),
    certificate: custody.signer('certificate.pem'),
    signer: (purpose, number) => custody.signer(known(purpose, number)),
    makeSigner: (purpose, number) => custody.signer(signingName(purpose, number)),
    paperSigner: (number) => custody.paperSigner(known('paper', number)),
    makePaperSigner: (number) => custody.paperSigner(signingName('paper', number)),
    epochKey: (epoch) => symmetric(`epoch/${epoch}`, 16),
    isolatedKey: (slot) => symmetric(`isolated/${slot}`, 16),
    payloadKey: (slot, retention, period) => sealing(payloadKeyId(slot, retention, period), symmetric),
    segmentKey: (slot, purpose) => sealing(currentSegmentKeyId({ wasDestroyed }, slot, purpose), symmetric),
    traceKey: (purpose, epoch) => sealing(`${purpose}/${epoch}`, symmetric),
    transferKey: (slot, copy) => symmetric(`transfer/${slot}/${copy}`, 32),
    canaryKey: (slot) => sealing(currentCanaryKeyId({ wasDestroyed }, slot), symmetric),
    tokenSalt: () => symmetric('gateway/token-salt', 32),
    find: (id) => {
      if (wasDestroyed(id)) return undefined // its file may still be there, when that process was killed
      return cache.get(id) ?? (existsSync(fileOf(id)) ? symmetric(id, 32) : undefined)
    },
    wasDestroyed,
    signedRoots: openSignedRoots(join(directory, 'signed')),
    readRoot: openReadRoot(join(directory, 'read', 'root')),
    ...destruction(directory, fileOf, (id) => cache.delete(id)),
  }
}

type Destruction = Pick<KeyStore, 'destroy' | 'shut' | 'reopen' | 'destroying' | 'settle' | 'isBack' | 'ids'>

/** A key is shut by a mark beside its file, and a note in `destroying` says that the ledger may not know: whoever is killed in between leaves both. */
function destruction(directory: string, fileOf: (id: string) => string, forget: (id: string) => void): Destruction {
  const notes = join(directory, 'destroying')
  const noteOf = (id: string): string => join(notes, encodeURIComponent(id))
  const markOf = (id: string): string => `${fileOf(id)}.destroyed`
  const copiesOf = (id: string): string[] => (existsSync(dirname(fileOf(id))) ? [fileOf(id), ...draftsOf(fileOf(id))].filter((file) => existsSync(file)) : [])
  const shut = (id: string, because: string): void => {
    forget(id)
    createOnce(noteOf(id), () => Buffer.from(because))
    createOnce(markOf(id), () => Buffer.from('destroyed\n'))
    failpoint('ledger/key-shut')
  }
  const unlink = (id: string): boolean => {
    const copies = copiesOf(id)
    for (const copy of copies) rmSync(copy, { force: true })
    if (copies.length > 0) syncDirectory(dirname(fileOf(id)))
    return copies.length > 0
  }
  const settle = (id: string): boolean => {
    createOnce(markOf(id), () => Buffer.from('destroyed\n'))
    forget(id)
    const found = unlink(id)
    failpoint('ledger/key-unlinked')
    removeIfThere(noteOf(id))
    return found
  }
  return {
    shut, settle,
    destroy: (id, because = 'no reason was given') => { shut(id, because); unlink(id) },
    reopen: (id) => {
      if (copiesOf(id).length > 0) removeIfThere(markOf(id))
      removeIfThere(noteOf(id))
    },
    destroying: () => namesIn(notes).filter((name) => !isDraft(name)).map((name) => ({ id: decodeURIComponent(name), because: readFileSync(join(notes, name), 'utf8') })),
    isBack: (id) => existsSync(fileOf(id)) || !existsSync(markOf(id)),
    ids: () => {
      const found = new Map<string, boolean>()
      for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
        const named = /^(.*)[.]key(?<destroyed>[.]destroyed)?$/.exec(name.replaceAll('\\', '/'))
        if (named !== null) found.set(named[1] ?? '', found.get(named[1] ?? '') === true || named.groups?.['destroyed'] !== undefined)
      }
      return [...found].map(([id, destroyed]) => ({ id, destroyed })).sort((one, other) => (one.id < other.id ? -1 : 1))
    },
  }
}

const namesIn = (path: string): string[] => (existsSync(path) ? readdirSync(path) : [])

function removeIfThere(file: string): void {
  if (!existsSync(file)) return
  rmSync(file, { force: true })
  syncDirectory(dirname(file))
}

const sealing = (id: string, make: (id: string, bytes: number) => Uint8Array): SealingKey => ({ id, key: make(id, 32) })
