/** The story in which the controller chose that its data come back (`--choice return`): nothing is erased before it has them, and read them with a key of its own. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chooseEnd, choicesOf, nameReturnKey, releaseData, releasesOf } from '#contract'
import { traceContext } from '#composition'
import { endContract, runErasure } from '#erasure'
import { returnData, returnFormats } from '#transfer'
import { Refused } from '#kit/errors'
import { parseInstant, type Instant } from '#kit/time'
import { ageKey, openedRows, transferContext } from './disclosure.ts'
import { writeWhole } from './progress.ts'
import type { Outcome, Scene } from './steps.ts'
import { letPeopleChange, recordWeek } from './weeks.ts'

const moment = (date: string): Instant => parseInstant(date) ?? 0
const contract = 'deezer-2016'

/** back. Chosen and signed before the end; returned after it; read by the controller; said to be received. Then the erasure may begin. */
export async function giveBack(scene: Scene): Promise<Outcome> {
  const { bailee, directory, listeners } = scene
  const { ledger, database } = bailee
  const signed = { contract, signatory: 'C. Martin', key: scene.signatories.deezer }
  const { identity, recipient } = await ageKey(join(directory, 'signatory-of', 'deezer.age.key'))
  if ((await choicesOf(database, contract)).length === 0) await chooseEnd(ledger, { ...signed, choice: 'return' }, moment('2020-11-01'))
  await nameReturnKey(ledger, { ...signed, recipient }, moment('2020-11-01'))
  const context = traceContext(bailee, scene.progress)
  const counted = await lastWeek(scene)
  const { id } = await endContract(context, { contract, terminated: false }, moment('2020-12-01'))
  const released = (await releasesOf(database, contract)).length > 0
  const held = released ? true : await isHeldBack(runErasure(context, { erasure: id, operator: 'eli' }, moment('2020-12-01')))
  const folder = join(directory, 'returned')
  const made = await returnData(transferContext(bailee), { contract, person: 'eli', to: folder, formats: returnFormats }, moment('2020-12-01'))
  const tables = (made.tables ?? []).map(({ dataset, rows, files }) => ({ dataset, rows, file: files.find(({ format }) => format === 'csv')?.file ?? '' }))
  const read: number[] = []
  for (const { file } of tables) {
    let rows = 0
    for await (const row of openedRows(join(folder, file), identity)) rows += row.length > 0 ? 1 : 0
    read.push(rows)
  }
  const whole = tables.every(({ rows }, at) => read[at] === rows) && tables.find(({ dataset }) => dataset === 'listeners')?.rows === listeners.count
  if (whole) await releaseData(ledger, { ...signed, how: 'received' }, moment('2020-12-01T12:00:00Z'))
  return {
    ok: held && whole && made.state === 'made',
    evidence: { counted_before: counted, return: made.id, to: made.to, choice: made.choice, held_back: held, tables: tables.map(({ dataset, rows }) => ({ dataset, rows })), rows_read: read, manifest_sha256: made.manifestSha256 },
    told: `${read.reduce((sum, rows) => sum + rows, 0).toLocaleString('en-GB')} rows of ${tables.length} tables back, read by the controller with its own key; nothing was erased before`,
  }
}

/** The last one before the end, once: after it nothing is counted any more. */
async function lastWeek({ bailee, clients, directory }: Scene): Promise<readonly string[]> {
  const kept = join(directory, 'counted-before.json')
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8')) as readonly string[]
  await letPeopleChange(clients, 3)
  const { counted } = await recordWeek(bailee, moment('2020-11-29'))
  writeWhole(kept, JSON.stringify(counted))
  return counted
}

async function isHeldBack(work: Promise<unknown>): Promise<boolean> {
  return work.then(() => false, (cause: unknown) => { if (cause instanceof Refused) return true; throw cause })
}
