/** The register of a thousand controllers: read out of the control database, laid out and written, in every format; how long it takes and how much memory. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBailee, type Bailee } from '../server/composition/index.ts'
import { applyEstate, readEstate } from '../server/estate/index.ts'
import { exportRegister, formats, recordsOf } from '../server/register/index.ts'
import { estateOf } from './estate.ts'
import type { Benchmark, Measured } from './result.ts'

const [controllersFull, controllersQuick] = [1_000, 50]
const at = Date.UTC(2026, 0, 5) / 1000
/** Pages of PDF are set one by one, each line measured. */
const secondsMax = { pdf: 60, others: 10 }
const megabytesMax = 600

const rounded = (number: number): number => Math.round(number * 100) / 100

/** Seconds, and megabytes that the process grew by at most meanwhile. */
async function watched<Result>(work: () => Promise<Result>): Promise<{ result: Result; seconds: number; megabytes: number }> {
  const before = process.memoryUsage().rss
  let most = before
  const watch = setInterval(() => { most = Math.max(most, process.memoryUsage().rss) }, 10)
  const from = performance.now()
  const result = await work()
  most = Math.max(most, process.memoryUsage().rss)
  clearInterval(watch)
  return { result, seconds: rounded((performance.now() - from) / 1000), megabytes: Math.round((most - before) / 1024 ** 2) }
}

async function measured({ ledger, database }: Bailee, controllers: number, log: (line: string) => void): Promise<Measured[]> {
  await applyEstate(ledger, readEstate(estateOf(controllers), 'bailee.yaml'), { checked: [], unchecked: [] }, at)
  const { result: records, seconds: reading } = await watched(() => recordsOf(database, {}, at))
  log(`${records.length} records read in ${reading} s`)
  const results: Measured[] = []
  for (const format of formats) {
    const { result: bytes, seconds, megabytes } = await watched(() => exportRegister(records, { format, language: 'en' }))
    log(`${format}: ${rounded(bytes.length / 1024 ** 2)} MB in ${seconds} s, ${megabytes} MB of memory`)
    const most = format === 'pdf' ? secondsMax.pdf : secondsMax.others
    results.push({ what: `${format} of ${controllers} controllers, read and written (${rounded(bytes.length / 1024 ** 2)} MB; the process grew by ${megabytes} MB)`, value: rounded(reading + seconds), unit: 's', baseline: null, ratio: null, must: `<= ${most} s, <= ${megabytesMax} MB`, goal: '<= 3 s', ok: records.length === controllers && reading + seconds <= most && megabytes <= megabytesMax })
  }
  return results
}

export const benchmark: Benchmark = {
  name: 'register', about: `the register of ${controllersFull.toLocaleString('en-GB')} controllers, in every format`, diskBytes: 1024 ** 3,
  run: async (log, quick = false) => {
    const directory = mkdtempSync(join(tmpdir(), 'bailee-register-'))
    const bailee = await openBailee({ directory, origin: 'processor.example', clock: 'replayed', environment: {} }, at - 1)
    try {
      return await measured(bailee, quick ? controllersQuick : controllersFull, log)
    } finally {
      await bailee.close()
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
