/**
 * Sketches on disk, one sealed file a place and key of tokens: `catalogue/<epoch>/<keyed hash of store and place>.sketch`, AES-256-GCM (NIST SP 800-38D) under a
 * key of the epoch. They hold keyed tokens of values that stand in the place: pseudonymised data, which stays in the data plane. What cannot be opened is not known.
 */
import { createHmac } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Instant } from '#kit/time'
import { seal, unseal, writeDurably } from '../sweep/unitFile.ts'
import { sketchFieldsMax, sketchTokensMax, thinned } from './sketch.ts'

/** Tokens of one field of a part of a place. */
export interface FieldSketch {
  /** A member of an archive, a sheet; '' for the place itself. */
  readonly part: string
  /** Its position, from 0; null for fields beyond those told apart. */
  readonly field: number | null
  /** What its format calls it. */
  readonly name: string | null
  /** Ascending, each once. */
  readonly tokens: BigUint64Array
}

/** What is kept of the values of a place. */
export interface PlaceSketch {
  readonly store: string
  readonly environment: string
  readonly place: string
  readonly readAt: Instant
  /** Some of it could not be read: it may hold more. */
  readonly partly: boolean
  /** Tokens below 2 ** (54 - level) are in it. */
  readonly level: number
  readonly fields: readonly FieldSketch[]
}

/** Where the sketches of one epoch are, and what opens them. */
export interface CatalogueFolder {
  readonly directory: string
  /** 32 bytes: `KeyStore.traceKey('catalogue', epoch)`. */
  readonly key: Uint8Array
}

const ending = '.sketch'

/** A name that tells nothing of the place to whoever lacks the key. */
function nameOf({ key }: CatalogueFolder, { store, place }: { readonly store: string; readonly place: string }): string {
  return `${createHmac('sha256', key).update(`${store}\n${place}`).digest('hex').slice(0, 32)}${ending}`
}

const sealName = (file: string): string => `catalogue/${file}`

/** The same within the bounds of one place: fields behind the first 1,024 count as one, and the sample is thinned until it fits. */
export function bounded(sketch: PlaceSketch, { tokensMax = sketchTokensMax, fieldsMax = sketchFieldsMax } = {}): PlaceSketch {
  let { level } = sketch
  let fields = sketch.fields.filter(({ tokens }) => tokens.length > 0)
  if (fields.length > fieldsMax) fields = [...fields.slice(0, fieldsMax - 1), { part: '', field: null, name: null, tokens: distinct(fields.slice(fieldsMax - 1)) }]
  while (fields.reduce((sum, { tokens }) => sum + tokens.length, 0) > tokensMax) {
    level += 1
    const own = level
    fields = fields.map((field) => ({ ...field, tokens: thinned(field.tokens, own) })).filter(({ tokens }) => tokens.length > 0)
  }
  return { ...sketch, level, fields }
}

function distinct(fields: readonly FieldSketch[]): BigUint64Array {
  return BigUint64Array.from(new Set(fields.flatMap(({ tokens }) => [...tokens]))).sort()
}

function plainOf({ fields, ...rest }: PlaceSketch): Buffer {
  const header = Buffer.from(JSON.stringify({ ...rest, fields: fields.map(({ tokens, ...field }) => ({ ...field, tokens: tokens.length })) }))
  const padding = Buffer.alloc((8 - ((header.length + 4) % 8)) % 8, ' ') // so that tokens stand where words of 8 bytes do
  const length = Buffer.alloc(4)
  length.writeUInt32LE(header.length + padding.length)
  return Buffer.concat([length, header, padding, ...fields.map(({ tokens }) => Buffer.from(tokens.buffer, tokens.byteOffset, tokens.byteLength))])
}

// What is parsed here was sealed by this program: the seal vouches for its shape.
function sketchOf(plain: Buffer): PlaceSketch {
  const end = 4 + plain.readUInt32LE(0)
  const { fields, ...rest } = JSON.parse(plain.subarray(4, end).toString()) as Omit<PlaceSketch, 'fields'> & { fields: (Omit<FieldSketch, 'tokens'> & { tokens: number })[] }
  // A view where the bytes lie on a word's bound, which the padding of the header is for; else a copy.
  const from = plain.byteOffset + end
  const tokens = from % 8 === 0 ? new BigUint64Array(plain.buffer, from, (plain.length - end) / 8) : new BigUint64Array(plain.buffer.slice(from, plain.byteOffset + plain.length))
  let at = 0
  return { ...rest, fields: fields.map((field) => ({ ...field, tokens: tokens.subarray(at, at += field.tokens) })) }
}

/**
 * Puts the sketch of a place in the place of the one before, whole or not at all; one without any token is no file. Throws `Broken` when the disk refuses.
 */
export async function keepSketch(folder: CatalogueFolder, sketch: PlaceSketch, random: (bytes: number) => Uint8Array): Promise<void> {
  const kept = bounded(sketch)
  const file = nameOf(folder, sketch)
  try {
    if (kept.fields.length === 0) return await rm(join(folder.directory, file), { force: true })
    await mkdir(folder.directory, { recursive: true, mode: 0o700 })
    failpoint('catalogue/before-sketch')
    await writeDurably(join(folder.directory, file), seal(plainOf(kept), { key: folder.key, name: sealName(file) }, random))
  } catch (cause) {
    throw new Broken('trace/sketch-unwritable', 'the sketch of a place cannot be written beside the fingerprints', { cause })
  }
}

/** Files that are read while others are opened: at 2 MB at the most each. */
const readTogetherMax = 16

/** Sketches that open, and how many do not: damaged, or of another key. Empty for a folder that is not there. */
export async function readSketches(folder: CatalogueFolder): Promise<{ readonly sketches: PlaceSketch[]; readonly damaged: number }> {
  const files = (await readdir(folder.directory).catch(() => [])).filter((name) => name.endsWith(ending)).sort()
  const sketches: PlaceSketch[] = []
  for (let from = 0; from < files.length; from += readTogetherMax) {
    const opened = await Promise.all(files.slice(from, from + readTogetherMax).map((file) => openSketch(folder, file)))
    for (const sketch of opened) if (sketch !== undefined) sketches.push(sketch)
  }
  return { sketches, damaged: files.length - sketches.length }
}

async function openSketch({ directory, key }: CatalogueFolder, file: string): Promise<PlaceSketch | undefined> {
  try {
    return sketchOf(unseal(await readFile(join(directory, file)), { key, name: sealName(file) }))
  } catch {
    return undefined
  }
}

/** Milliseconds after which a part that was not moved into place is one that a killed writer left. */
const abandonedMilliseconds = 3_600_000

/** Removes the sketches of these stores' places that are not there any more, those that do not open, and what a killed writer left an hour ago. */
export async function forgetGone(folder: CatalogueFolder, stores: ReadonlySet<string>, there: readonly { readonly store: string; readonly place: string }[]): Promise<void> {
  const named = new Set(there.map((place) => nameOf(folder, place)))
  for (const file of await readdir(folder.directory).catch(() => [])) {
    if (named.has(file) || !await (file.endsWith(ending) ? isOf(folder, file, stores) : isAbandoned(join(folder.directory, file)))) continue
    await rm(join(folder.directory, file), { force: true })
  }
}

/** By the clock of the machine, which wrote the file's time too. */
async function isAbandoned(path: string): Promise<boolean> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }))
  return Date.now() - mtimeMs > abandonedMilliseconds
}

async function isOf(folder: CatalogueFolder, file: string, stores: ReadonlySet<string>): Promise<boolean> {
  try {
    return stores.has(sketchOf(unseal(await readFile(join(folder.directory, file)), { key: folder.key, name: sealName(file) })).store)
  } catch {
    return true
  }
}
