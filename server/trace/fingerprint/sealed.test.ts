import { randomBytes, randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSealed, openSealed, pieceBytes, type SealedFile } from './sealed.ts'

const folder = mkdtempSync(join(tmpdir(), 'bailee-sealed-'))
const file = join(folder, 'one')
const sealKey = randomBytes(32)
const plain = randomBytes(3 * pieceBytes + 1234)
let opened: SealedFile

beforeAll(async () => {
  const writer = await createSealed(file, { sealKey, random: randomBytes })
  await writer.put(plain)
  await writer.finish()
  opened = await openSealed(file, sealKey)
})
afterAll(async () => {
  await opened.close()
  rmSync(folder, { recursive: true })
})

async function bytesOf(from: number, to: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const slice of opened.read(from, to)) {
    expect(slice.byteOffset).toBe(0)
    parts.push(Buffer.from(slice))
    slice.fill(0) // whoever reads may do what it likes with what it was given
    await Promise.resolve()
  }
  return Buffer.concat(parts)
}

const isPlain = (bytes: Buffer, from: number, to: number): boolean => bytes.equals(plain.subarray(from, to))

test('lists that begin in the middle of a piece, one behind another, read as they were written', async () => {
  const ends = [8, 500_000, 1_500_008, pieceBytes * 2, pieceBytes * 2 + 16, plain.length - 16, plain.length]
  for (const time of [1, 2]) {
    expect(isPlain(await bytesOf(plain.length - 8, plain.length), plain.length - 8, plain.length), `the end, time ${time}`).toBe(true)
    for (const [at, to] of ends.entries()) expect(isPlain(await bytesOf(ends[at - 1] ?? 0, to), ends[at - 1] ?? 0, to), `up to ${to}, time ${time}`).toBe(true)
  }
})

test('several readers of one file do not disturb each other', async () => {
  const ranges = Array.from({ length: 24 }, () => [randomInt(plain.length), randomInt(plain.length)].sort((a, b) => a - b) as [number, number])
  const read = await Promise.all(ranges.map(([from, to]) => bytesOf(from, to)))
  for (const [at, [from, to]] of ranges.entries()) expect(isPlain(read[at]!, from, to), `${from} to ${to}`).toBe(true)
})
