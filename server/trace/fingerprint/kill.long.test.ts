import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { buildFingerprints, openFingerprints } from './index.ts'

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
