import { createHmac } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorld, listeners, on, type World } from '../erasure/testing.ts'
import { recordCells, destroyFingerprints } from '#trace'
import { openCells } from '../trace/cells/life.ts'
import { attributeBreach, countBreach, describeBreach, openBreach } from './breach.ts'
import { attribute } from './attribution/score.ts'
import type { CandidateCopy, Evidence } from './attribution/types.ts'
import { figuresOf } from './count.ts'
import { draftNotice, plainText } from './notice.ts'
import { takeCensus } from './people.ts'
import { sendNotice } from './send.ts'

let world: World
let sample: string
beforeAll(async () => {
  world = await createWorld()
  sample = join(world.directory, 'leak.csv')
  await recordCells(world.context, on('2019-01-07'))
  await world.run('crm', `update crm.listener set plan = 'april-' || user_id where user_id::text like '%1'`)
  await recordCells(world.context, on('2019-04-07'))
  const { rows } = await world.run('crm', 'select upper(email) as mail, plan from crm.listener order by md5(email) limit 150')
  await world.run('crm', `update crm.listener set plan = 'june-' || user_id where user_id::text like '%2'`)
  await recordCells(world.context, on('2019-06-07'))
  writeFileSync(sample, `p;m\n${(rows as { mail: string; plan: string }[]).map(({ mail, plan }) => `${plan};${mail}`).join('\n')}\nsold;nobody@elsewhere.example\n`)
}, 60_000)
afterAll(() => world.close())

const opening = { nature: 'A file was offered for sale', by: 'dana', awareAt: on('2022-11-06') }

test('a sample is of its controller alone, its moment is known, and no copy that nobody registered is accused; the sample is kept nowhere', async () => {
  const [breach, ...others] = await openBreach(world.context, { ...opening, sample }, on('2022-11-06'))
  expect(others).toEqual([])
  expect(breach).toMatchObject({ controller: 'deezer', cause: { kind: 'sample', rows: 151, found: 150 } })
  const [told] = breach!.attribution!
  expect(told).toMatchObject({ dataset: 'listeners', rows: 150, notFound: 1, answer: { kind: 'no registered copy fits' }, columns: expect.arrayContaining(['email', 'plan']) as string[] })
  expect(told!.telling).toBeGreaterThan(4)
  expect(told!.taken!.after).toBeGreaterThanOrEqual(on('2019-01-07'))
  expect(told!.taken!.by).toBeLessThanOrEqual(on('2019-06-07'))
  const entries = await world.ledger.read(breach!.slot, { types: ['breach.opened', 'breach.attributed'] })
  expect(entries).toHaveLength(2)
  expect(JSON.stringify(entries)).not.toMatch(/listener[.]example|april-/i)
  await expect(openBreach(world.context, { ...opening, sample }, on('2022-11-06'))).rejects.toMatchObject({ code: 'breach/opened' })
})

test('a sample of nobody who is known, or of no rows, cannot be told', async () => {
  const file = join(world.directory, 'other.json')
  writeFileSync(file, JSON.stringify([{ email: 'nobody@elsewhere.example' }]))
  await expect(openBreach(world.context, { ...opening, sample: file }, on('2022-11-06'))).rejects.toMatchObject({ code: 'breach/nobody-known' })
  writeFileSync(file, '')
  await expect(openBreach(world.context, { ...opening, sample: file }, on('2022-11-06'))).rejects.toMatchObject({ name: 'Misuse' })
})

test('a sample that may be of several controllers, or that one column alone ascribes, is opened for nobody until a person says whose it is', async () => {
  const file = join(world.directory, 'both.csv')
  const mails = async (database: 'crm' | 'shop', table: string): Promise<string[]> => ((await world.run(database, `select email, plan from ${table} order by email limit 20`)).rows as { email: string; plan: string }[]).map(({ email, plan }) => `${email};${plan}`)
  const [ours, theirs] = [await mails('crm', 'crm.listener'), await mails('shop', 'public.customer')]
  const open = (text: readonly string[], controller?: string): Promise<unknown> => { writeFileSync(file, `mail;plan\n${text.join('\n')}\n`); return openBreach(world.context, { ...opening, nature: 'whose is it', sample: file, ...(controller === undefined ? {} : { controller }) }, on('2022-11-06')) }
  const before = await world.ledger.read(1, { types: ['breach.opened'] })
  await expect(open([...ours, ...theirs])).rejects.toMatchObject({ code: 'breach/whose', message: expect.stringMatching(/deezer \(20 of 40 rows\).*chinook \(20 of 40 rows\)|chinook \(20 of 40 rows\).*deezer \(20 of 40 rows\)/) as string })
  await expect(open(ours.map((line) => line.split(';')[0]!))).rejects.toMatchObject({ code: 'breach/whose' })
  expect(await world.ledger.read(1, { types: ['breach.opened'] })).toEqual(before)
  expect(await open([...ours, ...theirs], 'chinook')).toMatchObject([{ controller: 'chinook', cause: { found: 20 } }])
})

test('people are counted from the stores, and when the data are gone from what was counted before', async () => {
  const [breach] = await openBreach(world.context, { ...opening, controller: 'deezer', nature: 'somebody told' }, on('2022-11-06'))
  expect((await countBreach(world.context, breach!.id, on('2022-11-06'))).counts).toMatchObject({ source: 'stores', figures: [{ country: '*', kind: 'range', low: 0, high: listeners }, { country: 'EU', kind: 'range' }] })
  await takeCensus(world.context, on('2022-11-06'))
  await world.run('crm', 'alter table crm.listener rename to away')
  expect((await countBreach(world.context, breach!.id, on('2022-11-07'))).counts).toMatchObject({ source: 'recorded earlier', asOf: on('2022-11-06') })
  await world.run('crm', 'alter table crm.away rename to listener')
})

test('a notice is drafted in phases, says its clocks, and is sent only by a person: by e-mail, and as a signed webhook', async () => {
  const [breach] = await openBreach(world.context, { ...opening, controller: 'deezer', nature: 'a notice of it' }, on('2022-11-06'))
  await describeBreach(world.context, { breach: breach!.id, effects: 'Unwanted mail', measures: 'The share was closed' }, on('2022-11-06'))
  const notice = await draftNotice(world.context, breach!.id, on('2022-11-06T10:00:00Z'))
  expect(notice.document.clocks.map(({ law }) => law).join()).toMatch(/33\(2\).*33\(1\).*72/)
  expect(plainText(notice, 'fr')).toContain('dans les meilleurs délais')
  expect(JSON.stringify(notice.document)).not.toMatch(/chinook|aria/i)
  const mails: string[] = []
  const smtp = await smtpServer(mails)
  const way = { channel: 'e-mail', smtp: `smtp://127.0.0.1:${(smtp.address() as AddressInfo).port}`, from: 'dpo@processor.example', to: 'dpo@deezer.example' } as const
  await expect(sendNotice(world.context, { breach: breach!.id, phase: 1, by: 'nobody', way }, on('2022-11-06'))).rejects.toMatchObject({ name: 'Misuse' })
  const person = 'dana'
  expect(await sendNotice(world.context, { breach: breach!.id, phase: 1, by: person, way }, on('2022-11-06T11:00:00Z'))).toMatchObject({ channel: 'e-mail', number: 1, receipt: expect.stringMatching(/^250/) as string })
  smtp.close()
  expect(mails.join('')).toContain(`${breach!.id}/1`)
  const second = await draftNotice(world.context, breach!.id, on('2022-11-07'))
  expect(second.document).toMatchObject({ phase: 2, supersedes: 1, clocks: expect.arrayContaining([expect.objectContaining({ due: '2022-11-09T11:00:00Z' })]) as unknown[] })
  const got: { signature: string; body: Buffer }[] = []
  const hook = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part)).on('end', () => { got.push({ signature: String(request.headers['bailee-signature']), body: Buffer.concat(parts) }); response.writeHead(got.length === 1 ? 503 : 204).end() })
  })
  await new Promise<void>((resolve) => { hook.listen(0, '127.0.0.1', resolve) })
  const called = { breach: breach!.id, phase: 2, by: person, way: { channel: 'webhook', url: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`, secret: 'agreed' } } as const
  await expect(sendNotice(world.context, called, on('2022-11-07'))).rejects.toMatchObject({ code: 'breach/not-sent' })
  expect(await sendNotice(world.context, called, on('2022-11-07'))).toMatchObject({ receipt: 'HTTP 204', number: 1 })
  hook.close()
  const [, seconds, code] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(got[1]!.signature)!
  expect(createHmac('sha256', 'agreed').update(`${seconds}.`).update(got[1]!.body).digest('hex')).toBe(code)
  await expect(sendNotice(world.context, { ...called, phase: 1 }, on('2022-11-07'))).rejects.toMatchObject({ code: 'breach/superseded' })
})

test('the log of cells dies with the fingerprints of its controller; then nothing is attributed any more', async () => {
  const [breach] = await openBreach(world.context, { ...opening, controller: 'deezer', nature: 'the last one' }, on('2022-11-06'))
  expect((await openCells(world.context, breach!.slot)).map(({ log }) => [log.readings.length, log.subjects.length])).toEqual([[3, listeners]])
  await destroyFingerprints(world.context, breach!.slot, on('2022-12-01'))
  expect(await openCells(world.context, breach!.slot)).toEqual([])
  await expect(attributeBreach(world.context, { breach: breach!.id, sample }, on('2022-12-01'))).rejects.toMatchObject({ code: 'breach/nobody-known' })
})

/** Enough of an SMTP server (RFC 5321) to take a mail. */
async function smtpServer(mails: string[]): Promise<Server> {
  const server = createTcpServer((socket) => {
    let [data, text] = [false, '']
    socket.write('220 mail.example ESMTP\r\n')
    socket.on('data', (bytes) => {
      text += bytes.toString()
      if (data) {
        if (!text.endsWith('\r\n.\r\n')) return
        mails.push(text)
        ;[data, text] = [false, '']
        socket.write('250 2.0.0 taken\r\n')
        return
      }
      for (let end = text.indexOf('\r\n'); end >= 0 && !data; end = text.indexOf('\r\n')) {
        const [command = ''] = text.slice(0, end).toUpperCase().split(/[ :]/)
        text = text.slice(end + 2)
        data = command === 'DATA'
        socket.write(command === 'QUIT' ? '221 2.0.0 bye\r\n' : data ? '354 go on\r\n' : '250 2.1.0 fine\r\n')
      }
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return server
}

const always = { after: -Infinity, by: -Infinity }
const evidence = (changed: number): Evidence => ({
  rows: Array.from({ length: 20 }, (_, row) => ({
    subject: String(row), presence: [{ ...always, value: 1 }],
    cells: new Map([['plan', { seen: row < changed ? 2 : 1, versions: row < changed ? [{ ...always, value: 1 }, { after: 50 + row, by: 50 + row, value: 2 }, { after: 90, by: 90, value: 3 }] : [{ ...always, value: 1 }] }]]),
  })),
  notFound: 0, columns: ['plan'], subjects: 1_000, from: 0, to: 1_000, unknown: [{ rows: 1_000, prior: 1, admits: () => true }], marked: [],
})
const copy = (id: string, at: number, more: Partial<CandidateCopy> = {}): CandidateCopy => ({ id, after: at, by: at, columns: new Set(['plan']), rows: 1_000, admits: () => true, drawnByKey: false, ...more })

test('five answers, and never a bare name', () => {
  const answer = (given: Evidence, copies: CandidateCopy[]): unknown => attribute(given, copies).answer
  expect(answer(evidence(10), [copy('right', 80), copy('early', 10), copy('late', 95)])).toEqual({ kind: 'only registered copy that fits', copy: 'right' })
  expect(answer(evidence(10), [copy('right', 80, { rows: 20, drawnByKey: true }), copy('early', 10)])).toMatchObject({ kind: 'identified', copy: 'right', by: 'versions' })
  // Whoever selected the same people may have taken them unrecorded: that this one was written down accuses it of nothing.
  expect(answer(evidence(10), [copy('right', 80, { rows: 20 }), copy('early', 10)])).toEqual({ kind: 'only registered copy that fits', copy: 'right' })
  expect(answer({ ...evidence(0), marked: [{ copy: 'marked', by: 'canary', certainty: 1 }] }, [])).toMatchObject({ kind: 'identified', copy: 'marked', by: 'canary' })
  expect(answer(evidence(10), [copy('one', 80), copy('other', 81)])).toEqual({ kind: 'one of', copies: ['one', 'other'] })
  expect(answer(evidence(10), [copy('early', 10), copy('late', 95)])).toEqual({ kind: 'no registered copy fits' })
  expect(answer(evidence(10), [copy('other columns', 80, { columns: new Set(['city']) })])).toEqual({ kind: 'no registered copy fits' })
  expect(answer(evidence(3), [copy('right', 80), copy('other', 10)])).toMatchObject({ kind: 'cannot tell' })
  expect(attribute(evidence(10), []).taken).toMatchObject({ after: 59, by: 90, beginsWithLog: false })
})

test('a country is known, a range, or unknown: what is not known of a few widens every country', () => {
  const census = { people: 100, byCountry: { FR: 40, BR: 50 }, unknown: 10 }
  expect(figuresOf(census, 100)).toEqual([{ country: '*', kind: 'known', people: 100 }, { country: 'EU', kind: 'range', low: 40, high: 50 }, { country: 'BR', kind: 'range', low: 50, high: 60 }, { country: 'FR', kind: 'range', low: 40, high: 50 }])
  expect(figuresOf({ ...census, unknown: 0, people: 90 }, 80)).toContainEqual({ country: 'FR', kind: 'range', low: 30, high: 40 })
  expect(figuresOf(census, undefined)).toContainEqual({ country: 'FR', kind: 'unknown' })
})

test('the case: of 46.9 million people 21,574,775 in the Union and 9,849,354 in France, known with the whole copy, between others where the country of some is not', () => {
  const census = { people: 46_900_000, byCountry: { FR: 9_849_354, DE: 11_725_421, BR: 25_325_225 }, unknown: 0 }
  const figures = figuresOf(census, census.people)
  expect(figures).toContainEqual({ country: 'EU', kind: 'known', people: 21_574_775 })
  expect(figures).toContainEqual({ country: 'FR', kind: 'known', people: 9_849_354 })
  expect(figuresOf({ people: 46_900_000, byCountry: { FR: 9_849_354, DE: 2_850_646, BR: 25_325_225 }, unknown: 8_874_775 }, census.people)).toContainEqual({ country: 'EU', kind: 'range', low: 12_700_000, high: 21_574_775 })
})
