/** What holds rows of several owners, written anew without those of one: delimited text, JSON, gzip, zip archives of these, Parquet. */
import { createReadStream } from 'node:fs'
import { documentLimits, isUnread, partsOfParquet, spool, type Part, type PartOrUnread } from '#inventory'
import { Broken } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Begin, Counted, Erased } from '../erased.ts'
import { locateRows, mustBeRest, type Searched } from '../located.ts'
import { isText, withoutRows, type Without } from './text.ts'
import { memberOf, membersOf, sameMembers, zipWith } from './zip.ts'

type Bytes = AsyncIterable<Uint8Array>

/** What stands ready to take the place of what it was made from. */
export interface Draft {
  /** Where it stands until then. */
  readonly file: string
  /** Puts it there, durably. Resolves to why the old bytes may still be there; undefined for nothing that is known. Throws `Broken` where that was written to meanwhile. */
  commit(): Promise<string | undefined>
  discard(): Promise<void>
}

export interface Mixed extends Searched {
  /** As `WholeToErase` has them. */
  parts(): AsyncGenerator<PartOrUnread>
  /** As they stand. */
  bytes(): Bytes
  /** Lends a file that holds them. */
  inFile<Result>(work: (file: string) => Promise<Result>): Promise<Result>
  /** Writes these beside it. Throws `Broken` where that cannot be done. */
  draft(bytes: Bytes): Promise<Draft>
  readonly scratch?: string | undefined
}

/** How many of its rows go, and the bytes without them. `check`: searches a file of these. Throws `Broken` where that is not the rest. */
interface Planned { readonly counted: Counted; bytes(): Bytes; check(file: string): Promise<void> }

const read = (file: string): Bytes => createReadStream(file, { highWaterMark: 1024 * 1024 })

/**
 * Writes it anew without the controller's rows, and puts that in its place. Undefined, with nothing changed, where it is not of a kind whose rows can be taken out; blocked where it is, and this one
 * could not be. `whole` is what was counted in all its parts. Throws `Broken` when it changes meanwhile.
 */
export async function rewriteMixed(mixed: Mixed, whole: Counted, begin: Begin): Promise<Erased | undefined> {
  const parts: Pick<Part, 'name' | 'kind' | 'shape' | 'text' | 'delimiter'>[] = []
  for await (const part of mixed.parts()) {
    if (isUnread(part)) return undefined
    parts.push({ name: part.name, kind: part.kind, shape: part.shape, text: part.text, delimiter: part.delimiter })
    await part.bytes[Symbol.asyncIterator]().return?.(undefined)
  }
  const [first] = parts
  if (first === undefined) return undefined
  if (first.kind === 'Parquet' && first.name === '') return inParquet(mixed, whole, begin)
  if (parts.length === 1 && first.name === '') return isText(first) ? carried(mixed, begin, await unlessBroken(async () => {
    const without = await withoutRows(first, () => mixed.bytes(), mixed)
    return without === undefined ? undefined : { ...without, check: (file: string) => without.check(() => read(file)) }
  })) : undefined
  return parts.some(({ name }) => name === '') ? undefined : inZip(mixed, { parts, whole }, begin)
}

/** What turns out not to be what it looked like is left as it is. */
async function unlessBroken<Result>(work: () => Promise<Result>): Promise<Result | string | undefined> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof Broken && ['inventory/rows-broken', 'erasure/not-rewritten', 'erasure/count-differs'].includes(cause.code)) return cause.message
    throw cause
  }
}

async function carried(mixed: Mixed, begin: Begin, planned: Planned | string | undefined): Promise<Erased | undefined> {
  if (planned === undefined) return undefined
  const draft = typeof planned === 'string' ? planned : await unlessBroken(() => checked(mixed, planned))
  if (typeof planned === 'string' || typeof draft === 'string' || draft === undefined) return { outcome: 'blocked', counted: { rows: 0, unowned: 0, ambiguous: 0 }, because: `it could not be written anew: ${String(draft)}` }
  const { counted } = planned
  try {
    await begin(counted)
    failpoint('erasure/after-begin')
    const held = await draft.commit()
    return { outcome: 'erased', rows: counted.rows, counted, ...(held === undefined ? {} : { held }) }
  } catch (cause) {
    await draft.discard()
    throw cause
  }
}

/** Written, and searched before it takes the place of anything. */
async function checked(mixed: Mixed, planned: Planned): Promise<Draft> {
  const draft = await mixed.draft(planned.bytes())
  try {
    await planned.check(draft.file)
    return draft
  } catch (cause) {
    await draft.discard()
    throw cause
  }
}

async function inParquet(mixed: Mixed, whole: Counted, begin: Begin): Promise<Erased | undefined> {
  const { parquetWithout } = await import('./parquet.ts')
  return mixed.inFile(async (file) => {
    const located = await locateRows(() => parquetRows(file), mixed, { delimiter: '\t' })
    if (located === undefined || located.matched.ordinals.length === 0) return undefined
    const made = await spool(nothing(), { folder: mixed.scratch, limits: documentLimits })
    try {
      const failed = await unlessBroken(async () => {
        const left = await parquetWithout(file, located.matched.ordinals, made.file)
        if (left !== located.rowsRead - located.matched.ordinals.length) throw new Broken('erasure/not-rewritten', 'a Parquet file without the rows would not hold all others; nothing was changed')
      })
      const counted = { ...whole, rows: located.counted.rows }
      return await carried(mixed, begin, typeof failed === 'string' ? failed : {
        counted, bytes: () => read(made.file), check: (written) => mustBeRest(() => parquetRows(written), mixed, { located, how: { delimiter: '\t' } }),
      })
    } finally {
      await made.remove()
    }
  })
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // no byte
}

/** In the order of the file: the numbers of its rows are those that are taken out. */
async function* parquetRows(file: string): AsyncGenerator<Uint8Array> {
  for await (const part of partsOfParquet({ file, name: '' }, { inOrder: true })) {
    if (isUnread(part)) throw new Broken('erasure/not-rewritten', `nothing was changed: ${part.because}`)
    yield* part.bytes
    return
  }
}

interface Members { readonly parts: readonly Pick<Part, 'name' | 'shape' | 'text' | 'delimiter'>[]; readonly whole: Counted }

/** A member whose rows are all the controller's goes; of the others its rows go. */
async function inZip(mixed: Mixed, { parts, whole }: Members, begin: Begin): Promise<Erased | undefined> {
  return mixed.inFile(async (file) => {
    const names = await membersOf(file)
    if (names === undefined) return undefined
    const changes = new Map<string, Without | 'removed'>()
    let rows = 0
    const failed = await unlessBroken(async () => {
      for (const part of parts.filter((one) => isText(one) && names.includes(one.name))) {
        const without = await withoutRows(part, () => memberOf(file, part.name), mixed)
        if (without === undefined) continue
        changes.set(part.name, without.nothingLeft ? 'removed' : without)
        rows += without.counted.rows
      }
    })
    if (typeof failed === 'string') return carried(mixed, begin, failed)
    if (rows === 0 || rows < whole.rows) return undefined // they stand in members that cannot be written anew
    return carried(mixed, begin, { counted: { ...whole, rows }, bytes: () => zipWith(file, changes), check: (written) => checkZip(written, { file, changes }) })
  })
}

async function checkZip(written: string, { file, changes }: { readonly file: string; readonly changes: ReadonlyMap<string, Without | 'removed'> }): Promise<void> {
  if (!await sameMembers(file, written, changes)) throw new Broken('erasure/not-rewritten', 'an archive without the rows would not hold its other members as they were; nothing was changed')
  for (const [name, change] of changes) if (change !== 'removed') await change.check(() => memberOf(written, name))
}
