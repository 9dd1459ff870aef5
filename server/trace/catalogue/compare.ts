/** A dataset, or a file from anywhere, compared with every place that a sweep has read: without reading any of them again. */
import { existsSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { isUnread, openParts } from '#inventory'
import { Broken, Misuse } from '#kit/errors'
import { openSegmentFile, type ListKind, type SegmentFile } from '../fingerprint/index.ts'
import { concatenate, countBelow } from '../fingerprint/tokens.ts'
import { segmentFile, sealKeyOf, epochKeyId, tokenKeyOf, type TraceContext } from '../fingerprints.ts'
import { shownIn } from '../names.ts'
import { scratchIn } from '../places.ts'
import { createMachine } from '../scanner/machine.ts'
import { currentEpoch, epochsBefore, existingFingerprints } from '../store.ts'
import type { FingerprintRecord } from '../types.ts'
import { catalogueIn, epochIn } from './epochs.ts'
import { readSketches, type PlaceSketch } from './files.ts'
import { fieldsOf, folderOfEpoch } from './keep.ts'
import { likePlaces, type Asked, type LikePlace } from './match.ts'
import { beginSketches, clearSketches, emptySketch, oneIn, sketchIn, sketchRegions, sketchTokenBits, unite, type Sketch } from './sketch.ts'

export interface Comparison {
  /** Places with a value in common, those that share most first. */
  readonly places: readonly LikePlace[]
  /** Places that it was compared with. */
  readonly known: number
  /** Sketches that do not open: these places are not known until they are read again. */
  readonly damaged: number
  /** What was asked about: tokens in its sample, of how many different values. */
  readonly asked: readonly { readonly column: string; readonly form: string | null; readonly sampled: number; readonly distinct: number }[]
  /** What could not be compared, and why. */
  readonly notCompared: readonly { readonly what: string; readonly because: string }[]
}

interface Known { readonly places: readonly PlaceSketch[]; readonly damaged: number }

/** The sketches of an epoch; none when it has none, or their key was destroyed. */
async function knownOf(context: TraceContext, epoch: number): Promise<Known> {
  const none = !existsSync(join(catalogueIn(context.directory), String(epoch))) || context.ledger.keys.wasDestroyed(`catalogue/${epoch}`)
  if (none) return { places: [], damaged: 0 }
  const { sketches, damaged } = await readSketches(folderOfEpoch(context, epoch))
  return { places: sketches, damaged }
}

/**
 * Compares the fingerprints of a dataset with every known place. Throws `Misuse` when it has none. Fingerprints under a key of one controller's own are not
 * compared: no sketches are made with it.
 */
export async function compareDataset(context: TraceContext, dataset: string): Promise<Comparison> {
  const records = (await existingFingerprints(context.ledger.database)).filter((record) => record.dataset === dataset)
  if (records.length === 0) throw new Misuse(`no dataset ${JSON.stringify(dataset)} has fingerprints; bailee trace refresh takes them`)
  const notCompared: { what: string; because: string }[] = []
  const comparisons: Comparison[] = []
  for (const [tokenKey, mine] of Map.groupBy(records, (record) => record.tokenKey)) {
    const epoch = epochIn(tokenKey)
    const known = epoch === undefined ? undefined : await knownOf(context, epoch)
    if (known === undefined) notCompared.push(...mine.map(({ id }) => ({ what: id, because: 'its controller shares no key with others, and no sketches are made with a key of its own: sweep for it' })))
    else if (known.places.length === 0) notCompared.push(...mine.map(({ id }) => ({ what: id, because: 'no sweep has read any place with its key of tokens yet: sweep first' })))
    else comparisons.push(await compareWith(context, known, 0, (await Promise.all(mine.map((record) => askedOf(context, record, records.length > 1)))).flat()))
  }
  return {
    places: comparisons.flatMap(({ places }) => places), known: Math.max(0, ...comparisons.map(({ known }) => known)), damaged: comparisons.reduce((sum, { damaged }) => sum + damaged, 0),
    asked: comparisons.flatMap(({ asked }) => asked), notCompared: [...notCompared, ...comparisons.flatMap((one) => one.notCompared)],
  }
}

async function compareWith(context: TraceContext, { places, damaged }: Known, level: number, asked: readonly Asked[]): Promise<Comparison> {
  return {
    places: await shownIn(context, likePlaces(asked, level, places)), known: places.length, damaged, notCompared: [],
    asked: asked.map(({ column, form, tokens, distinct }) => ({ column, form, sampled: tokens.length, distinct: distinct ?? tokens.length * oneIn(level) })),
  }
}

/** The lists of a dataset's fingerprints as far as a sketch goes: they ascend, so that only their beginnings are read. */
async function askedOf(context: TraceContext, record: FingerprintRecord, several: boolean): Promise<Asked[]> {
  const opened = await openSegmentFile(segmentFile(context, record), sealKeyOf(context, record))
  try {
    const { columns, forms } = opened.header
    const named = (column: number): string => `${several ? `${record.id}: ` : ''}${columns[column]?.name ?? ''}`
    const asked: Asked[] = []
    for (const [number, profile] of columns.entries()) asked.push({ column: named(number), form: null, tokens: await beginningOf(opened, 'columns', number), distinct: profile.distinct, profile })
    for (const [number, { column, form, distinct }] of forms.entries()) {
      asked.push({ column: named(column), form, tokens: await beginningOf(opened, 'forms', number), distinct, profile: columns[column] })
    }
    return asked
  } finally {
    await opened.close()
  }
}

async function beginningOf(opened: SegmentFile, kind: ListKind, number: number): Promise<BigUint64Array> {
  const parts: BigUint64Array[] = []
  for await (const part of opened.read(kind, number)) {
    const below = countBelow(part, 2 ** (sketchTokenBits - 32))
    parts.push(part.subarray(0, below))
    if (below < part.length) break
  }
  return concatenate(parts)
}

/**
 * Compares a file, which may be packed in anything a sweep opens, with every known place. It is read as a sweep reads it, and nothing of it is kept. Throws `Misuse`
 * when it is not there, `Broken` when nothing of it can be read.
 */
export async function compareFile(context: TraceContext, file: string): Promise<Comparison> {
  if (!existsSync(file)) throw new Misuse(`there is no file ${file}`)
  const { database, keys } = context.ledger
  const current = await currentEpoch(database)
  let [epoch, known]: [number, Known] = [current, await knownOf(context, current)]
  for (const earlier of (await epochsBefore(database, current)).reverse()) if (known.places.length === 0) [epoch, known] = [earlier, await knownOf(context, earlier)]
  const { sketches, numeric, notRead } = await sketchFile(file, { key: tokenKeyOf(keys, epochKeyId(epoch)), scratch: scratchIn(context.directory) })
  if (sketches.size === 0 && notRead.length > 0) throw new Broken('trace/nothing-read', `nothing of the file could be read: ${notRead[0]?.because ?? ''}`)
  const level = Math.max(0, ...[...sketches.values()].map((sketch) => sketch.level))
  const asked = [...sketches].flatMap(([part, sketch]) => fieldsOf(unite([sketch, { ...emptySketch, level }]), part, null).map(({ field, tokens }): Asked => ({
    column: `${part === '' ? '' : `${part}: `}field ${(field ?? 0) + 1}`, form: null, tokens, profile: numeric.get(part)?.has(field ?? -1) === true ? numbers : undefined,
  })))
  const comparison = await compareWith(context, known, level, asked)
  return { ...comparison, notCompared: [...notRead, ...(known.places.length === 0 ? [{ what: file, because: 'no sweep has read any place yet: sweep first' }] : [])] }
}

interface SketchedFile {
  readonly sketches: ReadonlyMap<string, Sketch>
  /** By part, fields of numbers and days. */
  readonly numeric: ReadonlyMap<string, ReadonlySet<number>>
   readonly notRead: readonly { readonly what: string; readonly because: string }[]
}

async function sketchFile(file: string, { key, scratch }: { readonly key: Uint8Array; readonly scratch: string }): Promise<SketchedFile> {
  const machine = createMachine({ key, regions: sketchRegions })
  beginSketches(machine)
  const sketches = new Map<string, Sketch>()
  const numeric = new Map<string, ReadonlySet<number>>()
  const notRead: { what: string; because: string }[] = []
  const path = resolve(file)
  for await (const part of openParts(dirname(path), basename(path), { scratch })) {
    if (isUnread(part)) {
      notRead.push({ what: part.name, because: part.because })
      continue
    }
    try {
      clearSketches(machine)
      const first: Buffer[] = []
      await machine.scan(peeking(part.bytes, first), { delimiter: part.delimiter, shape: part.shape })
      if (part.shape === 'rows') numeric.set(part.name, numericFields(Buffer.concat(first).toString(), part.delimiter))
      sketches.set(part.name, unite([sketches.get(part.name) ?? emptySketch, sketchIn(machine)]))
      notRead.push(...part.partly().map((because) => ({ what: part.name, because })))
    } catch (cause) {
      if (!(cause instanceof Broken)) throw cause
      notRead.push({ what: part.name, because: cause.message })
    }
  }
  return { sketches, numeric, notRead }
}

// What numbers are like: none names a record by itself, since others count from one as well.
const numbers = { bits: 0, alone: false }

/** Of a file, bytes by which its fields are told to be numbers. */
const peekBytesMax = 64 * 1024

async function* peeking(bytes: AsyncIterable<Uint8Array>, first: Buffer[]): AsyncGenerator<Uint8Array> {
  let kept = 0
  for await (const piece of bytes) {
    if (kept < peekBytesMax) first.push(Buffer.from(piece.subarray(0, peekBytesMax - kept)))
    kept += piece.length
    yield piece
  }
}

const numberLike = /^"?[-+\d .,:/()]{1,20}"?$/

/** Fields of which all values but a header are numbers or days, by the first lines of a file. */
function numericFields(text: string, delimiter: string): ReadonlySet<number> {
  const lines = text.split('\n').slice(1, -1).map((line) => line.replace(/\r$/, '').split(delimiter.charAt(0)))
  const widest = Math.max(0, ...lines.map((line) => line.length))
  return new Set(Array.from({ length: widest }, (_, field) => field).filter((field) => lines.every((line) => (line[field] ?? '') === '' || numberLike.test(line[field] ?? ''))))
}
