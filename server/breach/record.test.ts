import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Dataset } from '#inventory'
import { exportBreaches } from './recordPaper.ts'
import { recordOf, type BreachRegister } from './record.ts'
import type { Breach, Sending } from './types.ts'

const at = Date.parse('2022-11-20T00:00:00Z') / 1000
const aware = Date.parse('2022-11-06T09:00:00Z') / 1000
const breach = (more: Partial<Breach> = {}): Breach => ({
  id: 'B-1', slot: 1, controller: 'acme', contract: 'acme-1', nature: '＝A file was offered', cause: { kind: 'sample', found: 50, people: 50, mac: null }, openedBy: 'dana', awareAt: aware, openedAt: aware, terms: { contract: 'acme-1', hours: 24, inForce: true },
  attribution: [{ dataset: 'people', answer: { kind: 'one of', copies: ['F-1', 'F-2'] }, taken: { after: aware - 9e6, by: aware - 8e6, beginsWithLog: false, endsWithLog: false }, rows: 50, people: 50, telling: 40, neverHeld: 0, columns: ['email', 'plan'], fits: [], compared: 2, limits: [] }], attributedAt: aware,
  counts: { figures: [{ country: '*', kind: 'range', low: 50, high: 5_000 }, { country: 'EU', kind: 'unknown' }], source: 'recorded earlier', asOf: aware - 9e6, places: [], limits: ['counted later'] }, countedAt: aware, effects: 'Unwanted mail', measures: 'The share was closed', delay: null, describedAt: aware, ...more,
})
const sending = (more: Partial<Sending> = {}): Sending => ({ breach: 'B-1', phase: 1, number: 1, channel: 'e-mail', sentBy: 'dana', recipientSha256: '', begunAt: aware + 3_600, outcome: 'sent', messageId: null, receipt: '250 ok', settledAt: aware + 7_200, ...more })
const datasets = [{ id: 'people', slot: 1, controller: 'acme', store: 'crm', tables: [{ table: 'p', subject: 'id', columns: { id: { category: 'UID' }, email: { category: 'EmailAddress' }, plan: { category: 'Purchase' } } }] }] as never as Dataset[]
const notices = [{ breach: 'B-1', phase: 1, document: {} as never, sha256: 'ab', draftedAt: aware + 1_800 }]
const record = (of: Partial<Breach>, sendings: readonly Sending[]) => recordOf({ breach: breach(of), name: 'Acme SA', datasets, notices, sendings }, at)

test('a breach that was described, counted and told in time lacks nothing; what lacks is named, and late is later than the contract says', () => {
  expect(record({}, [sending()])).toMatchObject({ hoursTaken: 2, hoursGiven: 24, late: false, lacks: [], facts: { categories: ['EmailAddress', 'Purchase'] } })
  expect(record({}, []).lacks).toEqual(['not told', 'told late, no reason'])
  expect(record({ delay: 'Nobody could be reached' }, [sending({ settledAt: aware + 25 * 3_600 })])).toMatchObject({ late: true, lacks: [] })
  expect(record({}, [sending({ outcome: 'unknown' })]).lacks).toEqual(['not known whether told', 'told late, no reason'])
  expect(record({ effects: null, measures: null, counts: null, attribution: null, terms: null }, [sending()])).toMatchObject({ hoursGiven: null, late: false, lacks: ['not attributed', 'not counted', 'effects', 'remedial action'], facts: { categories: null } })
  expect(record({ cause: { kind: 'told' }, attribution: null }, [sending()]).lacks, 'without a sample there is nothing to attribute').toEqual([])
})

const register: BreachRegister = { processor: 'Processor Ltd', asOf: at, controller: 'acme', breaches: [record({}, [sending()]), record({ id: 'B-2' }, [])] }

test('the same record gives the same bytes in every format and both languages, a row or a chapter a breach; what a spreadsheet would run is text', async () => {
  for (const language of ['en', 'fr'] as const) for (const format of ['json', 'csv', 'pdf'] as const) expect(Buffer.compare(await exportBreaches(register, { format, language }), await exportBreaches(register, { format, language }))).toBe(0)
  const csv = Buffer.from(await exportBreaches(register, { format: 'csv', language: 'fr' })).toString()
  expect(csv.split('\r\n').filter((line) => /^"(B-|Violation)/.test(line))).toHaveLength(3)
  expect(csv).toContain('"\'＝A file was offered"')
  expect(csv).toContain('NON INFORMÉ')
  expect(JSON.parse(Buffer.from(await exportBreaches(register, { format: 'json', language: 'en' })).toString())).toMatchObject({ controller: 'acme', breaches: [{ lacks: [] }, { lacks: ['not told', 'told late, no reason'] }] })
})

test.skipIf(!existsSync('/usr/bin/pdftotext'))('the pages say what the record says', async () => { // skipped: where poppler is not installed
  const directory = mkdtempSync(join(tmpdir(), 'bailee-breaches-'))
  writeFileSync(join(directory, 'r.pdf'), await exportBreaches(register, { format: 'pdf', language: 'en' }))
  const text = execFileSync('pdftotext', ['-layout', join(directory, 'r.pdf'), '-']).toString()
  rmSync(directory, { recursive: true })
  for (const says of ['B-2', 'NOT TOLD', 'between 50 and 5,000', 'later than the contract says', 'F-1, F-2']) expect(text).toContain(says)
})
