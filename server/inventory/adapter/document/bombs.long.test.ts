import { execFileSync } from 'node:child_process'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGzip, gzipSync } from 'node:zlib'
import { finished } from 'node:stream/promises'
import { createWriteStream } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { documentLimits, isUnread, openParts, type DocumentLimits } from '../index.ts'

const MiB = 1024 * 1024
const has = (command: string): boolean => { try { execFileSync('which', [command], { stdio: 'ignore' }); return true } catch { return false } }
const hasXz = has('xz')
const hasBzip2 = has('bzip2')

let root: string
beforeAll(() => { root = mkdtempSync(join(tmpdir(), 'bailee-bombs-')) })
afterAll(() => rmSync(root, { recursive: true, maxRetries: 5, retryDelay: 100 }))

/** What is read of a file, and how much memory that takes beside what the process had, in MiB. */
async function read(name: string, limits: DocumentLimits = documentLimits): Promise<{ parts: number; bytes: number; becauses: string[]; grown: number }> {
  const before = process.memoryUsage().rss
  let peak = before
  const watch = setInterval(() => { peak = Math.max(peak, process.memoryUsage().rss) }, 20)
  const result = { parts: 0, bytes: 0, becauses: [] as string[], grown: 0 }
  for await (const part of openParts(root, name, { limits })) {
    if (isUnread(part)) { if (result.becauses.length < 10) result.becauses.push(part.because); continue }
    result.parts += 1
    try {
      for await (const piece of part.bytes) result.bytes += piece.length
    } catch (cause) {
      result.becauses.push((cause as Error).message)
    }
  }
  clearInterval(watch)
  result.grown = Math.round((Math.max(peak, process.memoryUsage().rss) - before) / MiB)
  console.log(name, JSON.stringify(result))
  return result
}

const full = process.env['BAILEE_FULL'] === '1'
const lineBytes = (full ? 4 : 1) * 1024 * MiB

test('one line of gigabytes is read in bounded memory', async () => {
  const file = openSync(join(root, 'line'), 'w')
  writeSync(file, 'ann@mail.example, and then nothing ')
  ftruncateSync(file, lineBytes)
  closeSync(file)
  const { bytes, becauses, grown } = await read('line')
  expect([bytes, becauses]).toEqual([lineBytes, []])
  expect(grown).toBeLessThan(300)
})

test('10 million brackets stop', async () => {
  writeFileSync(join(root, 'brackets'), '['.repeat(10_000_000))
  const { becauses, grown } = await read('brackets')
  expect(becauses).toEqual(['a JSON document with brackets more than 512 deep'])
  expect(grown).toBeLessThan(400)
  writeFileSync(join(root, 'pairs'), `[${'[],'.repeat(10_000_000)}[]]`)
  expect((await read('pairs')).grown).toBeLessThan(1_000) // what other files left in this process is counted with it; as values they would be gigabytes
})

test('a tar of more empty members than may be, and one more', async () => {
  const membersMax = full ? 100_000 : 20_000 // of the million that a sweep allows, which takes a minute
  const stream = createGzip({ level: 1 })
  const done = finished(stream.pipe(createWriteStream(join(root, 'members.tar.gz'))))
  const header = Buffer.alloc(512)
  for (let at = 0; at <= membersMax; at += 1) {
    header.fill(0)
    header.write(`member-${at}`)
    header.write('0000644\u00000000000\u00000000000\u000000000000000\u000000000000000\u0000        0', 100)
    header.write('ustar\u000000', 257)
    header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, '0')}\u0000 `, 148)
    if (!stream.write(Buffer.from(header))) await new Promise((resolve) => { stream.once('drain', resolve) })
  }
  stream.end(Buffer.alloc(1024))
  await done
  expect(documentLimits.membersMax).toBe(1_000_000)
  const { parts, becauses, grown } = await read('members.tar.gz', { ...documentLimits, membersMax })
  expect([parts, becauses]).toEqual([membersMax, [`it has more than ${membersMax} members`]])
  expect(grown).toBeLessThan(300)
})

test.skipIf(!hasBzip2)('a bzip2 of nothing but zeros', async () => {
  execFileSync('sh', ['-c', `head -c ${(full ? 1024 : 256) * MiB} /dev/zero | bzip2 -9 > ${join(root, 'zeros.bz2')}`])
  const { becauses, grown } = await read('zeros.bz2')
  expect(becauses).toEqual([expect.stringContaining('400 times its size') as string])
  expect(grown).toBeLessThan(300)
})

test.skipIf(!hasXz)('an xz that asks for a dictionary of 1.5 GB', async () => {
  execFileSync('sh', ['-c', `head -c 200000000 /dev/urandom | head -c 1000000 | xz --lzma2=preset=0,dict=1536MiB > ${join(root, 'dictionary.xz')}`])
  const { grown } = await read('dictionary.xz')
  expect(grown).toBeLessThan(400)
})

test('packings inside packings, each within its ratio', async () => {
  let bomb: Buffer = Buffer.alloc(200 * MiB)
  for (let times = 0; times < 3; times += 1) bomb = gzipSync(Buffer.concat([bomb, Buffer.from(String(times))]))
  writeFileSync(join(root, 'nested.gz'), bomb)
  const { becauses, grown } = await read('nested.gz')
  expect(becauses).toEqual([expect.stringContaining('400 times its size') as string])
  expect(grown).toBeLessThan(300)
})
