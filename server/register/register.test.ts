import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fromBuffer } from 'yauzl'
import type { SubProcessorIdentity } from '#contract'
import { acceptInstruction } from '#instruction'
import { openKeyStore, openLedger, rawPublicKey, type Ledger } from '#ledger'
import { createTestDatabase, type TestDatabase } from '../database/testing.ts'
import { applyEstate, readEstate } from '../estate/index.ts'
import { changed, declaredApplies, smallEstate } from '../estate/testing.ts'
import { temporaryDirectory } from '../ledger/testing.ts'
import { layouts, sheetsOf } from './layout.ts'
import { registerPaper } from './paper.ts'
import { buildRecord, type Facts } from './record.ts'
import { applies, checkRecord, driftOf, exportRegister, formats, isCompliant, recordHandedOut, recordsOf, streamRegister, type RegisterRecord } from './index.ts'

const at = Date.parse('2019-04-15T00:00:00Z') / 1000
const directory = temporaryDirectory()
let own: TestDatabase
let ledger: Ledger
let before: RegisterRecord[]
let after: RegisterRecord[]

const told = [
  ['name: Processor Ltd, country: IL', 'name: Processor Ltd, country: IL, email: privacy@processor.example, representative: { name: Rep SAS, country: FR, contact: rep@rep.example }, dpo: { name: A. Levi, contact: dpo@processor.example }, measures: [{ heading: backup_and_restore, text: "Daily, <tested> & kept 30 days" }]'],
  ['name: Acme SA\n    country: FR', 'name: "=Acme SA"\n    country: FR\n    email: legal@acme.example\n    dpo: none'],
  ['within_days: 30 } }', 'within_days: 30 }, transfers: [], sub_processors: { authorisation: general, list: [{ name: Sender Inc, country: US, contact: dpo@sender.example }] } }'],
] as const

beforeAll(async () => {
  own = await createTestDatabase()
  ledger = await openLedger({ database: own.database, keys: openKeyStore(directory.path), origin: 'processor.example', clock: 'replayed', applies: { ...declaredApplies, ...applies } }, at - 9)
  const nothing = { checked: [], unchecked: [] }
  await applyEstate(ledger, readEstate(smallEstate, 'bailee.yaml'), nothing, at - 9)
  before = await recordsOf(own.database, {}, at - 9)
  await applyEstate(ledger, readEstate(told.reduce((text, [from, to]) => changed(from, to, text), smallEstate), 'bailee.yaml'), nothing, at - 8)
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  await acceptInstruction(ledger, { instruction: 'INS-1', signatory: 'C. Martin', key: { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory', sign: (message) => sign(null, message, privateKey) } }, at - 7)
  after = await recordsOf(own.database, {}, at)
})
afterAll(async () => { await own.close(); directory.remove() })

const codes = (record: RegisterRecord | undefined): string[] => checkRecord(record!).map(({ code }) => code)

test('what was not told is missing by article; what there is none of is not', () => {
  expect(codes(before[0])).toEqual([
    '30(2)(a).processor.contact', '30(2)(a).processor.representative', '30(2)(a).processor.dpo', '30(2)(a).controller.contact', '30(2)(a).controller.dpo',
    '30(2)(b).categories', '30(2)(c).transfers', '30(2)(d).measures', 'extension.sub_processors', '28(3).terms', 'extension.sweep',
  ])
  expect(isCompliant(before[0]!)).toBe(false)
  expect(codes(after[0])).toEqual(['30(2)(c).transfers.US.tool', '28(4).sub_processors.Sender Inc.identity', '28(3).terms', 'extension.sweep'])
  expect(after[0]).toMatchObject({ controller: { id: 'acme', dpo: { is: 'none' }, representative: { is: 'not_needed' } }, processor: { dpo: { is: 'told' } } })
  const nameless = { ...after[0]!, processor: { ...after[0]!.processor, dpo: { is: 'told', value: { name: 'A. Levi', contact: ' ' } } as const, email: { is: 'told', value: ' ' } as const } }
  expect(codes(nameless).slice(0, 2)).toEqual(['30(2)(a).processor.contact', '30(2)(a).processor.dpo.contact'])
  const settled = { ...after[0]!, transfers: { is: 'none' } as const }
  expect([isCompliant(settled), isCompliant(after[0]!)]).toEqual([true, false])
})

test('declared and seen are compared: a recipient abroad that no contract names, work that nothing was seen of, a copy that was found', () => {
  expect(driftOf(after[0]!).map(({ kind, about }) => `${kind}: ${about}`)).toEqual(['transfer not declared: US', 'instruction never used: INS-1'])
  const seen = { sessions: 2, rows: 9, first: at - 6, last: at - 5 }
  const found = { id: 'F1', kind: 'found', store: 'share', place: 'a.csv', since: at, people: 3 } as const
  const record: RegisterRecord = {
    ...after[0]!, transfers: { is: 'none' }, categories: after[0]!.categories.map((one) => ({ ...one, observed: seen })),
    copies: [found, { id: 'C1', kind: 'governed', store: 'crm', place: 't', since: at - 9, until: at - 1 }, { id: 'C2', kind: 'governed', store: 'crm', place: 'u', since: at - 9, until: at + 1 }],
  }
  expect(driftOf(record).map(({ kind, about }) => `${kind}: ${about}`)).toEqual(['copy that no instruction covers: F1', 'copy past its time: C1'])
  expect(driftOf({ ...record, copies: [], asOf: record.contracts[0]!.ends! }).map(({ kind }) => kind)).toEqual(['contract over and not ended'])
})

const tellsAll = { transfers: [], sub_processors: { list: [] } }
const contractOf = (id: string, declared: object, endedAt?: number): Facts['contracts'][number] => ({ id, slot: 1, controller: 'acme', starts: 0, ...(endedAt === undefined ? {} : { endedAt }), declared: { id, controller: 'acme', starts: '2018-01-01', ...declared } as never })

/** The record of a controller of which nothing is known but these contracts, and what a case adds. */
function recordWith(contracts: Facts['contracts'], more: Partial<Facts> = {}): RegisterRecord {
  const firm = { name: 'Firm', country: 'FR', email: 'x@firm.example', dpo: 'none' }
  return buildRecord({
    processor: { ...firm, origin: 'processor.example' }, controllers: [{ id: 'acme', slot: 1, name: 'Firm', declared: { id: 'acme', ...firm } }], contracts, terms: [],
    subProcessors: contracts.flatMap(({ id, declared }) => ((declared['sub_processors'] as { list: SubProcessorIdentity[] } | undefined)?.list ?? []).map((identity) => ({ contract: id, name: identity.name, identity, state: 'authorised' as const, number: 0, since: 0, until: null, signatory: null, custody: null, mayHold: true, reasons: null }))),
    instructions: [], warnings: [], environments: [], stores: [], datasets: [], derived: [], transfers: [], findings: [], sessions: [], sweeps: [], erasures: [], certificates: [], compulsions: [], assessments: [], ...more,
  }, 'acme', at)
}
const ofTransfers = (record: RegisterRecord): string[] => checkRecord(record).filter(({ required, code }) => required && code.startsWith('30(2)(c)')).map(({ code, contract }) => `${code} ${contract ?? '-'}`)

test('each contract answers for itself: what another tells fills no gap, and its tool serves no country of the first', () => {
  const sends = { sub_processors: { list: [{ name: 'Sender Inc', country: 'US', contact: 'x@sender.example' }] } }
  const scc = { transfers: [{ country: 'US', tool: 'scc' }] }
  const second = contractOf('second', tellsAll)
  expect(ofTransfers(recordWith([contractOf('first', tellsAll), second]))).toEqual([])
  expect(ofTransfers(recordWith([contractOf('first', {}), second]))).toEqual(['30(2)(c).transfers first'])
  expect(ofTransfers(recordWith([contractOf('first', {}), contractOf('second', { ...tellsAll, ...scc })]))).toEqual(['30(2)(c).transfers first'])
  expect(checkRecord(recordWith([contractOf('first', {}), second])).filter(({ code }) => code === 'extension.sub_processors').map(({ contract }) => contract)).toEqual(['first'])
  expect(ofTransfers(recordWith([contractOf('first', { ...sends, ...scc }), second]))).toEqual([])
  expect(ofTransfers(recordWith([contractOf('first', { ...sends, transfers: [] }), contractOf('second', { ...tellsAll, ...scc })]))).toEqual(['30(2)(c).transfers.US.tool first'])
  const cells = [...sheetsOf([recordWith([contractOf('first', {}), contractOf('second', { ...tellsAll, ...scc })])], ['ico'], 'en')[0]!.rows].flat().join('\n')
  expect(cells).toContain('US (second)\nfirst: MISSING: not told')
})

test('a country that nobody knows is missing, never inside; an ended contract is asked nothing while another is live', () => {
  const nowhere: Partial<Facts> = { stores: [{ id: 'crm', environment: 'lost', kind: 'postgres' } as never], datasets: [{ id: 'people', slot: 1, controller: 'acme', store: 'crm', tables: [] } as never] }
  const both = [contractOf('first', tellsAll), contractOf('second', tellsAll)]
  expect(ofTransfers(recordWith(both, nowhere))).toEqual(['30(2)(c).transfers.unknown.tool first', '30(2)(c).transfers.unknown.tool second'])
  const named = { instructions: [{ id: 'I', controller: 'acme', contract: 'second', state: 'accepted', acceptedAt: 1, from: 0, scope: { data: { people: '*' } } } as never] }
  expect(ofTransfers(recordWith(both, { ...nowhere, ...named }))).toEqual(['30(2)(c).transfers.unknown.tool second'])
  expect(ofTransfers(recordWith([contractOf('first', {}, 9), contractOf('second', tellsAll)]))).toEqual([])
  expect(ofTransfers(recordWith([contractOf('first', {}, 9)]))).toEqual(['30(2)(c).transfers first'])
})

test('one controller\'s record names no other; an unknown one is refused', async () => {
  expect(JSON.stringify(after[0])).not.toMatch(/other/i)
  await expect(recordsOf(own.database, { controllers: ['nobody'] }, at)).rejects.toMatchObject({ code: 'register/no-controller' })
})

const membersOf = (bytes: Uint8Array): Promise<Map<string, string>> => new Promise((resolve, reject) => {
  const members = new Map<string, string>()
  fromBuffer(Buffer.from(bytes), { lazyEntries: true }, (failed, archive) => {
    if (failed) return reject(failed)
    archive.on('entry', (entry: { fileName: string }) => archive.openReadStream(entry as never, (broken, stream) => {
      if (broken) return reject(broken)
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => { members.set(entry.fileName, Buffer.concat(chunks).toString()); archive.readEntry() })
    })).on('end', () => resolve(members))
    archive.readEntry()
  })
})

test('each format has the same bytes each time, and another\'s reader opens it', async () => {
  for (const format of formats) {
    const [one, again] = [await exportRegister(after, { format, language: 'en' }), await exportRegister(structuredClone(after), { format, language: 'en' })]
    expect(Buffer.from(one).equals(Buffer.from(again)), format).toBe(true)
  }
  const book = await membersOf(await exportRegister(after, { format: 'xlsx', language: 'fr' }))
  expect(book.get('xl/workbook.xml')).toMatch(/ICO.*CNIL.*APD-GBA.*Bailee/)
  expect(book.get('xl/worksheets/sheet2.xml')).toContain('Sauvegarde des données')
  expect(book.get('xl/worksheets/sheet2.xml')).toContain('Daily, &lt;tested&gt; &amp; kept 30 days')
  const open = await membersOf(await exportRegister(after, { format: 'ods', language: 'en' }))
  expect([...open.keys()][0]).toBe('mimetype')
  expect(open.get('content.xml')).toContain('none (declared)')
  const csv = Buffer.from(await exportRegister(after, { format: 'csv', language: 'en' })).toString()
  expect(csv).toContain('"\'=Acme SA, legal@acme.example, FR"')
  const dpv = JSON.parse(Buffer.from(await exportRegister(after, { format: 'dpv', language: 'en' })).toString()) as { '@graph': Record<string, unknown>[] }
  expect(dpv['@graph'][0]).toMatchObject({ 'bailee:missing': ['30(2)(c).transfers.US.tool', '28(4).sub_processors.Sender Inc.identity', '28(3).terms', 'extension.sweep'], 'dpv:hasDataController': { 'bailee:hasDataProtectionOfficer': 'none' } })
})

test('no cell is empty but where a row has none, in any layout or language', () => {
  for (const language of ['en', 'fr'] as const) {
    for (const { rows: made, head } of sheetsOf(after, layouts, language)) {
      const rows = [...made]
      expect(rows.slice(head).every((row) => row.length === rows[head]!.length && row.every((cell) => cell !== ''))).toBe(true)
    }
  }
})

test('the pages say what is told and what is missing, in both languages, by the letters of the article', async () => {
  const texts = (records: readonly RegisterRecord[], language: 'en' | 'fr'): string => JSON.stringify([...registerPaper(records, language).blocks])
  expect(texts(after, 'en')).toMatch(/30\(2\)\(a\).*dpo@processor\.example.*30\(2\)\(b\).*INS-1.*30\(2\)\(c\).*no tool declared.*sub-processor Sender Inc.*30\(2\)\(d\).*Daily/)
  expect(texts(before, 'fr')).toMatch(/INCOMPLET.*point a\).*MANQUANT.*point c\).*MANQUANT.*30\(2\)\(a\)\.processor\.contact","oui"/)
  expect(Buffer.from(await exportRegister(after, { format: 'pdf', language: 'fr' })).subarray(0, 8).toString()).toBe('%PDF-1.7')
})

test('what is handed out is recorded by its hash in the log of its controller', async () => {
  const bytes = await exportRegister(after.slice(0, 1), { format: 'json', language: 'en' })
  const made = await recordHandedOut(ledger, { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length, slot: 1, asOf: at, format: 'json', language: 'en' }, at)
  expect((await ledger.read(1, { types: ['register.exported'] }))[0]?.parts).toMatchObject({ evidence: { sha256: made.sha256, as_of: '2019-04-15T00:00:00Z' } })
})

const many = (count: number): RegisterRecord[] => Array.from({ length: count }, (_, index) => ({ ...after[0]!, controller: { ...after[0]!.controller, id: `c${index}` } }))

test('a thousand controllers are laid out in seconds', async () => {
  const bytes = await exportRegister(many(1_000), { format: 'xlsx', language: 'en' })
  expect(bytes.length).toBeGreaterThan(1_000_000)
  expect(bytes.length).toBeLessThan(40_000_000)
})

test('in every format a register is handed on piece by piece, and the pieces are the file', async () => {
  for (const format of formats) {
    const pieces: Uint8Array[] = []
    await streamRegister(many(format === 'pdf' ? 30 : 300), { format, language: 'fr' }, async (piece) => {
      pieces.push(Uint8Array.from(piece))
      await Promise.resolve()
    })
    const whole = Buffer.from(await exportRegister(many(format === 'pdf' ? 30 : 300), { format, language: 'fr' }))
    expect([format, Buffer.concat(pieces).equals(whole)]).toEqual([format, true])
    expect([format, pieces.length]).toEqual([format, expect.toSatisfy((count: number) => count >= Math.floor(whole.length / 500_000))])
    expect([format, Math.max(...pieces.map(({ length }) => length))]).toEqual([format, expect.toSatisfy((most: number) => most < 1_000_000)])
  }
}, 300_000)
