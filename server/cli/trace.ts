import type { Command } from 'commander'
import { traceContext } from '#composition'
import { readHeaderLine, removeSubjects, rotateEpoch, slotsHeld, takeFingerprints, watermarkRefreshesMax, type Refreshed } from '#trace'
import { addCompare } from './compare.ts'
import { common, say, withBailee, type CommonOptions } from './context.ts'
import { addEngine } from './engine.ts'
import { createMeter } from './meter.ts'
import { heldLines } from './slots.ts'
import { addSweep } from './sweep.ts'

const place = (state: { work: string; place: string; done: number; total: number }): string => `${state.work} ${state.done + 1}/${state.total} ${state.place}`

const count = (number: number): string => number.toLocaleString('en-GB')

function replicated({ fingerprints, mode, rowsRead, changes, instead, retainedBytes }: Refreshed): string[] {
  if (mode === 'replication' && changes !== undefined) return [`  ${fingerprints}: ${count(rowsRead)} rows read, by replication: ${count(changes.inserted)} inserted, ${count(changes.updated)} updated, ${count(changes.deleted)} deleted since the last refresh`]
  if (instead !== undefined) return [`  ! ${fingerprints}: all ${count(rowsRead)} rows compared, not by replication: ${instead}`]
  return retainedBytes === undefined ? [] : [`  ${fingerprints}: all ${count(rowsRead)} rows compared`]
}

function howRead(read: Refreshed): string[] {
  const { fingerprints, mode, rowsRead, bytes, layers, unmarked = 0, partly = [], lost = 0 } = read
  const rows = rowsRead.toLocaleString('en-GB')
  if (lost > 0) return [`  ! ${fingerprints}: ${lost.toLocaleString('en-GB')} people who had left it, and whoever left since the last refresh, cannot be found any more: they were known in a normal form of values that is read no more`]
  if (partly.length > 0) return [`  ! ${fingerprints}: ${rows} rows read, and not all there are: ${partly.join('; ')}`]
  if (mode === 'watermark') return [`  ${fingerprints}: ${rows} rows read, by watermark: added or changed since the last refresh${layers === 0 ? '' : `, and kept as layer ${layers} (${Math.ceil(bytes / 1024).toLocaleString('en-GB')} KiB)`}. Deletions, and rows without watermark or with an earlier one, show in the next compare: after ${watermarkRefreshesMax} such refreshes, or with --full`]
  if (mode === 'replication' || read.instead !== undefined || read.retainedBytes !== undefined) return replicated(read)
  return unmarked === 0 ? [] : [`  ${fingerprints}: all ${rows} rows compared; ${unmarked.toLocaleString('en-GB')} of them have no watermark: their changes show only in a compare`]
}

/** `bailee trace ...`. */
export function addTrace(program: Command, exit: (code: number) => void): void {
  const trace = program.command('trace').description('fingerprints of controllers\' records, and the search for them')
  common(trace.command('refresh').description('take the fingerprints of every dataset of a live contract; people who left it stay findable')
    .option('--full', 'read every row, also where a watermark or a replication slot tells what changed')
    .option('--anew', 'forget who left, and know only who is there now')).action(async (options: CommonOptions & { anew?: boolean; full?: boolean }) => {
    await withBailee(options, async (bailee, at) => {
      const meter = createMeter(process.stderr)
      const context = traceContext(bailee, (state) => meter.show(place(state), state.rows))
      const { taken, notTaken, refreshed, leftBehind } = await takeFingerprints(context, at, { anew: options.anew === true, full: options.full === true })
      meter.end()
      const slots = await slotsHeld(context)
      if (notTaken.length > 0) exit(1)
      say(options, { ok: notTaken.length === 0, taken, refreshed, not_taken: notTaken, left_behind: leftBehind, replication_slots: slots }, () => [
        ...taken.map((record) => `${record.dataset}: ${record.records.toLocaleString('en-GB')} records${record.former === 0 ? '' : `, ${record.former.toLocaleString('en-GB')} of them no longer in it`}`),
        ...refreshed.flatMap(howRead),
        ...heldLines(slots),
        ...notTaken.map(({ dataset, because }) => `  ! ${dataset} has no fingerprints: ${because}`),
        ...leftBehind.map(({ store, name, because }) => `  ! replication slot ${name} is left behind in store ${store}, where it holds back the server's log: ${because}. To drop it there: select pg_drop_replication_slot('${name}')`),
      ])
    })
  })
  addRotate(trace, exit)
  addForget(trace)
  addSweep(trace, exit)
  addCompare(trace)
  addEngine(trace, exit)
}

function addRotate(trace: Command, exit: (code: number) => void): void {
  common(trace.command('rotate').description('begin a new key of tokens, take every fingerprint anew, and destroy the keys that none needs any more')
    .option('--anew', 'give up who left the datasets: they cannot be taken anew')).action(async (options: CommonOptions & { anew?: boolean }) => {
    await withBailee(options, async (bailee, at) => {
      const meter = createMeter(process.stderr)
      const { epoch, notTaken, needed } = await rotateEpoch(traceContext(bailee, (state) => meter.show(place(state), state.rows)), at, { anew: options.anew === true })
      meter.end()
      if (notTaken.length > 0) exit(1)
      say(options, { ok: notTaken.length === 0, epoch, not_taken: notTaken, needed }, () => [
        `Epoch ${epoch}.`,
        ...notTaken.map(({ dataset, because }) => `  ! ${dataset} stays under its old key: ${because}`),
        ...needed.map((one) => `  the key of epoch ${one.epoch} is still needed by ${one.fingerprints.join(', ')}: every search makes one pass more`),
      ])
    })
  })
}

// People named on standard input at once, held in memory while their tokens are made.
const subjectBytesMax = 256 * 1024 * 1024

function addForget(trace: Command): void {
  common(trace.command('forget').description('take people out of the fingerprints of a dataset; their values come on standard input, as CSV with a header line')
    .requiredOption('--dataset <id>', 'the dataset, as declared')).action(async (options: CommonOptions & { dataset: string }) => {
    const people = await readHeaderLine(process.stdin as AsyncIterable<Uint8Array>, subjectBytesMax)
    await withBailee(options, async (bailee, at) => {
      const forgotten = await removeSubjects(traceContext(bailee), { dataset: options.dataset, ...people }, at)
      say(options, { ok: true, forgotten }, () => forgotten.map((one) => `${one.fingerprints}: ${one.removed.toLocaleString('en-GB')} people forgotten, ${one.records.toLocaleString('en-GB')} known`))
    })
  })
}
