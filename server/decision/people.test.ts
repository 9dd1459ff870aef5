import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Approval, Grant, Instruction, Scope } from '#instruction'
import type { Standing, Training } from '#people'
import { compile, decide, type Act, type World } from './index.ts'

// Obligations about people (Art. 28(3)(b), 29, 32(4)) as facts on a day: each rule has one that is refused and one that passes. The same table stands in docs/guide/people.md.

const at = (text: string): number => Date.parse(`${text}${text.includes('T') ? '' : 'T00:00:00'}Z`) / 1000
const scope: Scope = { id: 'INS-1', contract: 'acme-1', text: 'Segment.', purposes: ['Marketing'], operations: ['read', 'copy'], data: { people: '*' }, environments: ['production'], identifiable: true, from: '2019-01-01' }
const instruction = (more: Partial<Scope> = {}): Instruction => ({ id: 'INS-1', slot: 1, contract: 'acme-1', controller: 'acme', scope: { ...scope, ...more }, state: 'accepted', from: at('2019-01-01'), acceptedAt: at('2019-01-01') })
const grant = (more: Partial<Grant> = {}): Grant => ({ id: 'G', slot: 1, person: 'noa', instruction: 'INS-1', until: at('2020-01-01'), state: 'approved', approvedAt: at('2019-02-01'), approvedBy: 'dana', ...more })
const emergency = (more: Partial<Grant> = {}): Grant => ({ id: 'E', slot: 1, person: 'noa', instruction: 'INS-1', state: 'approved', approvedAt: at('2019-04-15T09:00:00'), until: at('2019-04-15T10:00:00'), emergency: 'Restore of a lost table', ...more })
const standing = (more: Partial<Standing> & { leftAt?: number; role?: string } = {}): Standing => ({ person: { id: 'noa', name: 'Noa', contact: 'noa@processor.example', role: more.role ?? 'analyst', ...(more.leftAt === undefined ? {} : { leftAt: more.leftAt }) }, committedAt: at('2019-01-10'), passed: [{ training: 'client-data', passedAt: at('2018-08-01') }], ...more })
const training: Training = { id: 'client-data', title: 'Client data', validMonths: 12, requiredFor: ['analyst'] }
const approval = (more: Partial<Approval> = {}): Approval => ({ id: 'AP', slot: 1, instruction: 'INS-1', scopeSha256: '', person: 'noa', use: 'session', reason: '', what: null, whatSha256: null, minutes: 60, times: 1, askedAt: 0, state: 'given', givenBy: 'dana', givenAt: at('2019-04-15T08:30:00'), until: at('2019-04-15T09:30:00'), used: 0, usedAt: null, endedAt: null, ...more })
const world: World = {
  contracts: [{ id: 'acme-1', slot: 1, controller: 'acme', starts: at('2016-12-01'), declared: { id: 'acme-1', controller: 'acme', starts: '2016-12-01' } }], environments: [{ id: 'production', class: 'production', declared: { id: 'production', class: 'production' } }],
  datasets: [{ id: 'people', slot: 1, controller: 'acme', store: 'crm', tables: [{ table: 'p', subject: 'id', columns: { id: { category: 'UID' } } }] }], instructions: [instruction()], grants: [grant()], trainings: [training], standings: new Map([['noa', standing()]]),
}
const who = (more: Parameters<typeof standing>[0]): Partial<World> => ({ standings: new Map([['noa', standing(more)]]) })
const asks = (uses: ('session' | 'copy')[], approvals: readonly Approval[]): Partial<World> => ({ instructions: [instruction({ second_person: { uses, minutes: 60 } })], approvals })

type Row = readonly [obligation: string, article: string, facts: string, when: string, expected: string, world: Partial<World>, act?: Partial<Act>]
const day = '2019-04-15T09:00:00'
const rows: readonly Row[] = [
  ['commitment', '28(3)(b)', 'signed in January', day, 'allowed', {}],
  ['commitment', '28(3)(b)', 'never signed', day, 'refused: commitment', { standings: new Map([['noa', (({ committedAt: _, ...rest }) => rest)(standing())]]) }],
  ['commitment', '28(3)(b)', 'signed the day after', day, 'refused: commitment', who({ committedAt: at('2019-04-16') })],
  ['commitment', '28(3)(b)', 'nobody who is declared', day, 'refused: commitment, training, grant', {}, { person: 'eve' }],
  ['training', '32(4)', 'passed in August, valid for twelve months', '2019-07-31T23:59:59', 'allowed', {}],
  ['training', '32(4)', 'lapsed that day', '2019-08-01', 'refused: training', {}],
  ['training', '32(4)', 'lapsed, and passed again', '2019-08-02', 'allowed', who({ passed: [{ training: 'client-data', passedAt: at('2018-08-01') }, { training: 'client-data', passedAt: at('2019-08-01') }] })],
  ['training', '32(4)', 'passed after the act', day, 'refused: training', who({ passed: [{ training: 'client-data', passedAt: at('2019-05-01') }] })],
  ['training', '32(4)', 'not asked of this role', day, 'allowed', who({ role: 'auditor', passed: [] })],
  ['leaver', '29, 32(4)', 'leaves the day after', day, 'allowed', who({ leftAt: at('2019-04-16') })],
  ['leaver', '29, 32(4)', 'left that moment', day, 'refused: commitment', who({ leftAt: at(day) })],
  ['leaver', '29, 32(4)', 'came back, and has not signed again', day, 'refused: commitment', { standings: new Map([['noa', (({ committedAt: _, ...rest }) => rest)(standing())]]), grants: [grant()] }],
  ['grant', '29', 'approved by a second person', day, 'allowed', {}],
  ['grant', '29', 'proposed, and not approved', day, 'refused: grant', { grants: [(({ approvedAt: _, approvedBy: __, ...rest }) => rest)(grant({ state: 'proposed' }))] }],
  ['grant', '29', 'revoked by a review', day, 'refused: grant', { grants: [grant({ state: 'revoked', revokedAt: at('2019-04-15') })] }],
  ['grant', '29', 'over', '2020-01-01', 'refused: grant', who({ passed: [{ training: 'client-data', passedAt: at('2019-08-01') }] })],
  ['break-glass', '32(1)(b), 32(4)', 'within its hour', '2019-04-15T09:59:59', 'allowed', { grants: [emergency()] }],
  ['break-glass', '32(1)(b), 32(4)', 'its hour is over', '2019-04-15T10:00:00', 'refused: grant', { grants: [emergency()] }],
  ['break-glass', '32(1)(b), 32(4)', 'of somebody whose training lapsed', '2019-08-01T09:30:00', 'refused: training', { grants: [emergency({ approvedAt: at('2019-08-01T09:00:00'), until: at('2019-08-01T10:00:00') })] }],
  ['break-glass', '32(1)(b), 32(4)', 'under an instruction that asks for a second person', day, 'refused: approval', { ...asks(['session'], []), grants: [emergency()] }],
  ['break-glass', '28(3)(a)', 'for what the instruction does not cover', day, 'refused: purpose', { grants: [emergency()] }, { purpose: 'ResearchAndDevelopment' }],
  ['second person', '29, 32(4)', 'given half an hour before', day, 'allowed', asks(['session'], [approval()]), { approval: 'AP' }],
  ['second person', '29, 32(4)', 'nobody asked for one', day, 'allowed', asks(['copy'], [])],
  ['second person', '29, 32(4)', 'asked for, and not given', day, 'refused: approval', asks(['session'], [approval({ state: 'asked', givenBy: null, givenAt: null, until: null })]), { approval: 'AP' }],
  ['second person', '29, 32(4)', 'its time is over', '2019-04-15T09:30:00', 'refused: approval', asks(['session'], [approval()]), { approval: 'AP' }],
  ['second person', '29, 32(4)', 'taken back', day, 'refused: approval', asks(['session'], [approval({ state: 'withdrawn', endedAt: at('2019-04-15T08:45:00') })]), { approval: 'AP' }],
  ['second person', '29, 32(4)', 'for somebody else', day, 'refused: approval', asks(['session'], [approval({ person: 'eli' })]), { approval: 'AP' }],
  ['second person', '29, 32(4)', 'for a session, and a copy is made', day, 'refused: approval', asks(['session', 'copy'], [approval()]), { approval: 'AP', operation: 'copy' }],
  ['second person', '29, 32(4)', 'for a copy, and that copy is made', day, 'allowed', asks(['session', 'copy'], [approval({ use: 'copy', whatSha256: 'c1' })]), { approval: 'AP', operation: 'copy', what: 'c1' }],
  ['second person', '29, 32(4)', 'for a copy, and another one is made', day, 'refused: approval', asks(['session', 'copy'], [approval({ use: 'copy', whatSha256: 'c1' })]), { approval: 'AP', operation: 'copy', what: 'c2' }],
  ['second person', '29, 32(4)', 'for a copy of which nobody was told what it does', day, 'refused: approval', asks(['session', 'copy'], [approval({ use: 'copy' })]), { approval: 'AP', operation: 'copy', what: 'c1' }],
  ['second person', '29, 32(4)', 'recorded before it said what it does, and decided again', day, 'allowed', asks(['session', 'copy'], [approval({ use: 'copy' })]), { approval: 'AP', operation: 'copy' }],
]

test.each(rows.map(([obligation, article, facts, when, expected, known, act]) => ({ obligation, article, facts, when, expected, known, act })))('$obligation (Art. $article): $facts, $when: $expected', ({ when, expected, known, act }) => {
  const { outcome, failing } = decide({ person: 'noa', controller: 'acme', purpose: 'Marketing', operation: 'read', data: { people: '*' }, environment: 'production', identifiable: true, at: at(when), instruction: 'INS-1', ...act }, compile({ ...world, ...known }))
  expect(outcome === 'allowed' ? 'allowed' : `refused: ${failing.join(', ')}`).toBe(expected)
})

test('every obligation has one that is refused and one that passes', () => {
  for (const [obligation, all] of Map.groupBy(rows, ([one]) => one)) expect([obligation, all.some((row) => row[4] === 'allowed'), all.some((row) => row[4] !== 'allowed')]).toEqual([obligation, true, true])
})

test('the guide has the same table (UPDATE_GOLDEN=1 rewrites it)', () => {
  const file = join(import.meta.dirname, '../../docs/guide/people.md')
  const [begin, end] = ['<!-- scenarios -->\n', '<!-- end of scenarios -->']
  const table = ['| of | Art. | facts | when | answer |', '|---|---|---|---|---|', ...rows.map(([obligation, article, facts, when, expected]) => `| ${[obligation, article, facts, when, expected].join(' | ')} |`), ''].join('\n')
  const text = readFileSync(file, 'utf8')
  const wanted = `${text.slice(0, text.indexOf(begin) + begin.length)}${table}${text.slice(text.indexOf(end))}`
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, wanted)
  expect(readFileSync(file, 'utf8')).toBe(wanted)
})
