import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { createNeedles, needleBytesMin } from './needles.ts'
import { searchFiles } from './search.ts'

const found = (values: readonly string[], text: string, after = 0): number[] => {
  const bytes = Buffer.from(text)
  const seen: number[] = []
  createNeedles(values.map((value) => Buffer.from(value))).find(bytes, bytes.length, after, (needle) => seen.push(needle))
  return seen.sort((one, other) => one - other)
}

test('the committed search is what its source builds', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bailee-grams-'))
  try {
    const [built, committed] = [join(folder, 'grams.wasm'), join(import.meta.dirname, 'grams.wasm')]
    const compiler = join(dirname(findPackageJSON('assemblyscript', import.meta.url)!), 'bin', 'asc.js')
    execFileSync(process.execPath, [compiler, 'assembly/grams.ts', '-O3', '--runtime', 'stub', '--importMemory', '--enable', 'simd,bulk-memory', '-o', built], { cwd: import.meta.dirname })
    if (process.env['UPDATE_GOLDEN'] === '1') copyFileSync(built, committed)
    expect(readFileSync(committed).equals(readFileSync(built))).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('every value is found wherever it stands, beginning and ending alike, and none that differs by a byte', () => {
  const values = Array.from({ length: 500 }, (_, index) => `person${index}@mail.example`)
  expect(found(values, values.join(''))).toEqual(values.map((_, index) => index))
  expect(found(values, values.map((value) => value.replace('@', '#')).join('\0'))).toEqual([])
  const sameStart = Array.from({ length: 50 }, (_, index) => `https://one.example/${index.toString().padStart(3, '0')}`)
  expect(found(sameStart, `\0${sameStart[7]}\0`)).toEqual([7])
  expect(found(['aaaaaaaaaa'], 'a'.repeat(12)), 'one that overlaps itself').toEqual([0, 0, 0])
  expect(found([], 'anything at all')).toEqual([])
})

test('what ends in bytes that were looked at before is not found twice', () => {
  expect(found(['0123456789'], '0123456789', 9)).toEqual([0])
  expect(found(['0123456789'], '0123456789', 10)).toEqual([])
})

test('a value too short to be told from chance is refused', () => {
  expect(() => createNeedles([Buffer.alloc(needleBytesMin - 1)])).toThrow(RangeError)
})

test('the same answers as a plain search, whatever the bytes', () => {
  let state = 7
  const next = (below: number): number => { state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff; return state % below }
  for (let round = 0; round < 60; round += 1) {
    const bytes = Buffer.from(Array.from({ length: 400 }, () => 97 + next(2)))
    const values = Array.from({ length: 20 }, () => { const at = next(380); return bytes.subarray(at, at + needleBytesMin + next(8)) }).concat([Buffer.from(Array.from({ length: 12 }, () => 97 + next(2)))])
    const plain = values.map((value) => bytes.includes(value))
    const seen = values.map(() => false)
    const needles = createNeedles(values)
    needles.find(bytes, bytes.length, 0, (needle) => { seen[needle] = true })
    expect(seen).toEqual(plain)
    // The same where the bytes were read into the search's own room, at any place of a word, with others before and behind them.
    const at = next(40)
    needles.room.fill(97).set(bytes, at)
    const there = values.map(() => false)
    needles.find(needles.room.subarray(at, at + bytes.length), bytes.length, 0, (needle) => { there[needle] = true })
    expect(there).toEqual(plain)
  }
})

test('a value is found at every place of a word, up to the last byte, and wherever a file is cut for reading', async () => {
  const value = Buffer.from('0123456789')
  for (let at = 0; at < 9; at += 1) {
    const bytes = Buffer.concat([Buffer.alloc(at, '.'), value])
    const seen: number[] = []
    createNeedles([value]).find(bytes, bytes.length, 0, (needle) => seen.push(needle))
    expect(seen, `at ${at}`).toEqual([0])
  }
  const directory = mkdtempSync(join(tmpdir(), 'bailee-needles-'))
  const cut = 1024 * 1024
  try {
    const values = [cut - 5, cut + 40, 2 * cut - 9, 2 * cut + 100, 3 * cut - 190].map((at) => ({ at, value: Buffer.from(`value at ${at}${at === 3 * cut - 190 ? '-'.repeat(180) : ''}`) }))
    const bytes = Buffer.alloc(3 * cut + 100)
    for (const one of values) one.value.copy(bytes, one.at)
    writeFileSync(join(directory, 'data'), bytes)
    const file = { kind: 'table', path: 'data', identity: '1', bytes: bytes.length }
    expect(await searchFiles(directory, [file, { ...file, path: 'gone' }], { values: values.map((one) => one.value), controls: [Buffer.from('never there')] })).toEqual([{ kind: 'table', files: 2, bytes: bytes.length, values: 5, controls: 0 }])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

test('a text longer than the room is looked through in pieces, and a value at each of their edges is found once', () => {
  const values = Array.from({ length: 40 }, (_, index) => Buffer.from(`value number ${index} of forty`))
  const needles = createNeedles(values)
  const bytes = Buffer.alloc(3 * needles.room.length, '.')
  const edge = needles.room.length - 68
  for (const [index, value] of values.entries()) value.copy(bytes, (1 + Math.floor(index / 20)) * edge - 40 + (index % 20) * 2 + (index % 20) * 30 - 300)
  const seen: number[] = []
  needles.find(bytes, bytes.length, 0, (needle) => seen.push(needle))
  expect(seen.sort((one, other) => one - other)).toEqual(values.map((_, index) => index))
})

test('a large file is read in parts by several threads, and what stands across two parts is found', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-ranges-'))
  const part = 32 * 1024 * 1024
  try {
    const places = [0, part - 9, part + 50, 2 * part - 1, 2 * part + 50, 2 * part + 5_000_000]
    const values = places.map((at) => Buffer.from(`value that stands at ${at}`))
    const bytes = Buffer.alloc(2 * part + 6_000_000, '-')
    for (const [index, value] of values.entries()) value.copy(bytes, places[index])
    for (const file of ['one', 'two']) writeFileSync(join(directory, file), file === 'one' ? bytes : bytes.subarray(0, 100))
    const files = [{ kind: 'table', path: 'one', identity: '1', bytes: bytes.length }, { kind: 'log', path: 'two', identity: '2', bytes: 100 }, { kind: 'log', path: 'gone', identity: '3', bytes: 2 * part }]
    expect(await searchFiles(directory, files, { values, controls: [Buffer.from('never there')] })).toEqual([
      { kind: 'log', files: 2, bytes: 100, values: 1, controls: 0 }, { kind: 'table', files: 1, bytes: bytes.length, values: places.length, controls: 0 },
    ])
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
