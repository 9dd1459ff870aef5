import { appendFileSync, chmodSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRowSearcher, groupByKey, openSegments, type RowSearcher } from '#trace'
import { createWorld, customers, listeners, type World } from '../testing.ts'
import { unlinkFile } from './files.ts'

let world: World
let searcher: RowSearcher
let folder: string
let ours: string[][]
let theirs: string[][]
const begin = (): Promise<void> => Promise.resolve()

beforeAll(async () => {
  world = await createWorld()
  folder = join(world.directory, 'share')
  searcher = await createRowSearcher(groupByKey(await openSegments(world.context)))
  const fields = (rows: unknown[]): string[][] => (rows as { email: string; id: string; phone: string }[]).map(({ email, id, phone }) => [email, id, phone])
  ours = fields((await world.run('crm', 'select email, user_id as id, phone from crm.listener')).rows)
  theirs = fields((await world.run('shop', 'select email, customer_id as id, phone from public.customer')).rows)
})
afterAll(() => world.close())

const file = (place: string) => ({ folder, place, searcher, targets: ['listeners.0'] })
const path = (place: string): string => join(folder, place)

test('its rows go, all other bytes stay: quotes, line ends, a mark of byte order, a note with line ends in it, the last line without an end', async () => {
  const quoted = (row: readonly string[], note: string): string => [...row.map((field) => `"${field}"`), note].join(';')
  const kept = ['\ufeffmail;id;tel;note', ...theirs.map((row, at) => quoted(row, at % 2 === 0 ? '"two\r\nlines; ""quoted"""' : ''))]
  const all = [kept[0]!, ...theirs.flatMap((_, at) => [quoted(ours[at]!.map((field) => field.toUpperCase()), '"a\r\nb"'), kept[at + 1]!]), ...ours.slice(theirs.length).map((row) => quoted(row, ''))]
  writeFileSync(path('mixed.csv'), all.join('\r\n'))
  chmodSync(path('mixed.csv'), 0o640)
  const before = statSync(path('mixed.csv'))
  expect(await unlinkFile(file('mixed.csv'), begin)).toEqual({ outcome: 'erased', rows: listeners, counted: { rows: listeners, unowned: 1, ambiguous: 0 } })
  expect(readFileSync(path('mixed.csv'), 'utf8')).toBe(`${kept.join('\r\n')}\r\n`)
  const after = statSync(path('mixed.csv'))
  expect([after.mode, after.uid, after.ino === before.ino]).toEqual([before.mode, before.uid, false])
  expect(await unlinkFile(file('mixed.csv'), begin)).toMatchObject({ outcome: 'erased', rows: 0 })
})

test('any mixture is what it was without its rows, also where rows are cut by what is read at once', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), fc.nat(customers - 1), fc.nat(60_000)), { minLength: 60, maxLength: 90 }), async (picks) => {
    const rows = picks.map(([mine, at, filler]) => ({ mine, line: `${[...(mine ? ours : theirs)[at]!, 'x'.repeat(filler)].join(',')}\n` }))
    const strangers = 'a@else.example,1,2,\nb@else.example,3,4,\n'
    writeFileSync(path('any.csv'), `${rows.map(({ line }) => line).join('')}${strangers}`)
    await unlinkFile(file('any.csv'), begin)
    const wanted = `${rows.filter(({ mine }) => !mine).map(({ line }) => line).join('')}${strangers}`
    expect(readFileSync(path('any.csv'), 'utf8') === wanted).toBe(true)
  }), { numRuns: 8 })
})

test('a file that is written to meanwhile stays as it is; what a killed run left beside it is written over, and nothing is left', async () => {
  const text = `${ours.map((row) => row.join(',')).join('\n')}\n${theirs.map((row) => row.join(',')).join('\n')}\n`
  writeFileSync(path('busy.csv'), text)
  writeFileSync(path('busy.csv.bailee-rewriting'), 'half')
  await expect(unlinkFile(file('busy.csv'), () => { appendFileSync(path('busy.csv'), 'late@else.example,1,2\n'); return Promise.resolve() })).rejects.toMatchObject({ code: 'erasure/file-changed' })
  expect(readFileSync(path('busy.csv'), 'utf8')).toBe(`${text}late@else.example,1,2\n`)
  expect(readdirSync(folder).filter((name) => name.includes('rewriting'))).toEqual([])
  expect(await unlinkFile(file('busy.csv'), begin)).toMatchObject({ outcome: 'erased', rows: listeners })
  expect(readFileSync(path('busy.csv'), 'utf8')).toContain('late@else.example')
})

test('where rows do not stand as they are read, in UTF-16 or JSON, nothing is written anew', async () => {
  const mixed = [...ours, ...theirs]
  writeFileSync(path('wide.csv'), Buffer.from(`\ufeff${mixed.map((row) => row.join(',')).join('\n')}\n`, 'utf16le'))
  writeFileSync(path('mixed.jsonl'), mixed.map(([mail, id, tel]) => `${JSON.stringify({ mail, id, tel })}\n`).join(''))
  for (const place of ['wide.csv', 'mixed.jsonl']) {
    const before = readFileSync(path(place))
    expect(await unlinkFile(file(place), begin)).toMatchObject({ outcome: 'blocked', because: expect.stringContaining('not known to be this controller\'s') as string })
    expect(readFileSync(path(place)).equals(before)).toBe(true)
    expect(existsSync(`${path(place)}.bailee-rewriting`)).toBe(false)
  }
})
