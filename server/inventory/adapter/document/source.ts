/**
 * Bytes from anywhere (a file, an object of a bucket, a member of an archive, an attachment), and the limits within which they are
 * unpacked. Every byte that a packing gives counts against one budget a place: packings inside packings cannot multiply past it.
 */
import { Broken } from '#kit/errors'
import { sampleBytesMax } from '../format.ts'
import type { FileSpan } from '../part.ts'

/** Bytes that can be read again from their beginning, as often as needed. */
export interface Source {
  /** What its parts are named after: '' for a whole place, else such as `inner.zip!/people.csv`. */
  readonly name: string
  /** How many there are, when that is known before they are read. */
  readonly bytes?: number | undefined
  /** From the beginning. Iterate once, to the end or stop. Throws `Broken` when they cannot be read on. */
  open(): AsyncIterable<Uint8Array>
}

export interface DocumentLimits {
  /** Bytes that all packings of one place give together. */
  readonly bytesMax: number
  /** The same over the bytes of the place itself, looked at after the first `ratioGraceBytes`. */
  readonly ratioMax: number
  readonly ratioGraceBytes: number
  /** Members of all archives of one place together. */
  readonly membersMax: number
  /** Packings and archives inside one another. */
  readonly depthMax: number
  /** Characters of a member's name. */
  readonly nameMax: number
  /** Bytes of one member or message that are held in memory because its format is read more than once; more goes to the scratch folder. */
  readonly heldBytesMax: number
  /** Bytes of one file in the scratch folder. */
  readonly scratchBytesMax: number
}

/**
 * Bytes: five times the largest table of the case as CSV. Ratio: real tables give 3 to 30, deflate can reach 1,032, and 64 MiB are read whatever
 * their ratio. Members: as many as files of a folder. Depth: nobody packs eight times over by accident. Name: four times what a file system takes.
 * Held: a mail with its attachments. Scratch: an archive as large as a DVD twice over; more must be unpacked by hand.
 */
export const documentLimits: DocumentLimits = {
  bytesMax: 64 * 1024 ** 3, ratioMax: 400, ratioGraceBytes: 64 * 1024 ** 2, membersMax: 1_000_000, depthMax: 8, nameMax: 1024,
  heldBytesMax: 16 * 1024 ** 2, scratchBytesMax: 16 * 1024 ** 3,
}

/** What one place may still unpack. */
export interface Budget {
  readonly limits: DocumentLimits
  /** Counts bytes of the place itself, where their number was not known before. */
  read(bytes: number): void
  /** Counts bytes that a packing gave. Throws `Broken` `inventory/unpacks-too-far`. */
  unpack(bytes: number): void
  /** Counts a member. Throws `Broken` `inventory/too-many-members`. */
  member(): void
}

/** The budget of one place of `bytes` bytes, when that is known. */
export function createBudget(limits: DocumentLimits, bytes: number | undefined): Budget {
  let packed = bytes ?? 0
  let unpacked = 0
  let members = 0
  return {
    limits,
    read: (count) => { if (bytes === undefined) packed += count },
    unpack: (count) => {
      unpacked += count
      if (unpacked > limits.bytesMax || (unpacked > limits.ratioGraceBytes && unpacked > limits.ratioMax * Math.max(1, packed))) {
        throw new Broken('inventory/unpacks-too-far', `it unpacks to more than ${limits.bytesMax} bytes or ${limits.ratioMax} times its size`)
      }
    },
    member: () => {
      members += 1
      if (members > limits.membersMax) throw new Broken('inventory/too-many-members', `it has more than ${limits.membersMax} members`)
    },
  }
}

/** Bytes with their beginning known, to be read once. */
export interface Opening {
  readonly name: string
  /** Packings and archives around it. */
  readonly depth: number
  /** Packings around it inside its nearest archive, outermost first, in words. */
  readonly packings: readonly string[]
  /** At most `sampleBytesMax`. */
  readonly sample: Uint8Array
  /** Whether the sample is all there is. */
  readonly whole: boolean
  /** From the beginning; iterate once. Throws `Broken` when they cannot be read on. */
  readonly bytes: AsyncIterable<Uint8Array>
  /** The same bytes again, where that costs no more than reading them. */
  readonly again?: Source | undefined
  /** A file that holds exactly these bytes, for formats that seek. */
  readonly file?: string | undefined
  /** Where exactly these bytes stand in an open file. */
  readonly span?: FileSpan | undefined
  /** What layers below found missing, once `bytes` has ended. */
  notes(): readonly string[]
  /** Lets go of everything below, read or not. Safe to call twice. */
  close(): Promise<void>
}

/** Reads the beginning of a stream and keeps it. Throws what the stream throws; then nothing stays open. */
export async function peek(stream: AsyncIterable<Uint8Array>): Promise<Pick<Opening, 'sample' | 'whole' | 'bytes' | 'close'>> {
  const iterator = stream[Symbol.asyncIterator]()
  const state = { closed: false }
  const close = async (): Promise<void> => {
    state.closed = true
    await iterator.return?.()
  }
  const held: Uint8Array[] = []
  let length = 0
  let whole = false
  try {
    while (!whole && length <= sampleBytesMax) {
      const next = await iterator.next()
      if (next.done === true) whole = true
      else {
        held.push(next.value)
        length += next.value.length
      }
    }
  } catch (cause) {
    await close().catch(() => undefined) // what went wrong first is what is said
    throw cause
  }
  const sample = Buffer.concat(held, Math.min(length, sampleBytesMax))
  return { sample, whole, bytes: replay(held, iterator, { whole, state }), close }
}

interface Replay { readonly whole: boolean; readonly state: { readonly closed: boolean } }

async function* replay(held: Uint8Array[], iterator: AsyncIterator<Uint8Array>, { whole, state }: Replay): AsyncGenerator<Uint8Array> {
  // What was closed would seem to end here, and half read is not read.
  const mustBeOpen = (): void => { if (state.closed) throw new Broken('inventory/part-closed', 'a part was read after the next one was asked for') }
  try {
    for (let part = held.shift(); part !== undefined; part = held.shift()) {
      mustBeOpen()
      yield part
    }
    if (whole) return
    mustBeOpen()
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      yield next.value
      mustBeOpen()
    }
  } finally {
    await iterator.return?.()
  }
}
