/**
 * The exit of the case at its own size: 46.9 million people of a controller in a production table, all of them copied in clear into a test table beside another's customers, and into a packed file of a shared folder.
 * A sweep finds the copies; then the contract ends: last fingerprints, a search, erasing, files searched byte by byte, a second search, the certificate, the bundle checked. BAILEE_EXIT_PEOPLE says how many people instead.
 */
import { chmodSync, createWriteStream, mkdirSync, mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import pg from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { openDirectory, verifyBundle } from '@bailee/verifier'
import { applies } from '../server/composition/index.ts'
import { openDatabase, startServer, type Server } from '../server/database/index.ts'
import { migrate } from '../server/database/migrate.ts'
import { envelopesOf } from '../server/erasure/index.ts'
import { applyEstate, readEstate } from '../server/estate/index.ts'
import { exportBundle, openKeyStore, openLedger } from '../server/ledger/index.ts'
import { sweep, takeFingerprints, type TraceContext } from '../server/trace/index.ts'
import { inventedTeller } from '../server/transfer/index.ts'
import { accept, exit, on, run, seconds } from './erasure.bench.ts'
import { rounded, type Benchmark, type Measured } from './result.ts'

const customers = 1_000
const peopleFull = Number(process.env['BAILEE_EXIT_PEOPLE'] ?? 46_900_000)
/** Of one of the people: a row and its copy, their indexes, the log of the server, the packed file, fingerprints. */
const bytesOfOne = 900

const columns = '{ person: { category: UID, identifies: true }, email: { category: UID, identifies: true }, phone: { category: UID, identifies: true }, plan: { category: Purchase }, minutes: { category: Purchase } }'
const store = (id: string, environment: string, dataDirectory: string): string => `
  - { id: ${id}, environment: ${environment}, kind: postgres, sweep_url: "file:${id}.sweep.url", erase_url: "file:${id}.erase.url", maintenance_url: "file:${id}.maintenance.url", data_directory: ${dataDirectory}, backups: none }`

const estate = (productionDirectory: string, testDirectory: string): string => `
bailee: 1
processor: { origin: processor.example, name: Processor, country: IL }
environments:
  - { id: production, class: production, country: IE, operator: processor, protection: high }
  - { id: test, class: non-production, country: IE, operator: processor, protection: low }
stores:${store('crm', 'production', productionDirectory)}${store('shop', 'production', productionDirectory)}${store('lab', 'test', testDirectory)}
  - { id: share, environment: test, kind: files, path: share, backups: none }
controllers:
  - { id: acme, name: Acme, country: FR, signatories: [{ name: A. Adams, contact: a@acme.example }] }
  - { id: other, name: Other, country: FR, signatories: [{ name: B. Bossi, contact: b@other.example }] }
contracts:
  - { id: acme-2016, controller: acme, starts: 2016-12-01, ends: 2020-12-01, at_end: { choice: delete, within_days: 30, fingerprints: { keep_until: 2023-12-01, instruction: INS-1 } } }
  - { id: other-2016, controller: other, starts: 2016-12-01 }
datasets:
  - { id: mine, controller: acme, store: crm, tables: [{ table: public.listener, subject: person, columns: ${columns} }] }
  - { id: theirs, controller: other, store: shop, tables: [{ table: public.customer, subject: person, columns: ${columns} }] }
instructions:
  - { id: INS-1, contract: acme-2016, text: "Keep fingerprints to search.", purposes: [LegalCompliance], operations: [search], data: { mine: "*" }, environments: [production], from: 2016-12-01, until: 2023-12-01 }
people:
  - { id: eli, name: Eli, contact: eli@processor.example, role: engineer }
  - { id: dana, name: Dana, contact: dana@processor.example, role: dpo }
`

interface Made { readonly name: string; readonly rows: number; readonly person: string; readonly domain: string; readonly phone: number }

const table = ({ name, rows, person, domain, phone }: Made): string[] => [
  `create table ${name} (person text not null, email text, phone text, country text, plan text, minutes integer)`,
  `insert into ${name} select '${person}' || (i * 7919::bigint), 'p' || i || '@${domain}', '+39 02 ' || (${phone} + i::bigint * 7), (array['FR','DE','IT','BR'])[1 + i % 4], case when i % 3 = 0 then 'premium' else 'free' end, i % 1440
   from generate_series(1, ${rows}) i`,
  `alter table ${name} add primary key (person)`, `analyze ${name}`,
]

interface World { readonly directory: string; readonly client: Server; readonly lab: Server; readonly control: Server; readonly people: number; readonly log: (line: string) => void }

/** What the staff did: under other names, in another order, the address in capitals. Streams from one database into the other. */
async function copyInto({ client, lab }: World, from: string, query: string): Promise<void> {
  const [source, target] = [client.url(from), lab.url('lab')].map((connectionString) => new pg.Client({ connectionString })) as [pg.Client, pg.Client]
  await Promise.all([source.connect(), target.connect()])
  try {
    await pipeline(source.query(copyTo(`copy (${query}) to stdout with (format csv)`)), target.query(copyFrom('copy engine_input from stdin with (format csv)')))
  } finally {
    await Promise.all([source.end(), target.end()])
  }
}

async function fileInto(client: Server, file: string): Promise<void> {
  const source = new pg.Client({ connectionString: client.url('crm') })
  await source.connect()
  try {
    await pipeline(source.query(copyTo('copy (select email as mail, person as u, country, minutes from listener) to stdout with (format csv, header)')), createGzip({ level: 1 }), createWriteStream(file))
  } finally {
    await source.end()
  }
}

/** The databases and the copies that were made of them. */
async function build(world: World): Promise<void> {
  const { directory, client, lab, people, log } = world
  for (const [server, names] of [[client, ['crm', 'shop']], [lab, ['lab']]] as const) {
    await run(server.url('postgres'), 'create role sweeper login in role pg_read_all_data', 'create role eraser login', ...names.map((name) => `create database ${name} owner eraser`))
  }
  log(`tables filled in ${rounded(await seconds(async () => {
    await run(client.url('crm'), 'set role eraser', ...table({ name: 'listener', rows: people, person: 'U', domain: 'person.example', phone: 70_000_000 }))
    await run(client.url('shop'), 'set role eraser', ...table({ name: 'customer', rows: customers, person: 'C', domain: 'customer.example', phone: 600_000_000 }))
  }))} s`)
  log(`copied in clear into a test table and a packed file in ${rounded(await seconds(async () => {
    await run(lab.url('lab'), 'set role eraser', 'create table engine_input (score integer, contact text, area text, ref text, tel text)')
    const query = (name: string): string => `select minutes, upper(email), country, person, phone from ${name}`
    await copyInto(world, 'crm', query('listener'))
    await copyInto(world, 'shop', query('customer'))
    mkdirSync(join(directory, 'share'))
    await fileInto(client, join(directory, 'share', 'old_export.csv.gz'))
    await run(client.url('postgres'), 'checkpoint')
    await run(lab.url('postgres'), 'checkpoint')
  }))} s; the file has ${Math.round(statSync(join(directory, 'share', 'old_export.csv.gz')).size / 1e6)} MB`)
}

async function open({ directory, client, lab, control }: World): Promise<{ context: TraceContext; close: () => Promise<void> }> {
  for (const [server, name] of [[client, 'crm'], [client, 'shop'], [lab, 'lab']] as const) for (const [kind, account] of [['sweep', 'sweeper'], ['erase', 'eraser'], ['maintenance', 'bailee']] as const) {
    writeFileSync(join(directory, `${name}.${kind}.url`), server.url(name, account))
  }
  await migrate(control.url('postgres'))
  const database = openDatabase(control.url('postgres'))
  const ledger = await openLedger({ database, keys: openKeyStore(join(directory, 'keys')), origin: 'processor.example', clock: 'replayed', applies }, on('2016-11-01'))
  const [production, test] = await Promise.all([client, lab].map(async (server) => String((await run(server.url('postgres'), 'show data_directory')).rows[0]?.data_directory))) as [string, string]
  await applyEstate(ledger, readEstate(estate(production, test), 'bailee.yaml'), { checked: [], unchecked: [] }, on('2016-12-01'))
  await accept(ledger)
  return { context: { ledger, references: { environment: {}, directory }, directory: join(directory, 'fingerprints'), governed: () => inventedTeller(ledger) }, close: () => database.destroy() }
}

/** What must hold when all is done, each with a sentence for whoever reads a failure. */
async function judged(world: World, context: TraceContext, erased: { readonly status: string; readonly rows: number }): Promise<boolean> {
  const { client, lab, people, directory, log } = world
  const left = Number((await run(lab.url('lab'), 'select count(*) as n from engine_input')).rows[0]?.n)
  const own = Number((await run(client.url('crm'), 'select count(*) as n from listener')).rows[0]?.n)
  await exportBundle(context.ledger, { slot: 1, at: on('2020-12-05'), directory: join(directory, 'bundle'), receiptsFor: [], certificates: await envelopesOf(context.ledger, 1) })
  const verified = verifyBundle(openDirectory(join(directory, 'bundle')))
  log(`${erased.rows} rows erased; ${left} rows of the other's customers stay of ${customers}, ${own} in the own table; the bundle is ${verified.outcome}`)
  return verified.outcome === 'verified' && erased.status === 'complete' && erased.rows === 3 * people && left === customers && own === 0
}

const freeBytes = (): number => { const { bavail, bsize } = statfsSync(tmpdir()); return bavail * bsize }

async function measured(world: World): Promise<Measured[]> {
  const { people, log } = world
  const free = freeBytes()
  await build(world)
  const { context, close } = await open(world)
  let [residentMax, diskMax] = [0, 0]
  const watch = setInterval(() => { residentMax = Math.max(residentMax, process.memoryUsage.rss()); diskMax = Math.max(diskMax, free - freeBytes()) }, 100)
  try {
    log(`fingerprints of all taken in ${rounded(await seconds(() => takeFingerprints(context, on('2019-04-01'))))} s`)
    let places = 0
    const sweeping = await seconds(async () => { places = (await sweep(context, on('2019-04-16'))).findings.length })
    log(`a sweep of everything in ${rounded(sweeping)} s: ${places} findings`)
    const erased = await exit(context, log)
    const right = await judged(world, context, erased)
    const [memory, disk] = [Math.round(residentMax / 1024 ** 2), Math.round(diskMax / 1024 ** 2)]
    return [
      { what: `the sweep of three copies of ${people} people`, value: rounded(sweeping), unit: 's', baseline: null, ratio: null, must: 'every copy a finding', goal: 'every copy a finding', ok: places >= 2 },
      { what: `the whole exit, ${people} people in three places`, value: rounded(erased.seconds), unit: 's', baseline: null, ratio: null, must: 'complete, everything erased, the other as it was', goal: 'measured', ok: right },
      { what: 'memory of it', value: memory, unit: 'MB', baseline: null, ratio: null, must: 'measured', goal: '<= 4,000 MB', ok: true },
      { what: 'disk of it, the tables and their copies included', value: disk, unit: 'MB', baseline: null, ratio: null, must: 'measured', goal: 'measured', ok: true },
    ]
  } finally {
    clearInterval(watch)
    await close()
  }
}

export const benchmark: Benchmark = {
  name: 'exit', about: 'the exit of the case at its own size: everybody in three places, found, erased, searched again, certified', diskBytes: peopleFull * bytesOfOne,
  run: async (log, quick = false) => {
    const directory = mkdtempSync(join(tmpdir(), 'bailee-exit-'))
    chmodSync(directory, 0o755) // the servers' own user passes through, when it is not this one
    const serverIn = (name: string): Promise<Server> => {
      mkdirSync(join(directory, name))
      return startServer({ directory: join(directory, name), settings: { max_wal_size: '4GB', shared_buffers: '512MB', maintenance_work_mem: '512MB' }, hba: ['local all sweeper,eraser trust'] })
    }
    const [client, lab] = [await serverIn('production'), await serverIn('test')]
    const control = await startServer({ directory: join(directory, 'control') })
    try {
      return await measured({ directory, client, lab, control, people: quick && process.env['BAILEE_EXIT_PEOPLE'] === undefined ? 20_000 : peopleFull, log })
    } finally {
      await Promise.all([client.stop(), lab.stop(), control.stop()])
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
