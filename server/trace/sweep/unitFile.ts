/**
 * What reading units came to, as a sealed file: AES-256-GCM (NIST SP 800-38D) over a JSON header and the tallies. Tallies tell which known values
 * a place holds, by position: pseudonymised data, which stays in the data plane and goes when the sweep is recorded.
 */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Broken } from '#kit/errors'
import type { PlaceTold } from '../types.ts'

/** One part of a unit, read to its end. */
export interface PartOutcome {
  readonly name: string
  readonly kind: string
  /** Names of its fields as its format tells them. */
  readonly columns: readonly string[] | null
  /** Fields of its first line, where the format tells no names: a header, or somebody's values. Never leaves the data plane unjudged. */
  readonly firstLine: readonly string[] | null
  readonly partly: readonly string[]
  /** It ended inside a record: right only for the last unit of a place. */
  readonly cut: boolean
  /** One a pass over the place. */
  readonly tallies: readonly Uint8Array[]
  /** The same: samples of all values (`catalogue/sketch.ts`), empty where the search left none. */
  readonly sketches: readonly Uint8Array[]
}

export interface UnitOutcome {
  /** Names the moment that the unit was read at, where its store has moments: units of one moment miss nothing that moved between them. Null: no such moment. */
  readonly moment: string | null
  readonly parts: readonly PartOutcome[]
  readonly unread: readonly { readonly name: string; readonly because: string }[]
  /** Of governed copies; absent where nobody looked for copies of these. */
  readonly told?: PlaceTold
}

export interface UnitSeal {
  /** 32 bytes. */
  readonly key: Uint8Array
  /** What the file is: it cannot be passed off as another's. */
  readonly name: string
}

const magic = 'bailee unit 2\n'
const nonceBytes = 12
const tagBytes = 16

function plainOf(outcome: UnitOutcome): Buffer {
  const parts = outcome.parts.map(({ tallies, sketches, ...part }) => ({ ...part, tallies: lengths(tallies), sketches: lengths(sketches) }))
  const header = Buffer.from(JSON.stringify({ moment: outcome.moment, parts, unread: outcome.unread, told: outcome.told }))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(header.length)
  return Buffer.concat([length, header, ...outcome.parts.flatMap((part) => [...part.tallies, ...part.sketches])])
}

const lengths = (pieces: readonly Uint8Array[]): number[] => pieces.map((piece) => piece.length)

function outcomeOf(plain: Buffer): UnitOutcome {
  const end = 4 + plain.readUInt32LE(0)
  const header = JSON.parse(plain.subarray(4, end).toString()) as { parts: (Omit<PartOutcome, 'tallies' | 'sketches'> & { tallies: number[]; sketches: number[] })[]; unread: UnitOutcome['unread']; moment: string | null; told?: PlaceTold }
  let at = end
  const take = (bytes: number): Uint8Array => plain.subarray(at, at += bytes)
  return { parts: header.parts.map((part) => ({ ...part, tallies: part.tallies.map(take), sketches: part.sketches.map(take) })), unread: header.unread, moment: header.moment, ...(header.told === undefined ? {} : { told: header.told }) }
}

/** Bytes sealed under a key and bound to a name: nonce, ciphertext, tag. `random` gives fresh bytes. */
export function seal(plain: Uint8Array, { key, name }: UnitSeal, random: (bytes: number) => Uint8Array): Buffer {
  const nonce = random(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(magic + name))
  return Buffer.concat([Buffer.from(magic), nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** The inverse of `seal`. Throws `Broken` `trace/unit-altered` for another key, another name, or changed bytes. */
export function unseal(sealed: Buffer, { key, name }: UnitSeal): Buffer {
  try {
    const from = magic.length + nonceBytes
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(magic.length, from), { authTagLength: tagBytes })
    decipher.setAAD(Buffer.from(magic + name))
    decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
    const plain = decipher.update(sealed.subarray(from, sealed.length - tagBytes))
    decipher.final() // of this mode it gives no more bytes; it throws when the tag is not theirs
    return plain
  } catch (cause) {
    throw new Broken('trace/unit-altered', 'what was read of a place does not open any more, or was altered: it has to be read again', { cause })
  }
}

/** Numbers what this process has written: two searches may write the same file at once, each in a part of its own. */
let written = 0

/** Writes a file (0600) beside `file`, makes it durable and moves it into place. A process that is killed leaves a name that ends in `.part`. */
export async function writeDurably(file: string, bytes: Uint8Array): Promise<void> {
  const part = `${file}.${process.pid}-${written += 1}.part`
  const handle = await open(part, 'w', 0o600)
  try {
    await handle.writeFile(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(part, file)
  const folder = await open(dirname(file), 'r')
  await folder.sync().finally(() => folder.close())
}

/** Writes what was read of units, by number. Resolves to the file's SHA-256 in hexadecimal, when it is durable. */
export async function writeUnits(file: string, outcomes: ReadonlyMap<number, UnitOutcome>, sealing: UnitSeal & { readonly random: (bytes: number) => Uint8Array }): Promise<string> {
  const pieces = [...outcomes].flatMap(([number, outcome]) => {
    const plain = plainOf(outcome)
    const head = Buffer.alloc(8)
    head.writeUInt32LE(number)
    head.writeUInt32LE(plain.length, 4)
    return [head, plain]
  })
  const sealed = seal(Buffer.concat(pieces), sealing, sealing.random)
  await writeDurably(file, sealed)
  return createHash('sha256').update(sealed).digest('hex')
}

/** Reads what was read of units. Throws `Broken` `trace/unit-altered` when the file is gone or is not the one of that hash. */
export async function readUnits(file: string, sha256: string, sealing: UnitSeal): Promise<Map<number, UnitOutcome>> {
  const sealed = await readFile(file).catch((cause: unknown) => {
    throw new Broken('trace/unit-altered', 'what was read of a place is not there any more: it has to be read again', { cause })
  })
  if (createHash('sha256').update(sealed).digest('hex') !== sha256) throw new Broken('trace/unit-altered', 'what was read of a place was altered: it has to be read again')
  const plain = unseal(sealed, sealing)
  const outcomes = new Map<number, UnitOutcome>()
  for (let at = 0; at < plain.length; ) {
    const length = plain.readUInt32LE(at + 4)
    outcomes.set(plain.readUInt32LE(at), outcomeOf(plain.subarray(at + 8, at + 8 + length)))
    at += 8 + length
  }
  return outcomes
}
