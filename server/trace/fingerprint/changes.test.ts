import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { emptyLog, momentsMax, readChanges, takeChanges, tokensMax, withoutTokens, withRefresh, writeChanges, type ChangeLog, type Refreshing } from './changes.ts'

const list = (...tokens: number[]): BigUint64Array => BigUint64Array.from(tokens, BigInt)
const empty: ChangeLog = { ...emptyLog('e'), refreshedAt: 100, comparedAt: 100, marked: true }
const told = ({ changes }: ChangeLog): string[] => changes.map(({ column, kind, after, by, tokens }) => `${column} ${kind} ${after}-${by}: ${[...tokens].join(' ')}`)
const seen = (appeared: BigUint64Array, missing = list(), back = list()) => [{ column: 'mail', halved: 0, appeared, missing, back }]
const refresh = (at: number, compared: boolean, columns: Refreshing['columns'], marked = true): Refreshing => ({ read: { from: at, to: at + 5 }, compared, marked, columns })

test('what came and went is kept with its moments; who left is known from the last compare on', () => {
  const first = withRefresh(empty, refresh(200, false, seen(list(1, 2))))
  const second = withRefresh(first, refresh(300, true, seen(list(3), list(7, 8))))
  expect(told(second)).toEqual(['mail appeared 100-205: 1 2', 'mail appeared 100-305: 3', 'mail gone 100-305: 7 8'])
  const third = withRefresh(second, refresh(400, true, seen(list(), list(7, 9), list(8))))
  expect(told(third).slice(2), 'one came back, one had gone before').toEqual(['mail gone 100-305: 7', 'mail gone 300-405: 9'])
  expect([...takeChanges(third, 'mail').gone]).toEqual([7n, 9n])
  expect(told(withoutTokens(third, list(1, 2, 9)))).toEqual(['mail appeared 100-305: 3', 'mail gone 100-305: 7'])
})

test('a value seen first by watermark came after the refresh before, unless rows have none: then after the compare', () => {
  const of = (marked: boolean): string[] => told([200, 300].reduce((log, at) => withRefresh(log, refresh(at, false, seen(list(at)))), { ...empty, marked }))
  expect(of(true)).toEqual(['mail appeared 100-205: 200', 'mail appeared 200-305: 300'])
  expect(of(false)).toEqual(['mail appeared 100-205: 200', 'mail appeared 100-305: 300'])
})

test('of many refreshes the oldest become one', () => {
  let log = empty
  for (let number = 1; number <= momentsMax + 10; number += 1) log = withRefresh(log, refresh(100 + number, true, seen(list(number))))
  expect(log.changes).toHaveLength(momentsMax)
  expect(log.changes[0]).toMatchObject({ after: 100, by: 116 })
  expect(log.changes[0]!.tokens).toHaveLength(11)
})

const random = (count: number): BigUint64Array => new BigUint64Array(Uint8Array.from(randomBytes(count * 8)).buffer).sort()

test('of many tokens a sample is kept, and what left the sample neither comes nor goes', () => {
  const tokens = random(tokensMax * 2 + 100_000)
  const taking = (log: ChangeLog, missing: BigUint64Array) => {
    const taker = takeChanges(log, 'mail')
    for (let at = 0; at < missing.length; at += 100_000) taker.take({ appeared: list(), missing: missing.subarray(at, at + 100_000), back: list() })
    return [taker.taken()]
  }
  const first = withRefresh(empty, refresh(200, true, taking(empty, tokens)))
  expect(first.halved['mail']).toBeGreaterThan(0)
  expect(first.changes[0]!.tokens.length).toBeLessThanOrEqual(tokensMax)
  expect(first.changes[0]!.tokens.length).toBeGreaterThan(tokensMax / 4)
  const again = withRefresh(first, refresh(300, true, taking(first, tokens)))
  expect(told(again).length, 'those that are known to have gone have not gone again').toBe(1)
  const more = withRefresh(first, refresh(300, true, taking(first, BigUint64Array.from([...tokens, ...random(1000)]).sort())))
  expect(more.changes.map(({ after, by }) => [after, by])).toEqual([[100, 205], [200, 305]])
})

test('the log is written sealed, and read back', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-changes-'))
  const [file, sealKey] = [join(directory, 'x.changes'), new Uint8Array(32).fill(1)]
  const log = withRefresh(empty, refresh(200, true, seen(list(1, 2), list(5))))
  expect(await readChanges(file, sealKey)).toBeUndefined()
  await writeChanges(file, log, { sealKey, random: (bytes) => new Uint8Array(bytes).fill(9) })
  expect(await readChanges(file, sealKey)).toEqual(log)
  await expect(readChanges(file, new Uint8Array(32))).rejects.toMatchObject({ code: 'trace/seal-refused' })
  rmSync(directory, { recursive: true })
})
