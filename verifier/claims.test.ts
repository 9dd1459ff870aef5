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
