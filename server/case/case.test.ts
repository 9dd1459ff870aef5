import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { inject, beforeAll, expect, test } from 'vitest'
import { openDirectory, parseEnvelope, verifyBundle, verifyCertificate } from '@bailee/verifier'
import { playCase, type CaseReport, type StepResult } from './index.ts'
import { openCase, saveCase, writeWhole } from './progress.ts'

const directory = join(inject('testDirectory'), 'case')
const people = 500
const seen: string[] = []
let report: CaseReport
const evidenceOf = (id: string): Record<string, unknown> => report.steps.find((step) => step.id === id)?.evidence ?? {}

beforeAll(async () => {
  report = await playCase({
    people, seed: 7, directory, onBegin: (id) => seen.push(`begin ${id}`), onStep: (step: StepResult, resumed) => seen.push(`${resumed ? 'resumed' : 'end'} ${step.id}`), progress: () => undefined,
  })
}, 240_000)

test('the report is what checks rely on: every step, in order, with its title and time', () => {
  expect(report).toMatchObject({ ok: true, people, dir: directory, seconds: expect.any(Number) as number })
  expect(report.steps.map((step) => step.id)).toEqual(['a', 'b', 'b2', 'b3', 'c', 'c2', 'd', 'e', 'e2', 'f', 'g', 'register', 'leak', 'notice', 'defences'])
  for (const step of report.steps) expect(step).toMatchObject({ ok: true, title: expect.stringMatching(/./) as string, seconds: expect.any(Number) as number, evidence: expect.any(Object) as object })
  expect(seen.slice(0, 3)).toEqual(['begin a', 'end a', 'begin b'])
  expect([report.bundle, report.certificate, report.dir].every((path) => isAbsolute(path) && existsSync(path))).toBe(true)
  expect(() => JSON.stringify(report)).not.toThrow()
})

test('b: a segment was read under the instruction, smaller than the table, and a column it does not name was refused', () => {
  const { rows, refused } = evidenceOf('b') as { rows: number; refused: { sqlstate: string } }
  expect(rows).toBeGreaterThan(0)
  expect(rows).toBeLessThan(people)
  expect(refused.sqlstate).toBe('42501')
})

test('b2: three segments were made under the instruction, from one table, nobody who had not agreed on the list; and the end of the contract took them with it', () => {
  const { activities, opted_out_on_list: optedOut, left_out: leftOut } = evidenceOf('b2') as { activities: { name: string; place: string; rows: number; from: { table: string; columns: string[] }[] }[]; opted_out_on_list: number; left_out: number }
  expect(activities.map(({ name }) => name)).toEqual(['at-risk.sql', 'genres.sql', 're-engage.sql'])
  expect(activities[2]?.from).toEqual([{ table: 'crm.listener', columns: ['user_id', 'newsletter', 'plan', 'language', 'tracks_per_day'] }].map(({ table, columns }) => ({ table, columns: expect.arrayContaining(columns) as string[] })))
  for (const { rows } of activities) expect(rows).toBeGreaterThan(0)
  expect([optedOut, leftOut > 0]).toEqual([0, true])
  expect(evidenceOf('f')['erased']).toMatchObject(Object.fromEntries(activities.map(({ place, rows }) => [`crm: ${place}`, rows])))
})

test('b3: the list went to the one sub-processor that was named, sealed to its key, as it was recorded, once; to nobody else, and nothing that was made from more', () => {
  const list = (evidenceOf('b2')['activities'] as { name: string; rows: number }[]).find(({ name }) => name === 're-engage.sql')
  expect(evidenceOf('b3')).toMatchObject({ recipient: 'Campaign Post SAS', country: 'FR', rows: list?.rows, sent_again: false, sealed: true, columns: ['user_id', 'language', 'plan'], refused: ['transfer/not-authorised', 'transfer/not-named'] })
})

test('c: the copy was refused against INS-1, naming purpose, operation and environment, with the articles', () => {
  expect(evidenceOf('c')).toMatchObject({ outcome: 'refused', against: ['INS-1'], failing: expect.arrayContaining(['purpose', 'operation', 'environment']) as string[], articles: expect.arrayContaining(['28(3)(a)', '29']) as string[], exposure: ['28(10)'] })
})

test('c2 and e2: the copy under an instruction holds nobody in clear, is no finding, and is gone when its time is over', () => {
  const { rows, known, columns } = evidenceOf('c2') as { rows: number; known: number; columns: string[] }
  expect(rows).toBeGreaterThanOrEqual(people)
  expect([known, columns]).toEqual([0, ['birth_date', 'country', 'plan', 'tracks_per_day', 'user_id']])
  expect(evidenceOf('e2')).toEqual({ erased: 1, left: 0, findings_of_it: 0 })
})

test('d and e: what was copied is found in both places, by controller, with the number of people', () => {
  expect(evidenceOf('d')['rows_copied']).toEqual({ 'test-db: lab.engine_input': people + 59, 'share: old/backup-eli/2019_q2.csv.gz': people })
  const { findings, coverage } = evidenceOf('e') as { findings: { controller: string }[]; coverage: { store: string; rows: number; not_read: unknown[] }[] }
  const found = findings.map(({ controller, ...rest }) => ({ controller, ...rest }))
  expect(found).toHaveLength(3)
  expect(found).toEqual(expect.arrayContaining([
    expect.objectContaining({ controller: 'deezer', store: 'test-db', place: 'lab.engine_input', records: people, environment: 'test' }),
    expect.objectContaining({ controller: 'deezer', store: 'share', place: 'old/backup-eli/2019_q2.csv.gz', records: people, environment: 'test' }),
    expect.objectContaining({ controller: 'chinook', store: 'test-db', place: 'lab.engine_input', records: 59, environment: 'test' }),
  ]))
  expect(coverage.map((store) => store.store).sort()).toEqual(['crm', 'share', 'shop', 'test-db'])
  expect(coverage.flatMap((store) => store.not_read)).toEqual([])
})

test('f: everything of the controller was erased, nothing else, and the certificate is complete', () => {
  expect(evidenceOf('f')).toMatchObject({
    erased: { 'crm: crm.listener': people, 'test-db: lab.engine_input': people, 'share: old/backup-eli/2019_q2.csv.gz': people }, residual: 0, certificate_status: 'complete', chinook_untouched: true,
  })
  const document = JSON.parse(new TextDecoder().decode(parseEnvelope(readFileSync(report.certificate)).payload)) as Record<string, unknown>
  expect(document).toMatchObject({ status: 'complete', obstacles: [], contract: { id: 'deezer-2016' } })
  expect(existsSync(join(directory, 'share/old/backup-eli/2019_q2.csv.gz'))).toBe(false)
})

test('g: the bundle verifies, holds the certificate, and a changed byte was refused', () => {
  expect(evidenceOf('g')).toMatchObject({ entries: expect.any(Number) as number, verified: true, tampered_refused: true })
  const verdict = verifyBundle(openDirectory(report.bundle))
  const claims = verifyCertificate(openDirectory(report.bundle), { bytes: readFileSync(report.certificate) })
  expect(claims, JSON.stringify(claims)).toMatchObject({ outcome: 'verified', facts: { status: 'complete' } })
  expect(verdict.outcome).toBe('verified')
  expect(JSON.stringify(evidenceOf('g'))).not.toContain('example') // no person's value
})

test('register: of the day of the copy, complete and silent of it; of the next morning, not silent; without what the published one lacked, not complete', () => {
  expect(evidenceOf('register')).toMatchObject({ as_of: '2019-04-15T00:00:00Z', compliant: true, copies_found: [], published_record_lacked: ['30(2)(a).controller.dpo'], next_morning: { copies_found: ['share: old/backup-eli/2019_q2.csv.gz', expect.stringMatching(/^test-db: /) as string] } })
})

test('defences: none holds, each answered with its article; days, people and a range that contains the fine, from the facts of the decision', () => {
  const { defences, ...rest } = evidenceOf('defences') as { defences: { question: string; article: string; verdict: string; assessment: string }[] }
  expect(defences.map(({ question, article, verdict }) => `${question} ${article} ${verdict}`)).toEqual(['scope 3(2)(b) yes', 'transfer 45 yes', 'exemption 30(5) no', 'attribution 29 no', 'reuse 28(3)(a) no', 'end 28(3)(g) no'])
  for (const { assessment } of defences) expect(assessment).toMatch(/^A-[0-9a-f]{12}$/)
  expect(rest).toMatchObject({
    days: { end_to_notification: 709, end_to_declared_deletion: 1_034, notification_to_deletion: 325 }, people: { world: 46_900_000, union: 21_574_775, france: 9_849_354, union_without_france: 11_725_421, replayed: false },
    exposure: { ceiling_euros: 10_000_000, euros: [30_000, 1_000_000], contains_fine: true, unconfirmed: [expect.stringMatching(/^lower share/)] },
  })
})

test('leak: fifty rows are one of the two copies of that night, or one that nobody registered; the weeks of it are known; whom it concerns is a range, from what was counted before the erasure', () => {
  const findings = (evidenceOf('e')['findings'] as { controller: string; id: string }[]).filter(({ controller }) => controller === 'deezer').map(({ id }) => id)
  const { copies, people: figures, ...rest } = evidenceOf('leak') as { copies: string[]; people: { country: string; kind: string; low: number; high: number }[] }
  expect(copies.toSorted()).toEqual(findings.toSorted())
  expect(rest).toMatchObject({ controllers: ['deezer'], rows: 50, answer: 'one of', taken: { after: '2019-04-07T00:00:00Z', by: '2019-04-21T00:00:00Z' }, counted_from: 'recorded earlier', counted_on: ['2019-04-07T00:00:00Z', '2019-04-21T00:00:00Z'] })
  expect(figures[0]).toEqual({ country: '*', kind: 'range', low: 50, high: people })
  expect(figures[1]).toEqual({ country: 'EU', kind: 'range', low: 0, high: people * 0.74 })
  expect(figures.map(({ country }) => country)).toEqual(['*', 'EU', 'BR', 'DE', 'FR', 'GB', 'HU', 'RO'])
})

test('notice: the one controller is told the same day, in two languages, of nobody else; its clocks run, and what it may lead to is a range', () => {
  expect(evidenceOf('notice')).toMatchObject({
    phase: 1, told_at: '2022-11-06T15:00:00Z', names_others: false, assessments: [{ question: 'breach_notice', verdict: 'yes' }, { question: 'fine' }, { question: 'fine' }], exposure: { euros: [15_000, 200_000] },
    clocks: [{ due: null }, { law: expect.stringMatching(/^contract deezer-2016: 24 hours; it was not in force/) as string, due: '2022-11-07T09:00:00Z' }, { due: '2022-11-09T15:00:00Z' }],
  })
  for (const language of ['en', 'fr']) expect(readFileSync(join(directory, `notice.${language}.pdf`)).subarray(0, 5).toString()).toBe('%PDF-')
})

test('nothing of the people is in the state that Bailee keeps beside the databases', () => {
  for (const file of ['case.json', 'certificate.dsse.json', 'bailee.yaml']) expect(readFileSync(join(directory, file), 'utf8')).not.toMatch(/@(mail|post|inbox)\.example|@example\.(org|net)/)
})

const asked = { people: 10, seed: 1, data: null }
const place = (name: string): string => join(inject('testDirectory'), name)

test('an unfinished run goes on only with what it was asked for', () => {
  const begun = place('begun')
  openCase(begun, asked)
  saveCase(begun, { asked, steps: [report.steps[0]!], finished: false })
  expect(openCase(begun, asked).steps).toHaveLength(1)
  expect(() => openCase(begun, { ...asked, people: 11 })).toThrow(expect.objectContaining({ name: 'Misuse', message: expect.stringContaining('unfinished case of 10 people') as string }))
  expect(() => openCase(begun, { ...asked, seed: 2 })).toThrow(expect.objectContaining({ name: 'Misuse' }))
})

test('a finished run is kept as .previous, and the one before that is forgotten', () => {
  const done = place('done')
  for (const mark of ['first', 'second', 'third']) {
    expect(openCase(done, asked).steps).toEqual([])
    writeFileSync(join(done, 'mark'), mark)
    saveCase(done, { asked, steps: report.steps, finished: true })
  }
  openCase(done, { ...asked, people: 99 })
  expect(readFileSync(join(`${done}.previous`, 'mark'), 'utf8')).toBe('third')
  expect(existsSync(join(done, 'mark'))).toBe(false)
})

test('a directory that holds a Bailee, or anything else, is left alone; so is what stands where the finished run would be kept', () => {
  const other = place('other')
  mkdirSync(join(other, 'keys'), { recursive: true })
  expect(() => openCase(other, asked)).toThrow(expect.objectContaining({ name: 'Misuse', message: expect.stringContaining('a Bailee that is not a case') as string }))
  rmSync(join(other, 'keys'), { recursive: true })
  writeFileSync(join(other, 'thesis.txt'), 'mine')
  expect(() => openCase(other, asked)).toThrow(expect.objectContaining({ name: 'Misuse' }))
  const done = place('beside')
  saveCase(done, { asked, steps: report.steps, finished: true })
  writeWhole(join(`${done}.previous`, 'thesis.txt'), 'mine')
  expect(() => openCase(done, asked)).toThrow(expect.objectContaining({ name: 'Misuse' }))
  expect(readFileSync(join(`${done}.previous`, 'thesis.txt'), 'utf8')).toBe('mine')
  expect(existsSync(join(done, 'case.json'))).toBe(true)
})
