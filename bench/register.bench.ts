/** The register of a thousand controllers: read out of the control database, laid out and written, in every format; how long it takes, and how much more memory than that of a hundred. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serialize } from 'node:v8'
import { openBailee, type Bailee } from '../server/composition/index.ts'
import { applyEstate, readEstate } from '../server/estate/index.ts'
import { formats, recordsOf, type Format, type RegisterRecord } from '../server/register/index.ts'
import { estateOf } from './estate.ts'
import type { Benchmark, Measured } from './result.ts'

const [controllersFull, controllersQuick] = [1_000, 50]
const at = Date.UTC(2026, 0, 5) / 1000
/** Pages of PDF are set one by one, each line measured. */
const secondsMax = { pdf: 60, others: 10 }
/** What a process may grow by, whatever the number of controllers: room that it does not clear yet. A file that were kept whole, with its pages, would take more with each. */
const megabytesMax = { pdf: 250, others: 150 }

const rounded = (number: number): number => Math.round(number * 100) / 100

interface Written { readonly seconds: number; readonly bytes: number; readonly megabytes: number }

/** Writes it in a process of its own. */
function written(directory: string, records: readonly RegisterRecord[], format: Format): Written {
  const from = join(directory, `${records.length}.records`)
  const to = join(directory, `register-${records.length}.${format}`)
  writeFileSync(from, serialize(records))
  try {
    return JSON.parse(execFileSync(process.execPath, [join(import.meta.dirname, 'register', 'written.ts'), from, to, format], { encoding: 'utf8' })) as Written
  } finally {
    for (const file of [from, to]) rmSync(file, { force: true })
  }
}

/** As many again, each with a name of its own: what does not grow with a thousand does not with four. */
const fourfold = (records: readonly RegisterRecord[]): RegisterRecord[] => [0, 1, 2, 3].flatMap((round) => records.map((record) => ({ ...structuredClone(record), controller: { ...record.controller, id: `${record.controller.id}-${round}` } })))

async function measured({ ledger, database }: Bailee, { controllers, directory, log }: { readonly controllers: number; readonly directory: string; readonly log: (line: string) => void }): Promise<Measured[]> {
  await applyEstate(ledger, readEstate(estateOf(controllers), 'bailee.yaml'), { checked: [], unchecked: [] }, at)
  const from = performance.now()
  const records = await recordsOf(database, {}, at)
  const reading = rounded((performance.now() - from) / 1000)
  log(`${records.length} records read in ${reading} s; ${rounded(serialize(records).length / 1024 ** 2)} MB of them`)
  const results: Measured[] = []
  for (const format of formats) {
    const [few, all, more] = [records.slice(0, Math.ceil(controllers / 10)), records, fourfold(records)].map((some) => written(directory, some, format)) as [Written, Written, Written]
    const seconds = rounded(reading + all.seconds)
    const [most, room] = format === 'pdf' ? [secondsMax.pdf, megabytesMax.pdf] : [secondsMax.others, megabytesMax.others]
    const grew = (one: Written): string => `${Math.round(one.megabytes)} MB`
    log(`${format}: ${rounded(all.bytes / 1024 ** 2)} MB in ${rounded(all.seconds)} s; the process grew by ${grew(few)} with a tenth of them, by ${grew(all)} with all, by ${grew(more)} with four times as many`)
    results.push(
      { what: `${format} of ${controllers} controllers, read and written (${rounded(all.bytes / 1024 ** 2)} MB)`, value: seconds, unit: 's', baseline: null, ratio: null, must: `<= ${most} s`, goal: '<= 3 s', ok: records.length === controllers && seconds <= most },
      { what: `${format}: the process grew, writing four times as many (${rounded(more.bytes / 1024 ** 2)} MB)`, value: Math.round(more.megabytes), unit: 'MB', baseline: { what: `with ${controllers}`, value: Math.round(all.megabytes) }, ratio: rounded(more.megabytes / Math.max(1, all.megabytes)), must: `<= ${room} MB`, goal: 'no more', ok: more.megabytes <= room },
    )
  }
  return results
}

export const benchmark: Benchmark = {
  name: 'register', about: `the register of ${controllersFull.toLocaleString('en-GB')} controllers, in every format`, diskBytes: 1024 ** 3,
  run: async (log, quick = false) => {
    const directory = mkdtempSync(join(tmpdir(), 'bailee-register-'))
    const bailee = await openBailee({ directory, origin: 'processor.example', clock: 'replayed', environment: {} }, at - 1)
    try {
      return await measured(bailee, { controllers: quick ? controllersQuick : controllersFull, directory, log })
    } finally {
      await bailee.close()
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
