/** Tables packed by other programs, once or several times over: zlib and zstd of Node, xz and bzip2 of the system, yazl, tar-stream. */
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { pack } from 'tar-stream'
import { ZipFile } from 'yazl'
import { differ, has, rowParts, sumOf, unexpected, type Format, type Made, type Tools } from '../format.ts'
import { times, type Random } from '../random.ts'
import { plainCsv, plainTable } from './documents.ts'

type Layer = 'gzip' | 'zlib' | 'zstd' | 'xz' | 'bzip2' | 'zip' | 'tar'
const layers: readonly Layer[] = ['gzip', 'gzip', 'zlib', 'zstd', 'xz', 'bzip2', 'zip', 'zip', 'tar', 'tar']

interface Packing { readonly random: Random; readonly plan: readonly Layer[]; readonly rows: string[][]; bytes: Buffer }

async function collected(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of stream) pieces.push(piece as Uint8Array)
  return Buffer.concat(pieces)
}

function table({ random, rows }: Packing): Buffer {
  const made = plainTable(random)
  rows.push(...made)
  return Buffer.from(plainCsv(made))
}

/** What is packed already, among tables that are not. */
function members(packing: Packing): [name: string, bytes: Buffer][] {
  const { random } = packing
  const all: [string, Buffer][] = times(random.below(3), (at) => [`${random.pick(['a', 'Übung', 'x/y', 'list.csv'])}${at}`, table(packing)])
  all.splice(random.below(all.length + 1), 0, ['inner', packing.bytes])
  return all
}

async function packOne(packing: Packing, layer: Layer): Promise<void> {
  const { random } = packing
  switch (layer) {
    case 'gzip': packing.bytes = gzipSync(packing.bytes, { level: random.below(10) }); return
    case 'zlib': packing.bytes = deflateSync(packing.bytes); return
    case 'zstd': packing.bytes = zstdCompressSync(packing.bytes); return
    case 'zip': {
      const archive = new ZipFile()
      for (const [name, bytes] of members(packing)) archive.addBuffer(bytes, name, { compress: random.chance(0.7) })
      archive.end()
      packing.bytes = await collected(archive.outputStream as AsyncIterable<unknown>)
      return
    }
    case 'tar': {
      const archive = pack()
      for (const [name, bytes] of members(packing)) archive.entry({ name: random.chance(0.1) ? `${'long/'.repeat(40)}${name}` : name }, bytes)
      archive.finalize()
      packing.bytes = await collected(archive)
      return
    }
    case 'xz': case 'bzip2': return
  }
}

/** Many files through one process of a program. */
function packBySystem(group: readonly Packing[], program: 'xz' | 'bzip2', { folder }: Tools): void {
  const files = group.map((_, at) => join(folder, `packed-${at}`))
  for (const [at, { bytes }] of group.entries()) writeFileSync(files[at]!, bytes)
  execFileSync(program, [program === 'xz' ? '-0' : '-1', '-f', ...files])
  for (const [at, packing] of group.entries()) {
    const file = `${files[at]}.${program === 'xz' ? 'xz' : 'bz2'}`
    packing.bytes = readFileSync(file)
    rmSync(file)
  }
}

async function make(randoms: readonly Random[], tools: Tools): Promise<Made[]> {
  const all = randoms.map((random): Packing => {
    const packing: Packing = { random, plan: times(1 + random.below(random.chance(0.2) ? 5 : 2), () => random.pick(layers)), rows: [], bytes: Buffer.alloc(0) }
    packing.bytes = table(packing)
    return packing
  })
  for (let level = 0; level < Math.max(...all.map(({ plan }) => plan.length)); level += 1) {
    for (const packing of all) if (level < packing.plan.length) await packOne(packing, packing.plan[level]!)
    for (const program of ['xz', 'bzip2'] as const) {
      const group = all.filter(({ plan }) => plan[level] === program)
      if (group.length > 0) packBySystem(group, program, tools)
    }
  }
  return all.map(({ bytes, rows, plan }) => ({ bytes, rows, hint: plan.at(-1) }))
}

const checked = new Set<unknown>(['gzip', 'zlib', 'xz', 'bzip2', 'zip'])

export const packed: readonly Format[] = [{
  name: 'packed and archived', oracle: 'what was packed', damagedShare: 0.3, make, needs: () => has('xz') && has('bzip2'), kind: /^(?!unknown bytes|empty$)/,
  // Check sums tell of every bit; a tar and a zstd without one only of their ends.
  tells: (damage, { hint }) => damage === 'cut' || (checked.has(hint) && damage !== 'append'),
  compare: (samples, tools) => samples.map(({ read, rows }) => unexpected(read) ?? differ(sumOf(rowParts(read)), tools.count(rows!))),
}]
