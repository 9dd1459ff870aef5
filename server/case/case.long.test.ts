import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { inject, expect, test } from 'vitest'
import { openDatabase, sql, startServer, type Server } from '#database'

const bailee = resolve(import.meta.dirname, '../../bailee')
const people = 3_000
const steps = ['a', 'b', 'b2', 'b3', 'c', 'c2', 'd', 'e', 'e2', 'f', 'g', 'register', 'leak', 'notice', 'defences'] as const
let places = 0
const newPlace = (): string => join(inject('testDirectory'), `killed-${places++}`)

interface Ended { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly out: string; readonly errors: string }

function begin(directory: string, count = people): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(bailee, ['case', '--people', String(count), '--dir', directory, '--json'], { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, errors] = ['', '']
  child.stdout.on('data', (piece: Buffer) => { out += piece.toString() })
  child.stderr.on('data', (piece: Buffer) => { errors += piece.toString() })
  return { child, ended: new Promise((done) => child.on('close', (code, signal) => done({ code, signal, out, errors }))) }
}

function stepsDone(directory: string): number {
  const file = join(directory, 'case.json')
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { steps: unknown[] }).steps.length : -1
}

/** Ends the process group so many milliseconds after that step began, or lets it end by itself when it was faster. */
async function killIn(directory: string, step: number, options: { after: number; signal?: NodeJS.Signals }): Promise<Ended> {
  const { child, ended } = begin(directory)
  let over = false
  void ended.then(() => { over = true })
  while (!over && stepsDone(directory) < step) await sleep(5)
  await sleep(options.after)
  try {
    if (!over && child.pid !== undefined) process.kill(-child.pid, options.signal ?? 'SIGKILL')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause // it ended this very moment
  }
  return ended
}

/** The control database's server, which a kill leaves running, and its entries; held so that the next run adopts it. */
async function look(directory: string): Promise<{ entries: string[]; certificates: string[]; server: Server | undefined }> {
  const place = join(directory, 'postgres')
  if (!existsSync(join(place, 'cluster'))) return { entries: [], certificates: [], server: undefined }
  const server = await startServer({ directory: place })
  const database = openDatabase(server.url('bailee'))
  try {
    const entries = await sql<{ line: string }>`select slot || ' ' || idx || ' ' || encode(leaf, 'hex') as line from entry order by slot, idx`.execute(database)
    const certificates = await sql<{ line: string }>`select id || ' ' || status as line from certificate order by id`.execute(database)
    return { entries: entries.rows.map((row) => row.line), certificates: certificates.rows.map((row) => row.line), server }
  } catch (cause) {
    if (!['3D000', '42P01'].includes((cause as { code?: string }).code ?? '')) throw cause // killed before there was a ledger
    return { entries: [], certificates: [], server }
  } finally {
    await database.destroy()
  }
}

/** Runs the same command again, to its end, and compares. */
async function mustEndWhole(directory: string, before: string[]): Promise<void> {
  const { code, out, errors } = await begin(directory).ended
  expect({ code, errors: code === 0 ? '' : errors }).toEqual({ code: 0, errors: '' })
  const report = JSON.parse(out) as { ok: boolean; steps: { id: string; ok: boolean; evidence: Record<string, unknown> }[] }
  expect([report.ok, ...report.steps.map((step) => `${step.id} ${step.ok}`)]).toEqual([true, ...steps.map((id) => `${id} true`)])
  expect(report.steps.find(({ id }) => id === 'f')?.evidence).toMatchObject({ residual: 0, certificate_status: 'complete', erased: { 'crm: crm.listener': people, 'test-db: lab.engine_input': people, 'share: old/backup-eli/2019_q2.csv.gz': people } })
  const after = await look(directory)
  await after.server?.stop()
  expect(after.entries).toEqual(expect.arrayContaining(before))
  expect(after.certificates).toEqual(['CRT-deezer-2016-1 complete'])
}

test('killed in each step in turn, by ctrl-C in one, and begun again each time, every step holds, with one complete certificate and no entry lost; meanwhile other options are misuse', async () => {
  const directory = newPlace()
  let before: string[] = []
  for (const [step, after] of [300, 80, 400, 5, 30, 50, 250, 20].entries()) {
    const stopped = await killIn(directory, step, step === 5 ? { after, signal: 'SIGINT' } : { after })
    if (step === 5) {
      expect(stopped.code === 0 && stopped.signal === null).toBe(false)
      expect(await begin(directory, people + 1).ended).toMatchObject({ code: 2, errors: expect.stringContaining('unfinished case of 3000 people') as string })
    }
    const { entries, server } = await look(directory)
    expect(entries).toEqual(expect.arrayContaining(before))
    before = entries
    await server?.stop()
  }
  await mustEndWhole(directory, before)
})

test('killed in every step, at moments of its own choosing, and begun again each time, it still ends whole', async () => {
  const directory = newPlace()
  let before: string[] = []
  for (const step of process.env['BAILEE_FULL'] === '1' ? [0, 0, 0, 1, 2, 2, 3, 4, 5, 6, 6, 6, 6, 7] : [0, 0, 2, 3, 5, 6, 6, 7]) {
    await killIn(directory, step, { after: Math.floor(Math.random() * (step === 6 ? 700 : step === 0 || step === 2 ? 1_200 : 120)) })
    if (stepsDone(directory) === steps.length) break // finished before it was killed
    const { entries, server } = await look(directory)
    expect(entries).toEqual(expect.arrayContaining(before))
    before = entries
    await server?.stop()
  }
  if (stepsDone(directory) < steps.length) await mustEndWhole(directory, before)
})

test('the data go back first, where the controller chose so: it reads them with its own key, nothing was erased before, and the end is complete all the same', async () => {
  const directory = newPlace()
  const child = spawn(bailee, ['case', '--people', '400', '--dir', directory, '--choice', 'return', '--json'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const report = JSON.parse(Buffer.concat(await child.stdout.toArray() as Buffer[]).toString().trim().split('\n').at(-1)!) as { ok: boolean; steps: { id: string; evidence: Record<string, unknown> }[] }
  const evidenceOf = (id: string): Record<string, unknown> => report.steps.find((step) => step.id === id)!.evidence
  expect([report.ok, report.steps.map(({ id }) => id)]).toEqual([true, steps.flatMap((id) => (id === 'f' ? ['back', id] : [id]))])
  const { tables, rows_read: read, ...back } = evidenceOf('back') as { tables: { dataset: string; rows: number }[]; rows_read: number[] }
  expect(back).toMatchObject({ choice: 'return', to: 'deezer', held_back: true })
  expect([tables[0], tables.length, read]).toEqual([{ dataset: 'listeners', rows: 400 }, 4, tables.map(({ rows }) => rows)])
  expect(evidenceOf('f')).toMatchObject({ residual: 0, certificate_status: 'complete' })
}, 300_000)
