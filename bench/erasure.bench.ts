/**
 * One controller's rows out of a table that two share, a quarter of it: the whole exit (last fingerprints, a search, deleting, rewriting, the files searched byte by byte, a second search, the
 * certificate) against a plain DELETE and VACUUM FULL of the same table. BAILEE_ERASURE_ROWS says how many rows the table has, instead of four million.
 */
import { generateKeyPairSync, sign } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { applies } from '../server/composition/index.ts'
import { openDatabase, startServer, type Server } from '../server/database/index.ts'
import { migrate } from '../server/database/migrate.ts'
import { certify, confirmErasure, endContract, runErasure, stepsOf } from '../server/erasure/index.ts'
import { applyEstate, readEstate } from '../server/estate/index.ts'
import { acceptInstruction } from '../server/instruction/index.ts'
import { openKeyStore, openLedger, rawPublicKey, type Ledger } from '../server/ledger/index.ts'
import { parseInstant } from '../server/kit/time.ts'
import { takeFingerprints, type TraceContext } from '../server/trace/index.ts'
import { inventedTeller } from '../server/transfer/index.ts'
import { rounded, type Benchmark, type Measured } from './result.ts'

export const on = (date: string): number => parseInstant(date) ?? 0

const columns = '{ person: { category: UID, identifies: true }, email: { category: UID, identifies: true }, phone: { category: UID, identifies: true }, plan: { category: Purchase } }'
const declared = (dataset: string, controller: string): string => `
  - { id: ${dataset}, controller: ${controller}, store: shop, tables: [{ table: public.shared, subject: person, separation: shared_table, rows: "client = '${controller}'", columns: ${columns} }] }`

const estate = (dataDirectory: string): string => `
bailee: 1
processor: { origin: processor.example, name: Processor, country: IL }
environments: [{ id: production, class: production, country: IE, operator: processor, protection: high }]
stores: [{ id: shop, environment: production, kind: postgres, sweep_url: "file:sweep.url", erase_url: "file:erase.url", maintenance_url: "file:maintenance.url", data_directory: ${dataDirectory}, backups: none }]
controllers:
  - { id: acme, name: Acme, country: FR, signatories: [{ name: A. Adams, contact: a@acme.example }] }
  - { id: other, name: Other, country: FR, signatories: [{ name: B. Bossi, contact: b@other.example }] }
contracts:
  - { id: acme-2016, controller: acme, starts: 2016-12-01, ends: 2020-12-01, at_end: { choice: delete, within_days: 30, fingerprints: { keep_until: 2023-12-01, instruction: INS-1 } } }
  - { id: other-2016, controller: other, starts: 2016-12-01 }
datasets:${declared('mine', 'acme')}${declared('theirs', 'other')}
instructions:
  - { id: INS-1, contract: acme-2016, text: "Keep fingerprints to search.", purposes: [LegalCompliance], operations: [search], data: { mine: "*" }, environments: [production], from: 2016-12-01, until: 2023-12-01 }
people:
  - { id: eli, name: Eli, contact: eli@processor.example, role: engineer }
  - { id: dana, name: Dana, contact: dana@processor.example, role: dpo }
`

const fill = (rows: number): string[] => [
  'create table shared (client text not null, person text not null, email text, phone text, plan text)',
  `insert into shared select case when i % 4 = 0 then 'acme' else 'other' end, 'U' || (i * 7919::bigint), 'p' || i || '@person.example', '+39 02 ' || (70000000 + i::bigint * 7), case when i % 3 = 0 then 'premium' else 'free' end
   from generate_series(1, ${rows}) i`,
  'alter table shared add primary key (person)', 'create index on shared (email)',
]

export async function run(url: string, ...statements: string[]): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    let last: pg.QueryResult | undefined
    for (const statement of statements) last = await client.query(statement)
    return last as pg.QueryResult
  } finally {
    await client.end()
  }
}

export const seconds = async (work: () => Promise<unknown>): Promise<number> => { const from = performance.now(); await work(); return (performance.now() - from) / 1_000 }

interface Place { readonly directory: string; readonly client: Server; readonly control: Server }

/** Bailee over the table, with everybody's fingerprints taken a year before. */
async function open({ directory, client, control }: Place): Promise<{ context: TraceContext; close: () => Promise<void> }> {
  for (const [name, account] of [['sweep', 'sweeper'], ['erase', 'eraser'], ['maintenance', 'bailee']] as const) writeFileSync(join(directory, `${name}.url`), client.url('shop', account))
  await migrate(control.url('postgres'))
  const database = openDatabase(control.url('postgres'))
  const ledger = await openLedger({ database, keys: openKeyStore(join(directory, 'keys')), origin: 'processor.example', clock: 'replayed', applies }, on('2016-11-01'))
  const dataDirectory = String((await run(client.url('shop'), 'show data_directory')).rows[0]?.data_directory)
  await applyEstate(ledger, readEstate(estate(dataDirectory), 'bailee.yaml'), { checked: [], unchecked: [] }, on('2016-12-01'))
  await accept(ledger)
  return { context: { ledger, references: { environment: {}, directory }, directory: join(directory, 'fingerprints'), governed: () => inventedTeller(ledger) }, close: () => database.destroy() }
}

export async function accept(ledger: Ledger): Promise<void> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory' as const, sign: (message: Uint8Array) => sign(null, message, privateKey) }
  await acceptInstruction(ledger, { instruction: 'INS-1', signatory: 'A. Adams', key }, on('2016-12-02'))
}

interface Erased { readonly seconds: number; readonly status: string; readonly rows: number; readonly obstacles: readonly unknown[] }

/** Says how long it took from each entry of the ledger to the next, and what this process worked at meanwhile. */
function timed(context: TraceContext, log: (line: string) => void): TraceContext {
  let [since, used] = [performance.now(), process.cpuUsage()]
  const append: Ledger['append'] = (drafts) => {
    const [now, now2] = [performance.now(), process.cpuUsage(used)]
    const types = [drafts].flat().map(({ type }) => type).filter((type) => type !== 'grant.revoked')
    log(`${rounded((now - since) / 1_000)} s (${rounded((now2.user + now2.system) / 1e6)} s of this process's processors) until ${types.join(', ')}`);
    [since, used] = [now, process.cpuUsage()]
    return context.ledger.append(drafts)
  }
  return { ...context, ledger: Object.assign(Object.create(context.ledger) as Ledger, { append }) }
}

/** The exit from its beginning to its certificate. */
export async function exit(untimed: TraceContext, log: (line: string) => void): Promise<Erased> {
  const context = timed(untimed, log)
  const { ledger } = context
  const before = process.cpuUsage()
  const opening = await seconds(() => endContract(context, { contract: 'acme-2016', terminated: false }, on('2020-12-01')))
  const running = await seconds(() => runErasure(context, { erasure: 'EXIT-acme-2016', operator: 'eli', look: () => Promise.resolve({ notSeen: [] }) }, on('2020-12-02')))
  await confirmErasure(ledger, { erasure: 'EXIT-acme-2016', by: 'dana' }, on('2020-12-03'))
  let status = ''
  let obstacles: readonly unknown[] = []
  const certifying = await seconds(async () => {
    const { status: reached, envelope } = await certify(context, 'EXIT-acme-2016', on('2020-12-04'))
    status = reached
    obstacles = (JSON.parse(Buffer.from((JSON.parse(new TextDecoder().decode(envelope)) as { payload: string }).payload, 'base64').toString()) as { obstacles: unknown[] }).obstacles
  })
  log(`opened with last fingerprints in ${rounded(opening)} s, searched, erased, files and everything searched again in ${rounded(running)} s, certified in ${rounded(certifying)} s, for ${rounded((process.cpuUsage(before).user + process.cpuUsage(before).system) / 1e6)} s of this process's processors: ${status}`)
  for (const obstacle of obstacles) log(JSON.stringify(obstacle))
  const steps = await stepsOf(ledger.database, 'EXIT-acme-2016')
  return { seconds: opening + running + certifying, status, obstacles, rows: steps.reduce((sum, step) => sum + (step.rowsErased ?? 0), 0) }
}

/** Of the rows that must stay: whatever is done, they are the same before and after. */
const digestOf = async (url: string): Promise<unknown> => (await run(url, `select count(*)::int as rows, sum(hashtextextended(shared::text, 0)::numeric)::text as digest from shared where client = 'other'`)).rows[0]

const rowsFull = Number(process.env['BAILEE_ERASURE_ROWS'] ?? 4_000_000)
/** Of a row: the table and its copy, both written anew once, their indexes, the log, fingerprints. */
const bytesARow = 1_000

export const benchmark: Benchmark = {
  name: 'erasure', about: 'a quarter of a table that two controllers share, erased and certified, against DELETE and VACUUM FULL of it', diskBytes: Math.max(8 * 1024 ** 3, rowsFull * bytesARow),
  run: async (log, quick = false) => {
    const rows = quick && process.env['BAILEE_ERASURE_ROWS'] === undefined ? 20_000 : rowsFull
    const directory = mkdtempSync(join(tmpdir(), 'bailee-erasure-'))
    const settings = { max_wal_size: '4GB', shared_buffers: '256MB', maintenance_work_mem: '256MB' }
    chmodSync(directory, 0o755) // the servers' own user passes through, when it is not this one
    mkdirSync(join(directory, 'client'))
    const client = await startServer({ directory: join(directory, 'client'), settings, hba: ['local all sweeper,eraser trust'] })
    const control = await startServer({ directory: join(directory, 'control') })
    try {
      await run(client.url('postgres'), 'create role sweeper login in role pg_read_all_data', 'create role eraser login', 'create database shop owner eraser')
      await run(client.url('shop'), 'set role eraser', ...fill(rows), 'analyze shared')
      await run(client.url('postgres'), 'create database plain template shop strategy file_copy')
      const plain = await seconds(() => run(client.url('plain'), `delete from shared where client = 'acme'`, 'vacuum full analyze shared'))
      const reading = await seconds(() => run(client.url('shop'), `copy shared to '/dev/null' with (format csv)`))
      await run(client.url('postgres'), 'drop database plain', 'checkpoint')
      log(`${rows} rows, a quarter to go: DELETE and VACUUM FULL in ${rounded(plain)} s; the server alone writes the whole table out, as each search has it do, in ${rounded(reading)} s`)
      const { context, close } = await open({ directory, client, control })
      const taking = await seconds(() => takeFingerprints(context, on('2019-04-01')))
      log(`fingerprints of all taken before, in ${rounded(taking)} s`)
      const before = await digestOf(client.url('shop'))
      let residentMax = 0
      const watch = setInterval(() => { residentMax = Math.max(residentMax, process.memoryUsage.rss()) }, 50)
      const erased = await exit(context, log).finally(() => { clearInterval(watch) })
      const whole = JSON.stringify(before) === JSON.stringify(await digestOf(client.url('shop')))
      await close()
      const megabytes = Math.round(residentMax / 1024 ** 2)
      const right = whole && erased.rows === Math.floor(rows / 4) && erased.status === 'complete'
      return [
        { what: 'the whole exit', value: rounded(erased.seconds), unit: 's', baseline: { what: 'DELETE and VACUUM FULL', value: rounded(plain) }, ratio: rounded(erased.seconds / plain), must: 'complete, the rows of others as they were', goal: '<= 3', ok: right },
        { what: 'memory of it', value: megabytes, unit: 'MB', baseline: null, ratio: null, must: '<= 2,000 MB', goal: '<= 1,500 MB', ok: megabytes <= 2_000 },
      ] satisfies Measured[]
    } finally {
      await Promise.all([client.stop(), control.stop()])
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
