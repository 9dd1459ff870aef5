import { expect, test } from 'vitest'
import { claimsOf, type Told } from './claims.ts'
import { textOf } from './print.ts'

const [sha256, at] = ['ab'.repeat(32), Date.parse('2020-12-02') / 1000]
const entry = (index: number, type: string, evidence: Record<string, unknown>): Told => ({ index, at: at + index * 86_400, type, evidence: { erasure: 'EXIT-1', ...evidence } })
const told = [
  entry(0, 'erasure.sub_processor_asked', { name: 'Mail Ltd' }), entry(7, 'erasure.sub_processor_asked', { name: 'Mail Ltd' }), entry(7, 'erasure.sub_processor_asked', { name: 'Push Inc' }),
  entry(8, 'erasure.sub_processor_answered', { name: 'Mail Ltd', outcome: 'certificate', sha256, says: 'All erased.', by: 'eli' }),
]
const mail = { name: 'Mail Ltd', country: 'IE', asked: '2020-12-09', evidence: 'certificate', sha256, says: 'All erased.', received: '2020-12-10' }
const push = { name: 'Push Inc', country: 'US', asked: '2020-12-09', evidence: 'none obtained' }

function standing(rows: readonly object[] | undefined, { status = 'partial', recorded = told }: { readonly status?: string; readonly recorded?: readonly Told[] } = {}): string | undefined {
  const claims = claimsOf({ document: { status, ...(rows === undefined ? {} : { sub_processors: rows }) }, origin: 'log.example/1', issued: entry(9, 'certificate.issued', { certificate: 'C-1' }), told: recorded, hidden: [] })
  return claims.find(({ claim }) => claim === 'sub_processors')?.standing
}

test('what sub-processors were asked and answered is held against the log', () => {
  expect(standing([mail, push])).toBe('shown')
  expect(standing([mail, push, { name: 'Never Asked', country: 'FR', asked: null, evidence: 'none obtained' }])).toBe('shown')
})

test.each([
  ['another hash', [{ ...mail, sha256: 'cd'.repeat(32) }, push]], ['other words', [{ ...mail, says: 'Everything was erased for ever.' }, push]], ['another day', [{ ...mail, received: '2020-12-11' }, push]],
  ['a certificate that was never recorded', [mail, { ...mail, name: 'Push Inc' }]], ['one left out', [mail]], ['a statement as a certificate', [{ ...mail, evidence: 'statement' }, push]],
])('%s is contradicted', (_what, rows) => { expect(standing(rows)).toBe('contradicted') })

test('one that gave nothing is contradicted where the certificate is complete', () => { expect(standing([mail, push], { status: 'complete' })).toBe('contradicted') })

test('with none asked it stays a word, and a certificate that is older than the question says nothing of it', () => {
  expect(standing([], { recorded: [] })).toBe('word')
  expect(standing(undefined, { recorded: [] })).toBeUndefined()
  expect(standing(undefined), 'left out altogether').toBe('contradicted')
})

test('a store that was planned and that the search after erasing does not name is in the way, listed or not', () => {
  const store = (name: string) => ({ store: name, environment: 'e', kind: 'postgres', places: 1, not_read: [], partly_read: [] })
  const standings = (status: string, searched: readonly object[], obstacles: readonly object[] = []): unknown[] => {
    const recorded = [entry(1, 'erasure.planned', { plan: { round: 1, items: [], blocked: [], coverage: [store('crm'), store('lab')] } }), entry(2, 'erasure.searched_again', { again: { sweep: 'S', at, residual: 0, places: [], coverage: searched } })]
    const claims = claimsOf({ document: { status, obstacles, backups: [], exceptions: [] }, origin: 'log.example/1', issued: entry(9, 'certificate.issued', { certificate: 'C-1', erasure: 'EXIT-1' }), told: recorded, hidden: [] })
    return ['status', 'obstacles'].map((name) => claims.find(({ claim }) => claim === name)?.standing)
  }
  expect(standings('complete', [store('crm'), store('lab')])).toEqual(['shown', 'shown'])
  expect(standings('complete', [store('crm')])).toEqual(['contradicted', 'contradicted'])
  expect(standings('partial', [store('crm')], [{ store: 'lab', place: '*' }])).toEqual(['shown', 'shown'])
})

const judged = (claim: string, recorded: readonly Told[], document: object = {}): string | undefined => claimsOf({ document: { status: 'complete', obstacles: [], backups: [], exceptions: [], ...document }, origin: 'log.example/1', issued: entry(9, 'certificate.issued', { certificate: 'C-1' }), told: recorded, hidden: [] }).find((one) => one.claim === claim)?.standing

test('a finding after it is of a later contract only where something shows that what was found was made since: the same people may be in both', () => {
  const made = (index: number) => ({ made: { after: entry(index, '', {}).at } })
  const found = (detail: object): Told => entry(20, 'finding.opened', { finding: 'F-1', erasure: undefined, detail })
  const [taken, swept, begun] = [entry(12, 'trace.taken', { id: 'd.0' }), entry(14, 'sweep.completed', { sweep: 'S-2' }), entry(13, 'transfer.begun', { id: 'T-1' })]
  expect(judged('since', [taken, swept, found({ datasets: ['d.0'], ...made(14) })])).toBe('shown')
  expect(judged('since', [taken, swept, found({ datasets: ['d.0'], ...made(8) })]), 'it may have been there before').toBe('contradicted')
  expect(judged('since', [taken, swept, found({ datasets: ['d.0'] })]), 'nobody knows since when').toBe('contradicted')
  expect(judged('since', [taken, found({ datasets: ['d.0'], ...made(14) })]), 'no sweep after it says so').toBe('contradicted')
  expect(judged('since', [swept, found({ datasets: ['d.0'], ...made(14) })]), 'by fingerprints of before').toBe('contradicted')
  expect(judged('since', [swept, { ...taken, index: 16 }, found({ datasets: ['d.0'], ...made(14) })]), 'the sweep did not know them yet').toBe('contradicted')
  expect(judged('since', [begun, found({ copies: [{ copy: 'T-1' }], ...made(13) })])).toBe('shown')
  expect(judged('since', [{ ...begun, index: 5 }, found({ copies: [{ copy: 'T-1' }], ...made(13) })]), 'its clock went back').toBe('contradicted')
  expect(judged('since', [begun, found({ copies: [{ copy: 'T-1' }, { copy: 'T-2' }], ...made(13) })])).toBe('contradicted')
})

test('a copy that nobody can tell is settled by another certificate only where that stands, and was not partial', () => {
  const planned = entry(4, 'erasure.planned', { plan: { round: 1, items: [], blocked: [], coverage: [] } })
  const again = entry(5, 'erasure.searched_again', { again: { sweep: 'S', at, residual: 0, places: [], coverage: [], governed: { copies: 0, not_told: [], settled: [{ copy: 'T-1', certificate: 'C-0' }], not_read: [], found: [] } } })
  const before = (status: string): Told => entry(1, 'certificate.issued', { certificate: 'C-0', erasure: 'EXIT-0', status })
  expect(judged('status', [before('complete'), planned, again])).toBe('shown')
  for (const recorded of [[planned, again], [before('partial'), planned, again], [before('complete'), entry(2, 'certificate.invalidated', { certificate: 'C-0', erasure: 'EXIT-0' }), planned, again]]) expect([judged('status', recorded), judged('obstacles', recorded)]).toEqual(['contradicted', 'contradicted'])
})

test('one that was invalidated is said so in capitals', () => {
  expect(textOf({ outcome: 'refused', steps: [], because: { step: 'standing', code: 'certificate/invalidated', message: 'it was invalidated' } })).toContain('INVALIDATED: this certificate NO LONGER HOLDS')
})

const lead = (to: string | null, more: object = {}): object => ({ store: 'crm', to, ...more })
const ledTo = (planned: object[], again: object[]): Told[] => [
  entry(4, 'erasure.planned', { plan: { round: 1, items: [], blocked: [], coverage: [], leads: planned } }), entry(5, 'erasure.searched_again', { again: { sweep: 'S', at, residual: 0, places: [], coverage: [], leads: again } }),
]

test('a store that led elsewhere when it was planned is in the way, unless the place itself says that it is the same; one that says it is another is, under the same address', () => {
  const standing = (planned: object[], again: object[]): string | undefined => judged('status', ledTo(planned, again))
  expect(standing([lead('a')], [lead('a')])).toBe('shown')
  expect(standing([lead('a')], [lead('b')])).toBe('contradicted')
  expect(standing([lead('a', { is: '1', of: '1' })], [lead('b', { is: '1', of: '1' })]), 'moved, and it says itself that it is the same').toBe('shown')
  expect(standing([lead('a', { is: '1', of: '1' })], [lead('a', { is: '2', of: '1' })]), 'begun anew').toBe('shown')
  expect(standing([lead('a', { is: '1', of: '1' })], [lead('a', { is: '2', of: '2' })]), 'another one under its address').toBe('contradicted')
  expect(standing([lead('a')], [lead(null)])).toBe('shown')
})

test('what two people state of an address is told as stated, makes nothing complete, and is held against who stated it', () => {
  const [stated, confirmed] = [entry(6, 'erasure.address_stated', { store: 'crm', leads: ['a'], says: 'gone', because: 'the disk was shredded', by: 'eli' }), entry(7, 'erasure.address_confirmed', { store: 'crm', by: 'dana' })]
  const recorded = [...ledTo([lead('a')], [lead('b')]), stated, confirmed]
  const instant = (index: number): string => new Date(entry(index, '', {}).at * 1000).toISOString()
  const row = { store: 'crm', says: 'gone', because: 'the disk was shredded', stated_by: 'eli', stated: instant(6), confirmed_by: 'dana', confirmed: instant(7), standing: 'stated, not verified' }
  expect(judged('addresses', recorded, { addresses: [row] })).toBe('word')
  expect(judged('status', recorded, { addresses: [row] }), 'complete is more than that').toBe('contradicted')
  expect(judged('addresses', recorded, { addresses: [{ ...row, confirmed_by: 'noa' }] })).toBe('contradicted')
  expect(judged('addresses', recorded), 'left out').toBe('contradicted')
  expect(judged('addresses', [...recorded.slice(0, 3), entry(7, 'erasure.address_confirmed', { store: 'crm', by: 'eli' })], { addresses: [{ ...row, confirmed_by: 'eli' }] }), 'by the same person').toBe('contradicted')
  expect(judged('addresses', recorded.slice(0, 3)), 'what nobody confirmed is nothing').toBeUndefined()
})

test('people who could not be taken when it was planned, and were before anything was erased, stand in the way no more', () => {
  const left = { store: 'crm', dataset: 'd', because: 'away' }
  const recorded = (...more: Told[]): Told[] => [entry(3, 'erasure.planned', { plan: { round: 1, items: [], blocked: [], coverage: [], not_taken: [left] } }), ...more, entry(5, 'erasure.searched_again', { again: { sweep: 'S', at, residual: 0, places: [], coverage: [] } })]
  expect(judged('status', recorded())).toBe('contradicted')
  expect(judged('status', recorded(entry(4, 'erasure.fingerprints_taken', { round: 1, taken: [left] })))).toBe('shown')
})
