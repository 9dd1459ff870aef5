/** The register of a thousand controllers: read out of the control database, laid out and written, in every format; how long it takes and how much memory. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBailee, type Bailee } from '../server/composition/index.ts'
import { applyEstate, readEstate } from '../server/estate/index.ts'
import { exportRegister, formats, recordsOf } from '../server/register/index.ts'
import type { Benchmark, Measured } from './result.ts'

const [controllersFull, controllersQuick] = [1_000, 50]
const at = Date.UTC(2026, 0, 5) / 1000
/** Pages of PDF are set one by one, each line measured. */
const secondsMax = { pdf: 60, others: 10 }
const megabytesMax = 600

/** An estate in which every controller has a contract with a sub-processor abroad, a dataset and two instructions. */
function estateOf(controllers: number): string {
  const every = (line: (number: number) => string): string => Array.from({ length: controllers }, (_, number) => line(number)).join('\n')
  const instruction = (id: string, number: number, operations: string): string => `  - { id: ${id}-${number}, contract: k-${number}, text: "Do it.", purposes: [Marketing], operations: ${operations}, data: { d-${number}: [user_id, email] }, environments: [production], from: 2026-01-01 }`
  return `bailee: 1
processor: { origin: processor.example, name: Processor Ltd, country: IL, email: privacy@processor.example, dpo: none, representative: none, measures: [{ heading: storage, text: "Encrypted disks." }] }
environments: [{ id: production, class: production, country: IE, operator: processor, protection: high }]
stores: [{ id: crm, environment: production, kind: postgres }]
controllers:
${every((number) => `  - { id: c-${number}, name: Client ${number} SA, country: FR, email: dpo@client-${number}.example, dpo: none, signatories: [{ name: S. ${number}, contact: s@client-${number}.example }] }`)}
contracts:
${every((number) => `  - { id: k-${number}, controller: c-${number}, starts: 2026-01-01, transfers: [{ country: IL, tool: adequacy }], sub_processors: { authorisation: general, notice_days: 30, list: [{ name: Mail Ltd, country: IE, contact: ops@mail.example }] } }`)}
datasets:
${every((number) => `  - { id: d-${number}, controller: c-${number}, store: crm, tables: [{ table: t${number}.person, subject: user_id, columns: { user_id: { category: UID, identifies: true }, email: { category: EmailAddress, identifies: true } } }] }`)}
instructions:
${every((number) => `${instruction('r', number, '[read]')}\n${instruction('s', number, '[derive, disclose]')}`)}
`
}

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
