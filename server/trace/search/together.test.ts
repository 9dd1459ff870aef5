import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { giveBackRows, readTable } from '#inventory'
import { createEmptyDatabase } from '../../database/testing.ts'
import { buildFingerprints, openFingerprints, type Segment } from '../fingerprint/index.ts'
import { createRowSearcher, createSearcher, type RowSearcher } from './index.ts'
import { everyone } from './together.ts'

let folder: string
let apart: RowSearcher
let together: RowSearcher
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bailee-together-'))
  const [one, other] = [Buffer.alloc(16, 1), Buffer.alloc(16, 2)]
  const segments = async (key: Buffer): Promise<[Segment, Segment]> => [await segment('listeners', people('a', 0, 300), one), await segment('shop', people('a', 250, 400), key)]
  const [listeners, shop] = await segments(other)
  apart = await createRowSearcher([{ key: one, segments: [listeners] }, { key: other, segments: [shop] }])
  together = await createSearcher(await segments(one), one)
})
afterAll(async () => {
  await apart.close()
  await together.close()
  rmSync(folder, { recursive: true })
})

/** The same people have other ids with another owner. */
const people = (owner: string, from: number, to: number): string => Array.from({ length: to - from }, (_, step) => `${owner}${from + step},p${from + step}@mail.example\n`).join('')

async function segment(dataset: string, rows: string, epochKey: Uint8Array): Promise<Segment> {
  const [file, sealKey] = [join(folder, dataset), randomBytes(32)]
  await buildFingerprints({ dataset, epochKey, sealKey, file, random: randomBytes, rows: stream(rows), columns: ['id', 'mail'].map((name) => ({ name, identifies: true })) })
  return openFingerprints(file, sealKey)
}

async function* stream(text: string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
}

const place = `${people('x', 1000, 1100)}${people('a', 0, 400)}${people('x', 1100, 1150)}`

test('under two keys the same copies are found, and the same rows are whose they were under one', async () => {
  const [found, wanted] = [await apart.search(stream(place)), await together.search(stream(place))]
  expect(found.datasets.map(({ dataset, verdict, records }) => [dataset, verdict, records])).toEqual([['listeners', 'copy', 300], ['shop', 'copy', 150]])
  expect(found.coverage).toEqual(wanted.coverage)
  for (const targets of ['listeners', 'shop']) {
    const located = await apart.locate(stream(place), targets, wanted.datasets)
    expect(located).toEqual(await together.locate(stream(place), targets, wanted.datasets))
    expect(located.unowned).toBe(150)
    expect(located.ambiguous.ordinals).toHaveLength(50)
  }
})

test('everybody gets every piece, once read; who ends early holds up nobody, and what fails is thrown', async () => {
  let reads = 0
  const source = async function* (): AsyncGenerator<Uint8Array> {
    for (let piece = 0; piece < 5; piece += 1) {
      reads += 1
      yield Uint8Array.of(piece)
    }
  }
  const all = async (copy: AsyncIterable<Uint8Array>): Promise<number[]> => {
    const seen: number[] = []
    for await (const piece of copy) seen.push(piece[0]!)
    return seen
  }
  const first = async (copy: AsyncIterable<Uint8Array>): Promise<number[]> => {
    for await (const piece of copy) return [...piece]
    return []
  }
  expect(await everyone(source(), [all, first, all])).toEqual([[0, 1, 2, 3, 4], [0], [0, 1, 2, 3, 4]])
  expect(reads).toBe(5)
  const broken = async function* (): AsyncGenerator<Uint8Array> { yield Uint8Array.of(1); throw new Error('went away') }
  await expect(everyone(broken(), [all, all])).rejects.toThrow('went away')
})

test('what one of them gives back is not filled again under another who still reads it', async () => {
  const store = await createEmptyDatabase()
  try {
    await sql`create table many as select g as id, repeat('x', 100) as filler from generate_series(1, 60000) g`.execute(store.database)
    const eager = async (copy: AsyncIterable<Uint8Array>): Promise<number> => {
      let pieces = 0
      for await (const piece of copy) {
        giveBackRows(piece)
        pieces += 1
      }
      return pieces
    }
    const slow = async (copy: AsyncIterable<Uint8Array>): Promise<number> => {
      let same = 0
      for await (const piece of copy) {
        const copied = Buffer.from(piece)
        await wait(10) // the server sends on meanwhile
        same += Number(copied.equals(piece))
      }
      return same
    }
    const [pieces, same] = await everyone(readTable(store.url, { schema: 'public', name: 'many' }, { byTabs: true }), [eager, slow])
    expect(pieces).toBeGreaterThan(20)
    expect(same).toBe(pieces)
  } finally {
    await store.close()
  }
})
