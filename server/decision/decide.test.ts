import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Contract } from '#contract'
import type { Dataset, Environment } from '#inventory'
import type { Approval, Grant, Instruction, Operation, Scope } from '#instruction'
import type { Person, Standing, Training } from '#people'
import { monthsLater } from './compile.ts'
import { compile, decide, dimensions, type Act, type Decision, type Dimension, type World } from './index.ts'

const at = (text: string): number => Date.parse(`${text}${text.includes('T') ? '' : 'T00:00:00'}Z`) / 1000

const contract: Contract = { id: 'acme-1', slot: 1, controller: 'acme', starts: at('2016-12-01'), ends: at('2020-12-01'), declared: { id: 'acme-1', controller: 'acme', starts: '2016-12-01' } }
const environment = (id: string): Environment => ({ id, class: 'production', declared: { id, class: 'production' } })
const dataset = (id: string, controller: string, ...columns: string[]): Dataset => ({ id, slot: 1, controller, store: 'crm', tables: [{ table: 'crm.listener', subject: 'id', columns: Object.fromEntries(columns.map((column) => [column, { category: 'Name' }])) }] })
const scope: Scope = { id: 'INS-1', contract: 'acme-1', text: 'Segment our listeners.', purposes: ['Marketing'], operations: ['read', 'derive'], data: { listeners: ['id', 'country'] }, environments: ['production'], from: '2017-01-01', until: '2020-01-01' }

/** An instruction as its table holds it: accepted on 2017-01-01 unless said otherwise. */
function instruction(changed: Partial<Scope> = {}, state: Partial<Instruction> = {}): Instruction {
  const own = { ...scope, ...changed }
  return { id: own.id, slot: 1, contract: own.contract, controller: 'acme', scope: own, state: 'accepted', from: at(own.from), ...(own.until === undefined ? {} : { until: at(own.until) }), acceptedAt: at('2017-01-01'), acceptedBy: 'C. Martin', ...state }
}

function unaccepted(one: Instruction, state: Instruction['state']): Instruction {
  const { acceptedAt, acceptedBy, ...rest } = one
  return acceptedAt === undefined && acceptedBy === undefined ? one : { ...rest, state }
}

const grant = (changed: Partial<Grant> = {}): Grant => ({ id: 'noa-INS-1', slot: 1, person: 'noa', instruction: 'INS-1', until: at('2020-01-01'), state: 'approved', approvedAt: at('2017-01-01'), approvedBy: 'dana', ...changed })
const noa: Person = { id: 'noa', name: 'Noa', contact: 'noa@processor.example', role: 'analyst' }
const training: Training = { id: 'client-data', title: 'Client data', validMonths: 12, requiredFor: '*' }
const standing = (changed: Partial<Standing> = {}): Standing => ({ person: noa, committedAt: at('2017-01-01'), passed: [{ training: 'client-data', passedAt: at('2018-08-01') }], ...changed })

const world: World = {
  contracts: [contract], environments: [environment('production'), environment('test')],
  datasets: [dataset('listeners', 'acme', 'id', 'country', 'email'), dataset('tracks', 'other', 'id')],
  instructions: [instruction()], grants: [grant()], trainings: [training], standings: new Map([['noa', standing()]]),
}
const act: Act = { person: 'noa', controller: 'acme', purpose: 'Marketing', operation: 'read', data: { listeners: ['id', 'country'] }, environment: 'production', identifiable: true, at: at('2019-04-15') }

const approval = (changed: Partial<Approval> = {}): Approval => ({ id: 'AP-1', slot: 1, instruction: 'INS-1', scopeSha256: '', person: 'noa', use: 'session', reason: '', what: null, whatSha256: null, minutes: 60, times: 1, askedAt: at('2019-04-14'), state: 'given', givenBy: 'dana', givenAt: at('2019-04-14'), until: at('2019-04-16'), used: 1, usedAt: null, endedAt: null, ...changed })
const secondPerson = (approvals: readonly Approval[]): Partial<World> => ({ instructions: [instruction({ second_person: { uses: ['session'], minutes: 60 } })], approvals })

const judge = (wanted: Partial<Act> = {}, known: Partial<World> = {}): Decision => decide({ ...act, ...wanted }, compile({ ...world, ...known }))
const withNoa = (changed: Partial<Standing>): Partial<World> => ({ standings: new Map([['noa', standing(changed)]]) })

test('an act that one accepted instruction names in every dimension is allowed under it', () => {
  expect(judge()).toEqual({ outcome: 'allowed', under: ['INS-1'], failing: [], against: [], articles: [], exposure: [] })
})

test('no instruction covers it: refused in every dimension', () => {
  const nothing: World = { contracts: [], environments: [], datasets: [], instructions: [], grants: [], trainings: [], standings: new Map() }
  expect(decide(act, compile(nothing))).toEqual({ outcome: 'refused', under: [], failing: [...dimensions], against: [], articles: ['28(3)(a)', '29', '28(3)', '28(2)', '28(3)(b)', '32(4)'], exposure: ['28(10)'] })
  expect(judge({ controller: 'nobody' })).toMatchObject({ outcome: 'refused', failing: dimensions, against: [] })
})

describe('each dimension alone is enough to refuse', () => {
  const cases: readonly (readonly [Dimension, string, Partial<Act>, Partial<World>])[] = [
    ['contract', 'ended early', {}, { contracts: [{ ...contract, endedAt: at('2019-01-01'), endedBecause: 'termination' }] }],
    ['contract', 'not begun', {}, { contracts: [{ ...contract, starts: at('2019-06-01') }] }],
    ['contract', 'over', {}, { contracts: [{ ...contract, ends: at('2019-01-01') }] }],
    ['contract', 'unknown', {}, { contracts: [] }],
    ['contract', "another controller's", {}, { contracts: [{ ...contract, controller: 'other' }] }],
    ['purpose', 'the own product of the processor', { purpose: 'ResearchAndDevelopment' }, {}],
    ['purpose', 'another case of letters', { purpose: 'marketing' }, {}],
    ['operation', 'copy', { operation: 'copy', identifiable: false }, {}],
    ['data', 'a column that is not named', { data: { listeners: ['id', 'email'] } }, {}],
    ['data', 'all columns', { data: { listeners: '*' } }, {}],
    ['data', 'no dataset', { data: {} }, {}],
    ['data', 'no column', { data: { listeners: [] } }, {}],
    ['data', 'a dataset that is not named', { data: { listeners: ['id'], tracks: ['id'] } }, {}],
    ['data', 'a column no longer declared', {}, { datasets: [dataset('listeners', 'acme', 'id')] }],
    ['data', "a dataset that became another controller's", {}, { datasets: [dataset('listeners', 'other', 'id', 'country')] }],
    ['environment', 'test', { environment: 'test' }, {}],
    ['environment', 'named and never declared', {}, { environments: [] }],
    ['recipient', 'somebody who is not named', { recipient: 'mailer.example' }, {}],
    ['identifiable', 'pseudonymised only', {}, { instructions: [instruction({ identifiable: false })] }],
    ['time', 'before it begins', { at: at('2018-12-31') }, { instructions: [instruction({ from: '2019-01-01' })] }],
    ['time', 'after it ends', {}, { instructions: [instruction({ until: '2019-04-15' })] }],
    ['time', 'before it was accepted', {}, { instructions: [instruction({}, { acceptedAt: at('2019-04-16') })] }],
    ['commitment', 'none', {}, { standings: new Map([['noa', { person: noa, passed: standing().passed }]]) }],
    ['commitment', 'signed later', {}, withNoa({ committedAt: at('2019-04-16') })],
    ['commitment', 'the person has left', {}, withNoa({ person: { ...noa, leftAt: at('2019-04-15') } })],
    ['training', 'none', {}, withNoa({ passed: [] })],
    ['training', 'another one', {}, withNoa({ passed: [{ training: 'fire', passedAt: at('2019-01-01') }] })],
    ['training', 'lapsed', {}, withNoa({ passed: [{ training: 'client-data', passedAt: at('2018-04-15') }] })],
    ['training', 'passed later', {}, withNoa({ passed: [{ training: 'client-data', passedAt: at('2019-05-01') }] })],
    ['training', 'one of two', {}, { trainings: [training, { ...training, id: 'second' }] }],
    ['approval', 'none', {}, secondPerson([])],
    ['approval', 'not named by the act', {}, secondPerson([approval()])],
    ['approval', 'asked for alone', { approval: 'AP-1' }, secondPerson([approval({ state: 'asked', givenBy: null, givenAt: null, until: null })])],
    ['approval', 'over', { approval: 'AP-1' }, secondPerson([approval({ until: at('2019-04-15') })])],
    ['approval', 'given later', { approval: 'AP-1' }, secondPerson([approval({ givenAt: at('2019-04-16') })])],
    ['approval', "another person's", { approval: 'AP-1' }, secondPerson([approval({ person: 'eli' })])],
    ['approval', 'for another use', { approval: 'AP-1' }, secondPerson([approval({ use: 'copy' })])],
    ['approval', 'for another instruction', { approval: 'AP-1' }, secondPerson([approval({ instruction: 'INS-0' })])],
    ['grant', 'none', {}, { grants: [] }],
    ['grant', 'proposed', {}, { grants: [{ id: 'g', slot: 1, person: 'noa', instruction: 'INS-1', until: at('2020-01-01'), state: 'proposed' }] }],
    ['grant', 'approved later', {}, { grants: [grant({ approvedAt: at('2019-04-16') })] }],
    ['grant', 'over', {}, { grants: [grant({ until: at('2019-04-15') })] }],
    ['grant', 'revoked', {}, { grants: [grant({ state: 'revoked', revokedAt: at('2019-04-15') })] }],
    ['grant', "another person's", {}, { grants: [grant({ person: 'eli' })] }],
    ['grant', 'for another instruction', {}, { grants: [grant({ instruction: 'INS-2' })] }],
  ]
  test.each(cases)('%s: %s', (dimension, _how, wanted, known) => {
    const decision = judge(wanted, known)
    expect(decision).toMatchObject({ outcome: 'refused', under: [], failing: [dimension], against: ['INS-1'] })
    expect(decision.articles.slice(0, 2)).toEqual(['28(3)(a)', '29'])
  })
  test('and every dimension has a case', () => expect(new Set(cases.map(([dimension]) => dimension))).toEqual(new Set(dimensions)))
})

test('an approval of a second person covers the use that it is for, also when it was used: how often is counted where it is used', () => {
  expect(judge({ approval: 'AP-1' }, secondPerson([approval()])).outcome).toBe('allowed')
  expect(judge({}, { instructions: [instruction({ second_person: { uses: ['copy'], minutes: 60 } })] }).outcome, 'only copies ask for one').toBe('allowed')
})

test('a refusal names every failing dimension, in their order, with the articles of each', () => {
  const decision = judge({ purpose: 'ResearchAndDevelopment', operation: 'copy', environment: 'test', data: { listeners: '*' }, person: 'eli' })
  expect(decision.failing).toEqual(['purpose', 'operation', 'data', 'environment', 'identifiable', 'commitment', 'training', 'grant'])
  expect(decision.articles).toEqual(['28(3)(a)', '29', '28(3)(b)', '32(4)'])
  expect(judge({ recipient: 'mailer.example' }).articles).toEqual(['28(3)(a)', '29', '28(2)'])
})

test('a purpose that no instruction of the controller names exposes the processor to Art. 28(10)', () => {
  expect(judge({ purpose: 'ResearchAndDevelopment' }).exposure).toEqual(['28(10)'])
  expect(judge({ operation: 'copy' }).exposure).toEqual([])
  const other = { ...instruction({ id: 'INS-9', purposes: ['ResearchAndDevelopment'] }), controller: 'other' }
  expect(judge({ purpose: 'ResearchAndDevelopment' }, { instructions: [instruction(), other] }).exposure).toEqual(['28(10)'])
  const never = unaccepted(instruction({ id: 'INS-9', purposes: ['ResearchAndDevelopment'] }), 'proposed')
  expect(judge({ purpose: 'ResearchAndDevelopment' }, { instructions: [instruction(), never] }).exposure).toEqual(['28(10)'])
})

describe('what an act is judged against', () => {
  const several = [instruction({ id: 'INS-3', purposes: ['Profiling'] }), instruction({ id: 'INS-2', operations: ['copy'], environments: ['test'] }), instruction({ id: 'INS-1', operations: ['derive'] })]
  test('the instruction with the fewest failing dimensions, then by id, all listed', () => {
    const decision = judge({}, { instructions: several, grants: several.map((one) => grant({ instruction: one.id })) })
    expect(decision).toMatchObject({ failing: ['operation'], against: ['INS-1', 'INS-3', 'INS-2'] })
  })
  test('the one it claims to be under, and no other', () => {
    expect(judge({ instruction: 'INS-2' }, { instructions: several })).toMatchObject({ failing: ['operation', 'environment', 'grant'], against: ['INS-2'] })
    expect(judge({ instruction: 'INS-3' }, { instructions: [instruction(), ...several.slice(0, 2)] }).outcome).toBe('refused')
    expect(judge({ instruction: 'INS-7' })).toMatchObject({ failing: dimensions, against: [] })
    expect(judge({ instruction: 'INS-1', controller: 'other' })).toMatchObject({ failing: dimensions, against: [] })
  })
  test('one that is only proposed, or was withdrawn before it was accepted, counts for nothing', () => {
    for (const state of ['proposed', 'withdrawn'] as const) expect(judge({}, { instructions: [unaccepted(instruction(), state)] })).toMatchObject({ failing: dimensions, against: [] })
  })
  test('all that cover it are named, by id', () => {
    const two = [instruction({ id: 'INS-2' }), instruction()]
    expect(judge({}, { instructions: two, grants: two.map((one) => grant({ instruction: one.id })) }).under).toEqual(['INS-1', 'INS-2'])
  })
})

test.each([
  ['an instruction begins', '2017-01-01', (_: string) => ({ instructions: [instruction()] })],
  ['an instruction is accepted', '2018-09-01', (when: string) => ({ instructions: [instruction({}, { acceptedAt: at(when) })] })],
  ['a grant is approved', '2018-09-01', (when: string) => ({ grants: [grant({ approvedAt: at(when) })] })],
  ['a training is passed', '2018-09-01', (when: string) => withNoa({ passed: [{ training: 'client-data', passedAt: at(when) }] })],
  ['a commitment is signed', '2018-09-01', (when: string) => withNoa({ committedAt: at(when) })],
  ['a contract starts', '2018-09-01', (when: string) => ({ contracts: [{ ...contract, starts: at(when) }] })],
] as const)('when %s, the very second counts and the one before does not', (_what, when, known) => {
  const trained = { trainings: when === '2017-01-01' ? [] : [training] }
  expect(judge({ at: at(when) }, { ...trained, ...known(when) }).outcome).toBe('allowed')
  expect(judge({ at: at(when) - 1 }, { ...trained, ...known(when) }).outcome).toBe('refused')
})

test.each([
  ['an instruction was withdrawn', '2019-01-01', { instructions: [instruction({}, { state: 'withdrawn', endedAt: at('2019-01-01') })] }],
  ['an instruction was superseded', '2019-01-01', { instructions: [instruction({}, { state: 'superseded', endedAt: at('2019-01-01'), supersededBy: 'INS-2' })] }],
  ['an instruction ended', '2019-01-01', { instructions: [instruction({ until: '2019-01-01' })] }],
  ['a contract ended', '2019-01-01', { contracts: [{ ...contract, endedAt: at('2019-01-01'), endedBecause: 'termination' }] }],
  ['a grant was revoked', '2019-01-01', { grants: [grant({ state: 'revoked', revokedAt: at('2019-01-01') })] }],
  ['a person left', '2019-01-01', withNoa({ person: { ...noa, leftAt: at('2019-01-01') } })],
  ['a training lapsed', '2019-08-01', {}],
] as const)('when %s, the second before still counts and that one does not', (_what, when, known: Partial<World>) => {
  expect(judge({ at: at(when) - 1 }, known).outcome).toBe('allowed')
  expect(judge({ at: at(when) }, known).outcome).toBe('refused')
})

test.each([
  ['2019-01-31T10:00:00', 1, '2019-02-28T10:00:00'], ['2020-01-31', 1, '2020-02-29'], ['2020-02-29', 12, '2021-02-28'], ['2019-08-31', 6, '2020-02-29'],
  ['2019-10-31', 1, '2019-11-30'], ['2019-12-15T23:59:59', 1, '2020-01-15T23:59:59'], ['2016-02-29', 48, '2020-02-29'],
])('%s and %i months is %s', (from, months, to) => expect(monthsLater(at(from), months)).toBe(at(to)))

test('a training for a role binds that role alone', () => {
  const engineers = { trainings: [{ ...training, id: 'engineers', requiredFor: ['engineer'] }] }
  expect(judge({}, { ...engineers, ...withNoa({ passed: [] }) }).outcome).toBe('allowed')
  expect(judge({}, { ...engineers, ...withNoa({ person: { ...noa, role: 'engineer' }, passed: [] }) }).failing).toEqual(['training'])
})

test('"*" of an instruction is every declared column and no other; "*" of an act needs them all named', () => {
  const all = { instructions: [instruction({ data: { listeners: '*' } })] }
  expect(judge({ data: { listeners: '*' } }, all).outcome).toBe('allowed')
  expect(judge({ data: { listeners: ['email'] } }, all).outcome).toBe('allowed')
  expect(judge({ data: { listeners: ['password'] } }, all).failing).toEqual(['data'])
  expect(judge({ data: { listeners: '*' } }, { instructions: [instruction({ data: { listeners: ['id', 'country', 'email'] } })] }).outcome).toBe('allowed')
  expect(judge({ data: { listeners: '*' } }, { ...all, datasets: [] }).failing).toEqual(['data'])
  expect(judge({ data: { listeners: ['constructor'] } }).failing).toEqual(['data'])
})

test.each<[Operation, boolean | undefined, boolean]>([
  ['read', undefined, true], ['derive', undefined, true], ['write', undefined, true], ['search', undefined, true], ['erase', undefined, true],
  ['copy', undefined, false], ['disclose', undefined, false], ['return', undefined, false], ['copy', true, true], ['copy', false, false], ['read', false, false],
])('%s, identifiable %s in the instruction: identifiable data covered is %s', (operation, identifiable, covered) => {
  const known = { instructions: [instruction({ operations: [operation], recipients: ['mailer.example'], ...(identifiable === undefined ? {} : { identifiable }) })] }
  const wanted = { operation, recipient: 'mailer.example' }
  expect(judge(wanted, known).failing).toEqual(covered ? [] : ['identifiable'])
  expect(judge({ ...wanted, identifiable: false }, known).outcome).toBe('allowed')
})

test('a disclosure without a recipient is refused, and so is one to somebody who is not named', () => {
  const known = { instructions: [instruction({ operations: ['disclose'], recipients: ['mailer.example'], identifiable: true })] }
  expect(judge({ operation: 'disclose' }, known).failing).toEqual(['recipient'])
  expect(judge({ operation: 'disclose', recipient: 'other.example' }, known).failing).toEqual(['recipient'])
  expect(judge({ operation: 'disclose', recipient: 'mailer.example' }, known).outcome).toBe('allowed')
})

const some = <Value>(...values: readonly Value[]): fc.Arbitrary<Value[]> => fc.subarray([...values], { minLength: 1 })
const instructions = fc.uniqueArray(fc.record({
  id: fc.constantFrom('INS-1', 'INS-2', 'INS-3', 'INS-4', 'INS-5'), purposes: some('Marketing', 'Profiling'), operations: some<Operation>('read', 'copy'), environments: some('production', 'test'),
  data: fc.constantFrom<Scope['data']>({ listeners: ['id', 'country'] }, { listeners: '*' }, { listeners: ['id'] }), identifiable: fc.boolean(), ended: fc.boolean(), granted: fc.boolean(),
}), { selector: (one) => one.id, maxLength: 5 })
type Drawn = typeof instructions extends fc.Arbitrary<infer Value> ? Value : never
const acts = fc.record({ purpose: fc.constantFrom('Marketing', 'Profiling', 'Own'), operation: fc.constantFrom<Operation>('read', 'copy'), environment: fc.constantFrom('production', 'test'), identifiable: fc.boolean(), data: fc.constantFrom<Act['data']>({ listeners: ['id'] }, { listeners: '*' }, { listeners: ['country'] }) })

function worldOf(drawn: Drawn): World {
  return {
    ...world, grants: drawn.filter((one) => one.granted).map((one) => grant({ id: `g-${one.id}`, instruction: one.id })),
    instructions: drawn.map(({ ended, granted: _granted, ...changed }) => instruction(changed, ended ? { state: 'withdrawn', endedAt: at('2019-01-01') } : {})),
  }
}

const numRuns = process.env['BAILEE_FULL'] === '1' ? 5_000 : process.env['BAILEE_LONG'] === '1' ? 1_000 : 200

test('the order in which records are read decides nothing', () => fc.assert(fc.property(instructions.chain((drawn) => fc.tuple(fc.constant(drawn), fc.shuffledSubarray(drawn, { minLength: drawn.length }))), acts, ([drawn, shuffled], wanted) => {
  const other = worldOf(shuffled)
  expect(decide({ ...act, ...wanted }, compile({ ...other, grants: [...other.grants].reverse(), datasets: [...other.datasets].reverse() }))).toEqual(decide({ ...act, ...wanted }, compile(worldOf(drawn))))
}), { numRuns }))

test('an instruction more never makes an allowed act refused, and one less never a refused act allowed', () => fc.assert(fc.property(instructions, acts, (drawn, wanted) => {
  const asked = { ...act, ...wanted }
  const whole = decide(asked, compile(worldOf(drawn)))
  for (const left of drawn) {
    const fewer = decide(asked, compile(worldOf(drawn.filter((one) => one !== left))))
    if (fewer.outcome === 'allowed') expect(whole.under).toEqual(expect.arrayContaining([...fewer.under]))
  }
}), { numRuns }))

test('allowed is exactly: some instruction, claimed by name, fails nothing', () => fc.assert(fc.property(instructions, acts, (drawn, wanted) => {
  const index = compile(worldOf(drawn))
  const asked = { ...act, ...wanted }
  const decision = decide(asked, index)
  const alone = drawn.filter((one) => decide({ ...asked, instruction: one.id }, index).outcome === 'allowed').map((one) => one.id).sort()
  expect(decision.under).toEqual(alone)
  expect(decision.outcome).toBe(alone.length > 0 ? 'allowed' : 'refused')
  expect(decision.failing.length > 0).toBe(decision.outcome === 'refused')
}), { numRuns }))
