import { randomBytes } from 'node:crypto'
import { failpoint } from '#kit/failpoint'
import { Broken, Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import { combineAs, openSegmentFile, readChanges, readTokens, subtractRows, withoutTokens, writeChanges, type DatasetColumn } from './fingerprint/index.ts'
import { forgetCells } from './cells/life.ts'
import { changesFile, destroyEpochs, fate, removeFiles, sealKeyOf, segmentFile, tokenKeyOf, type TraceContext } from './fingerprints.ts'
import { changingFingerprints, existingFingerprints } from './store.ts'
import type { FingerprintRecord } from './types.ts'

export interface Forgetting {
  readonly dataset: string
  /** Names of the fields of `rows`, in their order. */
  readonly columns: readonly string[]
  /** Reads the rows of the people to be forgotten from the start, as CSV without a header line: values as they stand in the dataset, known now and never kept. */
  rows(): AsyncIterable<Uint8Array>
}

export interface Forgotten {
  readonly fingerprints: string
  /** People taken away. */
  readonly removed: number
  readonly records: number
}

/**
 * Takes people out of a dataset's fingerprints, those of tables, of people who left, and kept ones alike: every token of their values and links, so that no search
 * finds them any more, and no layer holds them. A value that somebody else has too is gone with them until the next refresh. Whoever is still in the dataset then, comes
 * back with it: erase the rows first. Recorded by count. Throws `Misuse` when neither fingerprints nor a log of cells know any of the columns.
 */
export async function removeSubjects(context: TraceContext, forgetting: Forgetting, at: Instant): Promise<Forgotten[]> {
  return changingFingerprints(context.ledger.database, () => removeAll(context, forgetting, at))
}

async function removeAll(context: TraceContext, forgetting: Forgetting, at: Instant): Promise<Forgotten[]> {
  const mine = (await existingFingerprints(context.ledger.database)).filter((record) => record.dataset === forgetting.dataset)
  const inCells = await forgetCells(context, forgetting)
  const forgotten: Forgotten[] = []
  for (const record of mine) {
    const one = await removeFrom(context, record, forgetting, at)
    if (one !== undefined) forgotten.push(one)
  }
  if (forgotten.length === 0 && !inCells) throw new Misuse(`no fingerprints of a dataset ${forgetting.dataset} know a column ${forgetting.columns.join(' or ')}`)
  await destroyEpochs(context, at)
  return forgotten
}

async function removeFrom(context: TraceContext, record: FingerprintRecord, { columns, rows }: Forgetting, at: Instant): Promise<Forgotten | undefined> {
  const file = segmentFile(context, record)
  const sealKey = sealKeyOf(context, record)
  const before = await openSegmentFile(file, sealKey)
  try {
    const known = columns.map((name) => ({ name, identifies: before.header.columns.some((column) => column.name === name && column.of === undefined), combine: combineAs(before.header, name) }))
    if (!known.some((column) => column.identifies || column.combine !== undefined)) return undefined
    await forgetChanges(context, record, { columns: known, rows })
    const rest = await subtractRows({
      dataset: record.id, epochKey: tokenKeyOf(context.ledger.keys, record.tokenKey), sealKey, random: randomBytes, file, columns: known, rows: rows(), before, left: record.former === record.records,
    })
    failpoint('trace/before-forgotten')
    if (rest === undefined) {
      await context.ledger.append(fate(record, 'trace.destroyed', at, { removed: record.records }))
      removeFiles(context, record)
      return { fingerprints: record.id, removed: record.records, records: 0 }
    }
    const { sha256, records, former, removed } = rest
    await context.ledger.append(fate(record, 'trace.forgotten', at, { sha256, records, former, removed }))
    return { fingerprints: record.id, removed, records }
  } finally {
    await before.close()
  }
}

/** Takes their values out of the change log, too: first, because nothing but their fingerprints tells that it has to be done. */
async function forgetChanges(context: TraceContext, record: FingerprintRecord, { columns, rows }: { readonly columns: readonly DatasetColumn[]; rows(): AsyncIterable<Uint8Array> }): Promise<void> {
  const [file, sealKey] = [changesFile(context, record.id), sealKeyOf(context, record)]
  const log = await readChanges(file, sealKey)
  if (log === undefined || log.changes.length === 0) return
  const found: bigint[] = []
  await readTokens({ epochKey: tokenKeyOf(context.ledger.keys, record.tokenKey), columns, delimiter: ',', rows: rows() }, (_, tokens) => found.push(...tokens))
  await writeChanges(file, withoutTokens(log, BigUint64Array.from(found).sort()), { sealKey, random: randomBytes })
}

// A header line longer than this names no columns.
const headerBytesMax = 64 * 1024

/**
 * Splits the header line from CSV bytes: the columns that it names, and the rows behind it. The bytes are held, so that they can be read more than once.
 * Throws `Misuse` without a header line, `Broken` for more than `maxBytes`.
 */
export async function readHeaderLine(bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Pick<Forgetting, 'columns' | 'rows'>> {
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of bytes) {
    parts.push(part)
    length += part.length
    if (length > maxBytes) throw new Broken('trace/too-many-subjects', `more than ${maxBytes} bytes of people to forget: give them in parts`)
  }
  const whole = Buffer.concat(parts)
  const end = whole.indexOf(0x0a)
  if (end < 0 || end > headerBytesMax) throw new Misuse('the first line names the columns, such as: email,phone; the lines behind it hold the values')
  const columns = whole.subarray(0, end).toString('utf8').replace(/^\uFEFF/, '').trim().split(',').map((name) => name.trim().replace(/^"(.*)"$/s, '$1').replaceAll('""', '"'))
  return { columns, rows: async function* () { yield whole.subarray(end + 1) } }
}
