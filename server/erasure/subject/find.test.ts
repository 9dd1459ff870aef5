import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openPerson, type PersonSearcher, type SearchablePlace } from '#trace'
import { namedAfter, type Named } from './find.ts'

test('names are looked through once, however many bear the person\'s: twice as many ask twice as often, and parts of a place that does are not asked about', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'bailee-named-'))
  const person = await openPerson([{ email: 'ana.pop@mail.example' }], scratch)
  let asked = 0
  const counting = <Args extends unknown[], Result>(work: (...args: Args) => Result) => (...args: Args): Result => { asked += 1; return work(...args) }
  const counted: PersonSearcher = { ...person, in: (where) => { const searcher = person.in(where); return { ...searcher, search: counting(searcher.search.bind(searcher)), locate: counting(searcher.locate.bind(searcher)) } } }
  const named = (place: string, part = ''): Named => ({ place: { store: { id: 'share', environment: 'test' }, place } as SearchablePlace, part })
  const look = async (names: readonly Named[]): Promise<{ found: string[]; asked: number }> => {
    asked = 0
    const found = (await namedAfter({ person: counted }, names)).map(({ place, part }) => (part === '' ? place : `${place}!${part}`))
    return { found, asked }
  }
  const folder = (many: number): Named[] => Array.from({ length: many }, (_, at) => named(at % 5 === 0 ? `${at}/ana.pop@mail.example/of.csv` : `${at}/report.csv`))
  try {
    const [once, twice] = [await look(folder(600)), await look(folder(1_200))]
    expect([once.found.length, twice.found.length]).toEqual([120, 240])
    expect(twice.asked).toBeLessThan(2.2 * once.asked)
    expect(await look(Array.from({ length: 3_000 }, (_, at) => named(`${at}/report.csv`)))).toEqual({ found: [], asked: 12 })
    const members = await look([named('ana.pop@mail.example/of.zip'), ...Array.from({ length: 1_000 }, (_, at) => named('ana.pop@mail.example/of.zip', `${at}.csv`)), named('box.zip'), named('box.zip', 'ana.pop@mail.example/of.csv')])
    expect(members.found).toEqual(['ana.pop@mail.example/of.zip', 'box.zip!ana.pop@mail.example/of.csv'])
    expect(members.asked).toBeLessThan(20)
  } finally {
    await person.close()
    rmSync(scratch, { recursive: true })
  }
})
