/** Entries a second, committed and fsynced before they are answered: the ledger against plain rows of the same bytes in the same server, in turns. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { migrate, openDatabase, rows, sql, startServer, type Database } from '../../server/database/index.ts'
import { openKeyStore, openLedger, recordedOnly, type Draft, type Ledger } from '../../server/ledger/index.ts'
import { rounded, type Measured } from '../result.ts'

export interface AppendSize {
  /** Of each turn. */
  readonly milliseconds: number
  readonly rounds: number
  readonly controllers: readonly [few: number, many: number]
  /** Files of the server's log, of 16 MB, that there are before anything is measured. */
  readonly logFiles: number
}

export const wholeAppend: AppendSize = { milliseconds: 1_500, rounds: 5, controllers: [50, 1_000], logFiles: 64 }
export const quickAppend: AppendSize = { milliseconds: 150, rounds: 1, controllers: [5, 20], logFiles: 1 }

const noon = 1_555_315_200
const inFlight = [1, 64, 1_000] as const
/** What the design aims at: against one row an INSERT with one and 64 callers, against rows gathered into one INSERT with a thousand. */
const floors = new Map<number, { readonly against: 'plain' | 'gathered'; readonly goal: number }>([[1, { against: 'plain', goal: 0.8 }], [64, { against: 'plain', goal: 2 }], [1_000, { against: 'gathered', goal: 0.6 }]])

/** Some 200 bytes, as an entry of access holds. */
const evidence = (number: number): { readonly [key: string]: string | number } => ({ session: `session-${number}`, person: 'p17', instruction: 'INS-1', store: 'crm', purpose: 'Marketing', rows: number % 1_000, bytes: (number % 1_000) * 97, because: 'the client closed the connection', note: 'x'.repeat(48) })

const draftOf = (slot: number, number: number): Draft => ({ slot, type: 'note.written', at: noon, parts: { evidence: evidence(number) } })

/** Calls in flight, for so long; resolves to calls a second. */
async function rateOf(callers: number, milliseconds: number, call: (number: number) => Promise<unknown>): Promise<number> {
  let [done, number] = [0, 0]
  const began = performance.now()
  const until = began + milliseconds
  await Promise.all(Array.from({ length: callers }, async () => {
    while (performance.now() < until) {
      number += 1
      await call(number)
      done += 1
    }
  }))
  return done / ((performance.now() - began) / 1_000)
}

/** Rows that arrive while a transaction commits wait, and go into the next one together: the ledger's way without a ledger. */
function gatherer(database: Database): (number: number) => Promise<void> {
  let waiting: { number: number; done: () => void; failed: (cause: unknown) => void }[] = []
  let running = false
  const drain = async (): Promise<void> => {
    running = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      try {
        await rows(database, sql`insert into plain (slot, body) select * from unnest(${batch.map(({ number }) => number % 50)}::integer[], ${batch.map(({ number }) => Buffer.from(JSON.stringify(evidence(number))))}::bytea[])`)
        for (const one of batch) one.done()
        await nextTurn() // those who were told have more: all of them, and not the first alone
      } catch (cause) {
        for (const one of batch) one.failed(cause)
      }
    }
    running = false
  }
  return (number) => new Promise((done, failed) => {
    waiting.push({ number, done, failed })
    if (!running) void drain()
  })
}

const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0

interface World { readonly ledger: Ledger; readonly plain: (number: number) => Promise<unknown>; readonly gathered: (number: number) => Promise<unknown> }

async function ledgerIn(url: string, directory: string, controllers: number): Promise<Ledger> {
  await migrate(url)
  const ledger = await openLedger({ database: openDatabase(url), keys: openKeyStore(join(directory, 'keys')), origin: 'processor.example', clock: 'replayed', applies: { note: recordedOnly } }, noon)
  await Promise.all(Array.from({ length: controllers }, () => ledger.openSlot(noon, () => [])))
  return ledger
}

/** A server makes the files of its log once and writes over them ever after. What it pays for its first gigabyte alone, a seventh of what a batch costs, is paid before either side is measured. */
async function makeLogFiles(database: Database, count: number): Promise<void> {
  for (let file = 0; file < count; file += 1) await rows(database, sql`select pg_logical_emit_message(false, 'bench', ''), pg_switch_wal()`)
  await rows(database, sql`checkpoint`)
}

/** Measures and compares; the server keeps its own durability: every commit is on disk before it is answered. */
export async function benchAppend(size: AppendSize, log: (line: string) => void): Promise<readonly Measured[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-bench-ledger-'))
  const server = await startServer({ directory: join(directory, 'postgres') })
  const opened: Database[] = []
  try {
    const databaseOf = async (name: string): Promise<string> => {
      const bootstrap = openDatabase(server.url('postgres'))
      await rows(bootstrap, sql`create database ${sql.id(name)}`)
      await bootstrap.destroy()
      return server.url(name)
    }
    const [few, many] = await Promise.all(size.controllers.map(async (count) => ledgerIn(await databaseOf(`ledger_${count}`), join(directory, String(count)), count)))
    const plainDatabase = openDatabase(await databaseOf('plain'))
    opened.push(few!.database, many!.database, plainDatabase)
    await makeLogFiles(plainDatabase, size.logFiles)
    await rows(plainDatabase, sql`create table plain (idx bigint generated always as identity primary key, slot integer not null, body bytea not null)`)
    const plain = (number: number): Promise<unknown> => rows(plainDatabase, sql`insert into plain (slot, body) values (${number % 50}, ${Buffer.from(JSON.stringify(evidence(number)))})`)
    return [...await compareCallers({ ledger: few!, plain, gathered: gatherer(plainDatabase) }, size, log), ...await compareControllers(few!, many!, size, log)]
  } finally {
    for (const database of opened) await database.destroy()
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function compareCallers({ ledger, plain, gathered }: World, { milliseconds, rounds, controllers }: AppendSize, log: (line: string) => void): Promise<Measured[]> {
  const results: Measured[] = []
  const append = (number: number): Promise<unknown> => ledger.append(draftOf(1 + (number % controllers[0]), number))
  for (const callers of inFlight) {
    const seen = { ledger: [] as number[], plain: [] as number[], gathered: [] as number[] }
    for (let round = -1; round < rounds; round += 1) { // the first only warms
      const rates = { plain: await rateOf(callers, milliseconds, plain), ledger: await rateOf(callers, milliseconds, append), gathered: await rateOf(callers, milliseconds, gathered) }
      if (round >= 0) for (const what of ['ledger', 'plain', 'gathered'] as const) seen[what].push(rates[what])
    }
    const { against, goal } = floors.get(callers)!
    const [mine, baseline] = [median(seen.ledger), median(seen[against])]
    log(`${callers} in flight: ledger ${Math.round(mine)}, one row an INSERT ${Math.round(median(seen.plain))}, rows gathered into one ${Math.round(median(seen.gathered))} a second`)
    const ratio = median(seen.ledger.map((rate, at) => rate / (seen[against][at] ?? rate)))
    results.push({
      what: `entries appended with ${callers} in flight`, value: Math.round(mine), unit: 'a second', baseline: { what: against === 'plain' ? 'plain rows, an INSERT each' : 'plain rows, gathered into one INSERT', value: Math.round(baseline) }, ratio: rounded(ratio),
      must: `>= ${rounded(goal * 0.95)} of it`, goal: `>= ${goal} of it`, ok: ratio >= goal * 0.95,
    })
  }
  return results
}

/** What a log of its own costs: the same callers for many controllers, and for few. */
async function compareControllers(few: Ledger, many: Ledger, { milliseconds, rounds, controllers: [fewCount, manyCount] }: AppendSize, log: (line: string) => void): Promise<Measured[]> {
  const results: Measured[] = []
  for (const callers of inFlight) {
    const seen: { few: number; many: number }[] = []
    for (let round = -1; round < rounds; round += 1) {
      const rates = {
        few: await rateOf(callers, milliseconds, (number) => few.append(draftOf(1 + (number % fewCount), number))),
        many: await rateOf(callers, milliseconds, (number) => many.append(draftOf(1 + (number % manyCount), number))),
      }
      if (round >= 0) seen.push(rates)
    }
    const ratio = median(seen.map((one) => one.many / one.few))
    const [slow, fast] = [median(seen.map((one) => one.many)), median(seen.map((one) => one.few))]
    log(`${callers} in flight for ${manyCount} controllers: ${Math.round(slow)} a second; for ${fewCount}: ${Math.round(fast)}`)
    results.push({ what: `entries appended for ${manyCount} controllers, ${callers} in flight`, value: Math.round(slow), unit: 'a second', baseline: { what: `for ${fewCount}`, value: Math.round(fast) }, ratio: rounded(ratio), must: '>= 0.8 of it', goal: '>= 0.85 of it', ok: ratio >= 0.8 })
  }
  return results
}
