import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { revokeGrant, withdrawInstruction } from '#instruction'
import { machineClock } from '#kit/time'
import { listen, type Gateway } from './listen.ts'
import { endSession } from './recording.ts'
import type { SessionRow } from './store.ts'
import { createClientDatabase, createProcessor, timed, visitsOf, type ClientDatabase, type Processor, type Visits } from './testing.ts'

let client: ClientDatabase
let processor: Processor
let visits: Visits
let gateway: Gateway
const children: ChildProcess[] = []
const revocations = 100
/** One in so many withdraws an instruction: each one is proved before it is opened, which takes a second or two. */
const withdrawnOneIn = 20

beforeAll(async () => {
  client = await createClientDatabase()
  processor = await createProcessor({ instructions: 2 + revocations / withdrawnOneIn, people: revocations + 1 }, client.gatewayUrl)
  visits = visitsOf(processor)
  gateway = await listen({ doorkeeper: await processor.doorkeeper(), at: { host: '127.0.0.1', port: 0 }, saltSecret: processor.ledger.keys.tokenSalt() })
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await gateway.close()
  await processor.close()
  await client.stop()
})

const enter = (user: string, port = gateway.port): Promise<pg.Client> => visits.enter(user, port)
const newest = (person: string): Promise<SessionRow> => visits.newest(person)
const closedRow = (id: string): Promise<SessionRow> => visits.closedRow(id)

test('of a hundred revocations, 99 are over within a second: sessions that read are told and their connection is at its end', async () => {
  const milliseconds: number[] = []
  for (let index = 0; index < revocations; index += 1) {
    const [person, kind] = [`p${index + 1}`, index % withdrawnOneIn === 0 ? 0 : 1 + (index % 3)]
    const instruction = `INS-${kind === 0 ? 3 + Math.floor(index / withdrawnOneIn) : 1}`
    const grant = await processor.grant(person, instruction)
    const session = await enter(`${person}+${instruction}`)
    const over = new Promise<void>((resolve) => session.on('end', resolve))
    const reading = session.query('SELECT count(*) FROM crm.listener a, crm.listener b, crm.listener c').catch((error: unknown) => error)
    const { id } = await newest(person)
    const at = machineClock()
    if (kind === 0) await withdrawInstruction(processor.ledger, { instruction, signatory: 'C. Martin' }, at)
    else if (kind === 1) await revokeGrant(processor.ledger, { grant, by: 'dana' }, at)
    else if (kind === 2) await endSession(processor.ledger, { session: id, by: 'dana' }, at)
    else await processor.ledger.append({ slot: 0, type: 'people.left', at, parts: { evidence: { person } } })
    const told = await timed(async () => {
      const said = await reading
      await over
      return said
    })
    expect(told.result).toMatchObject({ code: '57P01' })
    milliseconds.push(told.milliseconds)
  }
  milliseconds.sort((one, other) => one - other)
  console.log(`revocation: median ${milliseconds[49]?.toFixed(0)} ms, p99 ${milliseconds[98]?.toFixed(0)} ms, longest ${milliseconds[99]?.toFixed(0)} ms`)
  expect(milliseconds[98]).toBeLessThan(1_000)
})

test('after kill -9 in the middle of a read another gateway closes the session with its lease charged in full: nothing left that was not recorded', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'testing.child.ts'), processor.controlUrl, join(processor.directory, 'keys'), client.gatewayUrl], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const port = Number(await new Promise<string>((resolve) => { child.stdout.once('data', (text: Buffer) => resolve(text.toString())) }))
  await processor.grant(`p${revocations + 1}`, 'INS-1')
  const session = await enter(`p${revocations + 1}+INS-1`, port)
  let got = 0
  const query = new pg.Query('SELECT user_id FROM crm.listener, generate_series(1, 1000)')
  const lost = new Promise((resolve) => query.on('error', resolve))
  query.on('row', () => { if ((got += 1) === 20_000) child.kill('SIGKILL') })
  session.query(query)
  await lost
  const { id } = await newest(`p${revocations + 1}`)
  const keeper = await processor.doorkeeper('after')
  await keeper.stop?.()
  const row = await closedRow(id)
  expect(row.because).toBe('unclosed, lease charged in full')
  expect(row.counts?.charged).toBe(row.leasedRows)
  expect(row.counts?.charged).toBeGreaterThanOrEqual(got)
  expect(got).toBeGreaterThanOrEqual(20_000)
})

