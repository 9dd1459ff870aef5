import { afterAll, beforeAll, expect, test } from 'vitest'
import { applyEstate, readEstate } from '#estate'
import { openKeyStore, openLedger, type Ledger } from '#ledger'
import { recordsOf } from '#register'
import { day, parseInstant } from '#kit/time'
import { applies, asOf, compareWithLedger, observedFacts, type Bailee } from '../composition/index.ts'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { changed } from '../estate/testing.ts'
import { temporaryDirectory } from '../ledger/testing.ts'
import { holdAgainst, reassess, recordAssessment, seenText, standingsOf, type SourcedFacts } from './index.ts'

const on = (day: string): number => parseInstant(day)!
const directory = temporaryDirectory()
let own: TestDatabase
let ledger: Ledger
let bailee: Bailee

const estate = changed('country: IL }', 'country: IL, employees: 238, dpo: none }')
const declare = (source: string, when: string): Promise<unknown> => applyEstate(ledger, readEstate(source, 'bailee.yaml'), { checked: [], unchecked: [] }, on(when))
const stated = (facts: Record<string, string | number | boolean>, source = 'stated'): SourcedFacts => Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, { value, source }]))
const standings = async (when: string): Promise<Record<string, string>> => Object.fromEntries((await standingsOf(own.database, on(when))).map(({ recorded, standing }) => [recorded.question, standing.is]))

beforeAll(async () => {
  own = await createTestDatabase()
  ledger = await openLedger({ database: own.database, keys: openKeyStore(directory.path), origin: 'processor.example', clock: 'replayed', applies }, on('2019-01-01'))
  bailee = { directory: directory.path, ledger, database: own.database, references: { environment: {}, directory: directory.path }, close: () => Promise.resolve() }
  await declare(estate, '2019-01-01')
})
afterAll(async () => { await own.close(); directory.remove() })

test('what is declared is taken from the estate, what is stated keeps its source; the same again is the same', async () => {
  const recording = { question: 'exemption', facts: stated({ risk: true, occasional: false, special: false }, 'the register of 2019'), by: 'dana', note: 'for the audit' }
  const one = await recordAssessment(ledger, recording, on('2019-04-15'))
  expect(one).toMatchObject({ slot: 0, controller: null, article: '30(5)', verdict: 'no', outcome: 'register required', by: 'dana', note: 'for the audit', lawAt: on('2019-04-15'), facts: { employees: { value: 238, source: 'declared: processor.employees' }, risk: { value: true, source: 'the register of 2019' } } })
  expect(one.rule).toBe('Regulation (EU) 2016/679, Art. 30(5), 250 persons, in force since 2018-05-25')
  const size = await ledger.size(0)
  expect((await recordAssessment(ledger, recording, on('2019-04-15'))).id).toBe(one.id)
  expect(await ledger.size(0)).toBe(size)
})

test('an assessment of one controller is in its log, and in nobody else\'s; an instruction of another is misuse', async () => {
  const facts = stated({ subjects_in_union: true, relation: 'monitoring' })
  const one = await recordAssessment(ledger, { question: 'scope', facts, controller: 'acme', activity: 'INS-1', by: 'dana' }, on('2019-04-16'))
  expect(one).toMatchObject({ slot: 1, article: '3(2)(b)', facts: { country: { value: 'IL', source: 'declared: processor.country' } } })
  await expect(recordAssessment(ledger, { question: 'scope', facts, controller: 'other', activity: 'INS-1', by: 'dana' }, on('2019-04-16'))).rejects.toThrow(/INS-1 is not an instruction of other/)
  await expect(recordAssessment(ledger, { question: 'scope', facts, controller: 'nobody', by: 'dana' }, on('2019-04-16'))).rejects.toMatchObject({ name: 'Misuse' })
})

test('inputs that change, and law that changes, are said in the list; assessing again replaces, and the register has what stands', async () => {
  await recordAssessment(ledger, { question: 'transfer', facts: stated({ country: 'US', limits: 'privacy_shield_entity' }), controller: 'acme', by: 'dana' }, on('2019-04-17'))
  expect(await standings('2020-07-15')).toEqual({ exemption: 'as it was', scope: 'as it was', transfer: 'as it was' })
  expect(await standings('2020-07-16')).toMatchObject({ transfer: 'rule changed since' })
  await declare(estate.replace('employees: 238', 'employees: 260'), '2019-05-01')
  expect(await standings('2019-05-01')).toEqual({ exemption: 'inputs changed since', scope: 'as it was', transfer: 'as it was' })
  const before = (await standingsOf(own.database, on('2019-05-01'))).find(({ recorded }) => recorded.question === 'exemption')!
  expect(before.standing.says).toEqual(['employees: 238 then, 260 now'])
  const again = await reassess(ledger, { id: before.recorded.id, by: 'dana', facts: stated({ risk: false, occasional: true }) }, on('2019-05-02'))
  expect(again).toMatchObject({ replaces: before.recorded.id, facts: { employees: { value: 260 }, risk: { value: false } }, outcome: 'register required' })
  await expect(reassess(ledger, { id: before.recorded.id, by: 'dana' }, on('2019-05-03'))).rejects.toThrow(`was replaced by ${again.id}`)
  const shown = (await recordsOf(own.database, { controllers: ['acme'] }, on('2020-07-16')))[0]!.assessments
  expect(shown.map(({ question, standing }) => `${question}: ${standing}`)).toEqual(['exemption: as it was', 'transfer: rule changed since', 'scope: as it was'])
  expect((await recordsOf(own.database, { controllers: ['other'] }, on('2019-06-01')))[0]!.assessments.map(({ question }) => question)).toEqual(['exemption'])
})

test('a fine is in the register without its amounts; the past knows nothing of it; the ledger folds to the same rows', async () => {
  const fine = await recordAssessment(ledger, { question: 'fine', facts: stated({ turnover: 35e6, tier: '83(4)', seriousness: 'high' }), by: 'dana', lawAt: on('2019-06-01') }, on('2019-06-03'))
  expect([fine.amounts?.ceilingEuros, fine.amounts?.euros[1], fine.rule]).toEqual([10_000_000, 10_000_000, expect.stringMatching(/without guidelines/)])
  const [record] = await recordsOf(own.database, { controllers: ['acme'] }, on('2019-06-03'))
  expect(record!.assessments[0]).toMatchObject({ question: 'fine', outcome: 'assessed', lawAt: on('2019-06-01') })
  expect(await asOf(bailee, on('2019-06-02'), async ({ database }) => (await standingsOf(database, on('2019-06-02'))).length)).toBe(4)
  expect(await compareWithLedger(bailee)).toMatchObject({ differences: [] })
})

test('what was seen of a fact stands beside what was stated, with its source: it supports or contradicts, and changes no answer; what was not seen says nothing', async () => {
  const when = on('2020-08-01')
  const observe = (question: string, controller?: string) => observedFacts(own.database, { question, controller }, when)
  expect(await observe('exemption')).toEqual([{ fact: 'employees', is: { atLeast: 2 }, source: 'seen: 2 people of its staff are declared in the inventory of access' }])
  expect(await observe('representative', 'acme'), 'nobody was counted: that is not that nobody is there').toEqual([])
  await ledger.append([
    { slot: 1, type: 'breach.census_taken', at: when - day, parts: { evidence: { dataset: 'listeners', controller: 'acme', people: 10, by_country: { FR: 4, RO: 2, BR: 4 }, unknown: 0, unnamed: 0 } } },
    ...Array.from({ length: 12 }, (_, index) => ({ slot: 1, type: 'session.opened', at: when - (index + 1) * day, parts: { access: { id: `seen-${index}`, gateway: 'g', person: 'noa', instruction: 'INS-1', store: 'crm', purpose: 'Marketing' } } })),
  ])
  expect(await observe('scope', 'acme')).toEqual([{ fact: 'subjects_in_union', is: { value: true }, source: 'seen: people of 2 Member States counted on 2020-07-31' }])
  expect(await observe('scope', 'other'), 'of another controller nothing is seen').toEqual([])
  const facts = stated({ employees: 1, risk: false, occasional: true, special: false })
  const one = await recordAssessment(ledger, { question: 'exemption', facts, controller: 'acme', by: 'dana', observed: await observe('exemption', 'acme') }, when)
  expect([one.outcome, one.facts['occasional']]).toEqual(['exempt', { value: true, source: 'stated' }])
  expect(one.seen!.map(({ fact, standing }) => `${fact} ${standing}`)).toEqual(['employees contradicts', 'occasional contradicts'])
  expect(seenText(one.seen![1]!)).toBe('occasional = no   (seen: sessions at the gateway on 12 of the 90 days before 2020-08-01)   CONTRADICTS what was stated')
  const before = (await standingsOf(own.database, when)).find(({ recorded }) => recorded.question === 'scope')!
  expect(before.recorded.seen, 'recorded when nobody looked').toBeNull()
  expect((await compareWithLedger(bailee)).differences).toEqual([])
})

test('a list that names more than was seen is supported, one that leaves out what was seen is not; a day holds a moment of it', () => {
  const held = (fact: string, statedValue: string | boolean | readonly string[], value: string | boolean | readonly string[]): string => holdAgainst({ [fact]: statedValue } as never, [{ fact, is: { value: value as never }, source: 'seen: x' }])[0]!.standing
  expect([held('subject_countries', ['FR', 'RO'], ['FR']), held('subject_countries', ['FR'], ['FR', 'RO'])]).toEqual(['supports', 'contradicts'])
  expect([held('told_at', '2022-11-06', '2022-11-06T15:00:00Z'), held('told_at', '2022-11-07', '2022-11-06T15:00:00Z'), held('told_at', '2022-11-06T15:00:00Z', '2022-11-06T15:00:00Z')]).toEqual(['supports', 'contradicts', 'supports'])
  expect(holdAgainst({}, [{ fact: 'employees', is: { atLeast: 3 }, source: 'seen: x' }])[0]!.standing).toBe('not stated')
})
