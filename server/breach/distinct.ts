/**
 * Tells people apart however many there are, in flat memory: each stands for 96 bits of a hash under a key that is thrown away, parted by its first byte. What does not fit waits in a file without a name; parts are then counted one after the
 * other. Equal people are in one part, so that nobody counts twice.
 */
import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { hash, randomBytes } from 'node:crypto'
import { join } from 'node:path'

/** People by country; `unknown`: of no country that is known. */
export interface Distinct { readonly people: number; readonly byCountry: Readonly<Record<string, number>>; readonly unknown: number }

export interface Telling {
  /** One row: whose it is, as text that is equal for the same person, and where they are, if it says so. The first country that somebody's rows name counts. */
  add(person: string, country: string): void
  readonly rows: number
  /** Counts them; afterwards nothing is kept. */
  finish(): Distinct
  /** Lets go of everything; safe to call twice. */
  close(): void
}

export interface TellingOptions { /** Of a folder beside the data; made when something has to wait there. */ readonly directory: string; /** Bytes that are held before they wait in the file. */ readonly bytesMax?: number }

const parts = 256
/** Twelve bytes of a hash, and two of a country. */
const [hashBytes, recordBytes] = [12, 14]
const noCountry = 0
/** Something stands there that is no country: another row does not say better. */
const otherCountry = 0xffff

/** 64 MiB: 4.8 million rows before anything waits. */
const bytesHeld = 64 * 1024 * 1024

interface Waiting { readonly at: number; readonly length: number }
interface Part { held: Buffer; filled: number; readonly waiting: Waiting[] }

export function tellApart({ directory, bytesMax = bytesHeld }: TellingOptions): Telling {
  const key = randomBytes(16).toString('hex')
  const heldMax = Math.max(recordBytes, Math.floor(bytesMax / parts / recordBytes) * recordBytes)
  const all: Part[] = Array.from({ length: parts }, () => ({ held: Buffer.alloc(Math.min(heldMax, 64 * recordBytes)), filled: 0, waiting: [] }))
  let [file, end, rows]: [number | undefined, number, number] = [undefined, 0, 0]
  const putAside = (part: Part): void => {
    file ??= unnamed(directory)
    for (let written = 0; written < part.filled;) written += writeSync(file, part.held, written, part.filled - written, end + written)
    part.waiting.push({ at: end, length: part.filled })
    end += part.filled
    part.filled = 0
  }
  const close = (): void => {
    if (file !== undefined) closeSync(file)
    file = undefined
  }
  return {
    add: (person, country) => {
      const digest = hash('sha256', `${key}\n${person}`, 'buffer')
      const part = all[digest[0]!]!
      if (part.filled + recordBytes > part.held.length) {
        if (part.held.length >= heldMax) putAside(part)
        else part.held = Buffer.concat([part.held], Math.min(heldMax, part.held.length * 2))
      }
      digest.copy(part.held, part.filled, 0, hashBytes)
      part.held.writeUInt16LE(codeOf(country), part.filled + hashBytes)
      part.filled += recordBytes
      rows += 1
    },
    get rows() { return rows },
    finish: () => {
      const countries = new Map<number, number>()
      let people = 0
      for (const part of all) {
        people += countPart(recordsOf(part, file), countries)
        part.held = Buffer.alloc(0)
      }
      close()
      const byCountry = Object.fromEntries([...countries].filter(([code]) => code !== noCountry && code !== otherCountry).map(([code, count]) => [String.fromCharCode(code >> 8, code & 0xff), count]))
      return { people, byCountry, unknown: (countries.get(noCountry) ?? 0) + (countries.get(otherCountry) ?? 0) }
    },
    close,
  }
}

/** A file that is gone with whoever has it open, however that ends. */
function unnamed(directory: string): number {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, `count-${randomBytes(8).toString('hex')}`)
  const file = openSync(path, 'wx+', 0o600)
  rmSync(path)
  return file
}

function codeOf(country: string): number {
  const text = country.trim().toUpperCase()
  return text === '' ? noCountry : /^[A-Z]{2}$/.test(text) ? (text.charCodeAt(0) << 8) | text.charCodeAt(1) : otherCountry
}

/** The records of a part in the order in which they came. */
function recordsOf({ waiting, held, filled }: Part, file: number | undefined): Buffer {
  const records = Buffer.alloc(waiting.reduce((sum, { length }) => sum + length, 0) + filled)
  let to = 0
  for (const { at, length } of waiting) for (let done = 0; done < length;) { const read = readSync(file!, records, to, length - done, at + done); done += read; to += read }
  held.copy(records, to, 0, filled)
  return records
}

/** Counts who is in a part, each once, into `countries`. An open table of record numbers: no object for anybody. */
function countPart(records: Buffer, countries: Map<number, number>): number {
  const count = records.length / recordBytes
  let size = 1
  while (size < count * 2) size *= 2
  const table = new Uint32Array(size) // one more than the number of the record; 0: free
  let people = 0
  for (let one = 0; one < count; one += 1) {
    const at = one * recordBytes
    let slot = records.readUInt32LE(at + 1) & (size - 1)
    while (table[slot] !== 0 && !isSame(records, (table[slot]! - 1) * recordBytes, at)) slot = (slot + 1) & (size - 1)
    if (table[slot] === 0) {
      table[slot] = one + 1
      people += 1
      continue
    }
    const first = (table[slot]! - 1) * recordBytes + hashBytes
    if (records.readUInt16LE(first) === noCountry) records.writeUInt16LE(records.readUInt16LE(at + hashBytes), first)
  }
  for (const one of table) if (one !== 0) { const code = records.readUInt16LE((one - 1) * recordBytes + hashBytes); countries.set(code, (countries.get(code) ?? 0) + 1) }
  return people
}

const isSame = (records: Buffer, one: number, other: number): boolean => records.compare(records, one, one + hashBytes, other, other + hashBytes) === 0
