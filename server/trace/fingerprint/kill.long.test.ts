import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { buildFingerprints, openFingerprints, openSegmentFile } from './index.ts'

const epochKey = Buffer.alloc(16, 1)
const sealKey = Buffer.alloc(32, 2)
const columns = [{ name: 'mail', identifies: true }]

async function* rows(count: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from(Array.from({ length: count }, (_, at) => `p${at}@mail.example\n`).join(''))
}

test('a writer killed before the new segment is in place leaves the old one, and the next writer succeeds', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bailee-kill-'))
  try {
    const file = join(folder, 'segment')
    const build = (count: number) => buildFingerprints({ dataset: 'd', epochKey, sealKey, file, random: randomBytes, rows: rows(count), columns })
    await build(10)
    const before = readFileSync(file)
    const face = fileURLToPath(new URL('./index.ts', import.meta.url))
    const script = `import { buildFingerprints } from ${JSON.stringify(face)}
      import { randomBytes } from 'node:crypto'
      async function* rows() { yield Buffer.from('x@mail.example\\n') }
      await buildFingerprints({ dataset: 'd', epochKey: Buffer.alloc(16, 1), sealKey: Buffer.alloc(32, 2), file: ${JSON.stringify(file)}, random: randomBytes, rows: rows(), columns: [{ name: 'mail', identifies: true }] })`
    const killed = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], { env: { ...process.env, BAILEE_FAILPOINT: 'trace: segment written, not in place' } })
    expect(killed.signal).toBe('SIGKILL')
    expect(readdirSync(folder).sort()).toEqual(['segment', 'segment.part'])
    expect(readFileSync(file).equals(before)).toBe(true)
    await build(20)
    expect((await openFingerprints(file, sealKey)).header.records).toBe(20)
    expect(readdirSync(folder)).toEqual(['segment'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.each([
  ['trace: layer below named, not begun', 10, ['segment', 'segment.1']],
  ['trace: segment written, not in place', 10, ['segment', 'segment.1', 'segment.part']],
  ['trace: segment in place, layers not gone', 11, ['segment', 'segment.1']],
])('a writer of a layer that is killed (%s) leaves what was known or what is, and the next one succeeds', async (point, records, left) => {
  await killedIn({ point, adds: true, onto: 0 }, async ({ folder, open, add }) => {
    expect((await open()).header.records).toBe(records)
    expect(readdirSync(folder).sort()).toEqual(left)
    await add(20) // the first ten of these are known
    expect((await open()).header.records).toBe(records + 10)
    expect((await open()).columns[0]).toHaveLength(records + 10)
  })
})

test.each([
  ['trace: segment written, not in place', 11, ['segment', 'segment.1', 'segment.part']],
  ['trace: segment in place, layers not gone', 1, ['segment', 'segment.1']],
])('a writer of the whole that is killed (%s) leaves what was known, layers and all, or what is, and the next one succeeds', async (point, records, left) => {
  await killedIn({ point, adds: false, onto: 1 }, async ({ folder, open, add }) => {
    expect((await open()).header.records).toBe(records)
    expect(readdirSync(folder).sort()).toEqual(left)
    await add(20)
    expect((await open()).columns[0]!.length).toBeGreaterThanOrEqual(20)
  })
})

interface Left { readonly folder: string; open(): ReturnType<typeof openFingerprints>; add(count: number): Promise<unknown> }

/** Ten people, `onto` layers of one more on them, and a writer of one row that is killed there. */
async function killedIn({ point, adds, onto }: { point: string; adds: boolean; onto: number }, work: (left: Left) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bailee-kill-'))
  try {
    const file = join(folder, 'segment')
    const sealing = { dataset: 'd', epochKey, sealKey, file, random: randomBytes, columns }
    const add = async (count: number): Promise<unknown> => {
      const before = await openSegmentFile(file, sealKey)
      return buildFingerprints({ ...sealing, rows: rows(count), before, adds: true }).finally(() => before.close())
    }
    await buildFingerprints({ ...sealing, rows: rows(10) })
    for (let layer = 0; layer < onto; layer += 1) {
      const before = await openSegmentFile(file, sealKey)
      await buildFingerprints({ ...sealing, rows: one(), before, adds: true })
      await before.close()
    }
    const face = fileURLToPath(new URL('./index.ts', import.meta.url))
    const script = `import { buildFingerprints, openSegmentFile } from ${JSON.stringify(face)}
      import { randomBytes } from 'node:crypto'
      async function* rows() { yield Buffer.from('x@mail.example\\n') }
      const [file, sealKey] = [${JSON.stringify(file)}, Buffer.alloc(32, 2)]
      const before = ${adds} ? await openSegmentFile(file, sealKey) : undefined
      await buildFingerprints({ dataset: 'd', epochKey: Buffer.alloc(16, 1), sealKey, file, random: randomBytes, rows: rows(), columns: [{ name: 'mail', identifies: true }], before, adds: ${adds} })`
    const killed = spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], { env: { ...process.env, BAILEE_FAILPOINT: point } })
    expect(killed.signal).toBe('SIGKILL')
    await work({ folder, open: () => openFingerprints(file, sealKey), add })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function* one(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('y@mail.example\n')
}
