/** Random files of one format by their numbers: made, damaged in part, read as a sweep reads them, and compared with what somebody else says is in them. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { damaged, damages } from './damage.ts'
import { differ, rowParts, saysSo, sumOf, type Format, type Made, type Sample, type Tools, type Verdict } from './format.ts'
import { randomOf } from './random.ts'
import { createReader } from './reading.ts'

export interface Range { readonly seed: string; readonly from: number; readonly to: number }

export interface Done { readonly files: number; readonly damaged: number; readonly refused: number; readonly differences: number; readonly slowestMilliseconds: number }

export interface Listeners {
  progress(done: Done): void
  failed(sample: Sample, difference: string): void
}

const batchFiles = 250

/** A small file that takes longer hangs. */
export const fileMillisecondsMax = 5_000

/** Makes and reads the files of a range; resolves to the last progress. */
export async function fuzz(format: Format, { seed, from, to }: Range, folder: string, listeners: Listeners): Promise<Done> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' })
  const duckdb = await instance.connect()
  const reader = createReader(join(folder, 'scratch'))
  const batch = join(folder, 'batch')
  const tools: Tools = { folder: batch, duckdb, count: reader.count }
  let done: Done = { files: 0, damaged: 0, refused: 0, differences: 0, slowestMilliseconds: 0 }
  try {
    for (let start = from; start < to; start += batchFiles) {
      const samples = await read(format, { seed, from: start, to: Math.min(to, start + batchFiles) }, { tools, reader })
      const verdicts = await judged(format, samples, tools)
      for (const [at, verdict] of verdicts.entries()) if (verdict !== undefined && verdict !== 'refused') listeners.failed(samples[at]!, verdict)
      done = {
        files: done.files + samples.length, damaged: done.damaged + samples.filter(({ damage }) => damage !== undefined).length, refused: done.refused + verdicts.filter((verdict) => verdict === 'refused').length,
        differences: done.differences + verdicts.filter((verdict) => verdict !== undefined && verdict !== 'refused').length, slowestMilliseconds: Math.round(Math.max(done.slowestMilliseconds, ...samples.map((sample) => sample.read.milliseconds))),
      }
      listeners.progress(done)
    }
    return done
  } finally {
    await format.close?.()
    duckdb.closeSync()
    instance.closeSync()
  }
}

async function read(format: Format, { seed, from, to }: Range, { tools, reader }: { tools: Tools; reader: ReturnType<typeof createReader> }): Promise<Sample[]> {
  rmSync(tools.folder, { recursive: true, force: true })
  mkdirSync(tools.folder, { recursive: true })
  const randoms = Array.from({ length: to - from }, (_, at) => randomOf(`${seed}/${format.name}/${from + at}`))
  const made = (await format.make(randoms, tools)).map((one, at): Made => {
    const random = randoms[at]!
    if (one.damage !== undefined || !random.chance(format.damagedShare)) return one
    const damage = random.pick(damages)
    const bytes = damaged(one.bytes, random, damage)
    return bytes.equals(one.bytes) ? one : { ...one, bytes, damage }
  })
  const nameOf = (number: number): string => String(number).padStart(9, '0')
  for (const [at, { bytes }] of made.entries()) writeFileSync(join(tools.folder, nameOf(from + at)), bytes)
  const places = new Map((await reader.list(tools.folder)).map((place) => [place.place, place]))
  const samples: Sample[] = []
  for (const [at, one] of made.entries()) samples.push({ ...one, number: from + at, file: join(tools.folder, nameOf(from + at)), read: await reader.read(places.get(nameOf(from + at))!) })
  return samples
}

async function judged(format: Format, samples: readonly Sample[], tools: Tools): Promise<Verdict[]> {
  const verdicts: Verdict[] = samples.map((sample) => alwaysWrong(sample) ?? (sample.damage === undefined || format.judgesDamaged === true ? undefined : silent(format, sample, tools)))
  const asked = samples.map((_, at) => at).filter((at) => verdicts[at] === undefined && (samples[at]!.damage === undefined || format.judgesDamaged === true))
  const answers = await format.compare(asked.map((at) => samples[at]!), tools)
  for (const [at, answer] of answers.entries()) verdicts[asked[at]!] = answer
  return verdicts
}

/** Of any file at all: a reader that fails in a way that nobody foresaw, hangs, or has nothing to say. */
function alwaysWrong({ read }: Sample): Verdict {
  const failed = read.unread.find(({ because }) => because.includes('its reader failed'))
  if (failed !== undefined) return failed.because
  if (read.milliseconds > fileMillisecondsMax) return `it took ${Math.round(read.milliseconds)} ms`
  return read.parts.length === 0 && read.unread.length === 0 ? 'no part at all' : undefined
}

/** Of a damaged file whose format tells: fewer rows than it had, and not a word about it. */
function silent(format: Format, sample: Sample, tools: Tools): Verdict {
  const { read, rows, damage } = sample
  if (rows === undefined || damage === undefined || sample.bytes.length < 32 || format.tells?.(damage, sample) !== true || saysSo(read)) return undefined
  if (!read.parts.some(({ kind }) => format.kind?.test(kind) ?? true)) return undefined
  const difference = differ(sumOf(rowParts(read)), tools.count(rows))
  const fewer = sumOf(rowParts(read)).values < tools.count(rows).values
  return difference === undefined || !fewer ? undefined : `damaged (${damage}), and nothing said: ${difference}`
}
