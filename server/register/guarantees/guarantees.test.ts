import { expect, test } from 'vitest'
import { protectionOf, type ProtectionFacts } from '../protection/protection.ts'
import { guaranteesOf, guaranteesPaper, guaranteesSheet, type GuaranteeFacts } from './guarantees.ts'

const day = 86_400
const at = Date.parse('2026-11-29T00:00:00Z') / 1000
const nothing: GuaranteeFacts = { processor: { name: 'Processor Ltd', country: 'IL', measures: undefined }, controllers: [{ id: 'acme', name: 'Acme SA' }], proofs: [], roads: undefined, sweep: undefined, witnesses: { declared: 0, lastCosigned: undefined }, doctor: undefined, breaches: [], exits: [], certificates: [], people: [] }
const standings = (facts: Partial<GuaranteeFacts>): Record<string, string> => Object.fromEntries(guaranteesOf({ ...nothing, ...facts }, at).guarantees.map(({ what, standing }) => [what, standing]))
const saying = (facts: Partial<GuaranteeFacts>, what: string): string | undefined => guaranteesOf({ ...nothing, ...facts }, at).guarantees.find((one) => one.what === what)?.says

test('what nobody looked at is unknown, never good', () => {
  expect(new Set(Object.values(standings({})))).toEqual(new Set(['unknown']))
})

test('what was looked at is tested or failing, and what the processor says of itself is declared', () => {
  const good: Partial<GuaranteeFacts> = {
    processor: { ...nothing.processor, measures: [{ heading: 'backup_and_restore', text: 'Daily.' }] }, proofs: [{ state: 'held', provedAt: at - day, held: 300 }], roads: { open: 0, declared: 1, notSeen: 0 },
    sweep: { at: at - day, stores: 3, places: 400, notRead: 0, partlyRead: 1 }, witnesses: { declared: 2, lastCosigned: at - 60 }, doctor: [{ check: 'keys', state: 'good' }], exits: [{ deadline: at, certifiedAt: at - day }], breaches: [{ awareAt: at - day, hours: 24, toldAt: at - 3_600 }], certificates: [{ status: 'complete', invalidated: false }], people: [{ committed: true, trained: true }],
  }
  const { 'backup and restore': measure, ...tests } = standings(good)
  expect([measure, new Set(Object.values(tests))]).toEqual(['declared', new Set(['tested'])])
  expect(standings({ ...good, proofs: [{ state: 'drifted', provedAt: at, held: 300 }], roads: { open: 1, declared: 0, notSeen: 0 }, doctor: [{ check: 'disk', state: 'wrong' }], exits: [{ deadline: at - day, certifiedAt: undefined }], certificates: [{ status: 'complete', invalidated: true }], people: [{ committed: true, trained: false }] })).toMatchObject({
    'ways out of an instruction': 'failing', 'roads beside the gateway': 'failing', 'keys, ledger, disk': 'failing', 'ends of contracts certified in time': 'failing', 'certificates of erasure': 'failing', 'training in force': 'failing',
  })
  expect(standings({ roads: { open: 0, declared: 0, notSeen: 1 } })['roads beside the gateway']).toBe('unknown')
})

test('of few clients none can be told: no exact count below five, no share that leaves a few', () => {
  const certificates = (all: number, bad: number) => Array.from({ length: all }, (_, index) => ({ status: 'complete', invalidated: index < bad }))
  const of = (all: number, bad: number): string | undefined => saying({ certificates: certificates(all, bad) }, 'certificates of erasure')
  expect([of(1, 0), of(4, 2)]).toEqual(['fewer than 5 issued; standing, and not partial: too few to count', 'fewer than 5 issued; standing, and not partial: too few to count'])
  expect([of(20, 0), of(20, 1), of(20, 18), of(20, 10)].map((text) => text?.split(': ')[1])).toEqual(['all', 'not said', 'not said', '50 %'])
  const one = JSON.stringify(guaranteesOf({ ...nothing, certificates: certificates(1, 0), exits: [{ deadline: at - 400 * day, certifiedAt: at - 401 * day }] }, at))
  expect(one).not.toMatch(/acme|2025-/i)
})

test('a measure that names a controller is refused: the pack goes to others', () => {
  for (const text of ['Keys of Acme SA are apart.', 'keys of ACME are apart', 'as for acme-like firms']) expect(() => guaranteesOf({ ...nothing, processor: { ...nothing.processor, measures: [{ heading: 'storage', text }] } }, at), text).toThrow('names a controller')
  expect(() => guaranteesOf({ ...nothing, processor: { ...nothing.processor, measures: [{ heading: 'storage', text: 'The acmeist poets are no client.' }] } }, at)).not.toThrow()
})

test('pages and sheet hold every line of the pack', () => {
  const pack = guaranteesOf({ ...nothing, processor: { ...nothing.processor, measures: [{ heading: 'storage', text: 'Encrypted disks.' }] } }, at)
  const pages = JSON.stringify(guaranteesPaper(pack))
  for (const { says } of pack.guarantees) expect(pages).toContain(says)
  expect([...guaranteesSheet(pack).rows]).toHaveLength(guaranteesSheet(pack).head + 1 + pack.guarantees.length)
})

const environment = (id: string, protection: string, more: object = {}) => ({ id, class: 'production', declared: { id, class: 'production', protection, ...more } }) as never as ProtectionFacts['environments'][number]
const store = (id: string, of: string) => ({ id, environment: of, kind: 'postgres', declared: {} }) as never as ProtectionFacts['stores'][number]
const estate: ProtectionFacts = { environments: [environment('live', 'high', { encryption_at_rest: 'LUKS' }), environment('test', 'low')], stores: [store('crm', 'live'), store('lab', 'test')], datasets: [{ id: 'people', controller: 'acme', store: 'crm', tables: [] } as never], instructions: [], findings: [], seen: new Map() }
const findings = (facts: Partial<ProtectionFacts>): string[] => protectionOf({ ...estate, ...facts }).flatMap((one) => one.findings.map(({ kind, about }) => `${one.environment} ${kind} ${about}`))
const seen = (is: 'encrypted' | 'local' | 'clear', open: number) => new Map([['crm', { transport: { is: 'seen', value: { is, says: '' } }, roads: { is: 'seen', value: { open, declared: 0, notSeen: 0 } } } as const]])

test('the declared protection is held against what is seen: nobody looked, in clear, roads beside, nothing told of what is at rest', () => {
  expect(findings({})).toEqual(['live unknown crm', 'live unknown crm'])
  expect(findings({ seen: seen('encrypted', 0) })).toEqual([])
  expect(findings({ seen: seen('clear', 2) })).toEqual(['live differs crm', 'live differs crm'])
  expect(findings({ seen: seen('local', 0), environments: [environment('live', 'high'), environment('test', 'low')] })).toEqual(['live unknown live'])
  expect(findings({ seen: seen('local', 0), environments: [environment('live', 'medium', { encryption_at_rest: 'none' }), environment('test', 'low')] })).toEqual(['live differs live'])
  expect(protectionOf(estate)[0]!.atRest).toEqual({ is: 'declared', says: 'LUKS' })
})

test('identifiable data stand in a lower environment by an accepted instruction alone; what was found there otherwise differs', () => {
  const instruction = (scope: object, state = 'accepted') => ({ id: 'INS', state, scope: { operations: ['copy'], environments: ['test'], data: { people: '*' }, ...scope } }) as never as ProtectionFacts['instructions'][number]
  const quiet = { seen: seen('local', 0) }
  expect(findings({ ...quiet, instructions: [instruction({ identifiable: true })] })).toEqual(['test instructed INS'])
  expect(findings({ ...quiet, instructions: [instruction({}), instruction({ identifiable: true }, 'withdrawn')] })).toEqual([])
  expect(findings({ ...quiet, findings: [{ id: 'F1', controller: 'acme', state: 'open', environment: 'test', store: 'lab' } as never] })).toEqual(['test differs F1'])
  expect(findings({ ...quiet, findings: [{ id: 'F1', controller: 'acme', state: 'open', environment: 'live', store: 'crm' } as never] })).toEqual([])
})

test('a breach is told in time by its contract; where that gives no hours, by being told; and what is not due yet is not counted', () => {
  const clock = (breaches: GuaranteeFacts['breaches']): string | undefined => standings({ breaches })['controllers told of breaches in time']
  expect(clock([])).toBe('unknown')
  expect(clock([{ awareAt: at - 3_600, hours: 24, toldAt: null }])).toBe('unknown')
  expect(clock([{ awareAt: at - 25 * 3_600, hours: 24, toldAt: null }])).toBe('failing')
  expect(clock([{ awareAt: at - 25 * 3_600, hours: 24, toldAt: at - 1_800 }])).toBe('failing')
  expect(clock([{ awareAt: at - 25 * 3_600, hours: 24, toldAt: at - 3_600 }])).toBe('tested')
  expect([clock([{ awareAt: at - 3_600, hours: null, toldAt: null }]), clock([{ awareAt: at - 3_600, hours: null, toldAt: at }])]).toEqual(['failing', 'tested'])
})

test('the pack is in French as a whole, but for what the processor wrote itself', () => {
  const facts: GuaranteeFacts = { ...nothing, proofs: [{ state: 'held', provedAt: at, held: 3 }], roads: { open: 0, declared: 1, notSeen: 1 }, sweep: { at, stores: 1, places: 2, notRead: 0, partlyRead: 0 }, breaches: [{ awareAt: at - day, hours: 1, toldAt: at }], certificates: [{ status: 'complete', invalidated: false }], people: [{ committed: true, trained: false }] }
  const [english, french] = [guaranteesOf(facts, at), guaranteesOf(facts, at, 'fr')]
  expect(french.guarantees.map(({ standing }) => standing)).toEqual(english.guarantees.map(({ standing }) => standing))
  french.guarantees.forEach(({ what, says }, index) => { expect(what).not.toBe(english.guarantees[index]!.what); expect(says).not.toBe(english.guarantees[index]!.says) })
  const [cells, otherCells] = [guaranteesSheet(french), guaranteesSheet(english)].map(({ rows }) => [...rows].flat().filter((text) => /[a-z]{4}/i.test(text) && text !== 'Processor Ltd'))
  expect(cells!.filter((text) => otherCells!.includes(text))).toEqual([])
  expect(guaranteesPaper(french)).toMatchObject({ language: 'fr', title: expect.stringContaining('Garanties suffisantes') as string })
})
