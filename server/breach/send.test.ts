import { spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWorld, on, type World } from '../erasure/testing.ts'
import { describeBreach, openBreach } from './breach.ts'
import type { Way } from './deliver.ts'
import { attributedText, draftNotice, plainText } from './notice.ts'
import { noticePaper } from './paper.ts'
import { sendNotice } from './send.ts'
import { sendingsOf } from './store.ts'
import { smtpServer } from './testing.ts'

let world: World
let mails: string[]
let smtp: Server
let way: Extract<Way, { channel: 'e-mail' }>
beforeAll(async () => {
  world = await createWorld({ fingerprints: false, change: (text) => text.replace('country: FR, signatories', 'country: FR, contact: "dpo@deezer.example", signatories') })
  mails = []
  smtp = await smtpServer(mails)
  way = { channel: 'e-mail', smtp: `smtp://127.0.0.1:${(smtp.address() as AddressInfo).port}`, from: 'dpo@processor.example', to: 'dpo@deezer.example' }
}, 300_000)
afterAll(async () => { smtp.close(); await world.close() })

async function drafted(nature: string): Promise<string> {
  const { breaches: [breach] } = await openBreach(world.context, { nature, by: 'dana', controller: 'deezer', awareAt: on('2022-11-06') }, on('2022-11-06'))
  await draftNotice(world.context, breach!.id, on('2022-11-06T10:00:00Z'))
  return breach!.id
}
const at = on('2022-11-06T11:00:00Z')
const by = 'dana'

test('a notice is drafted in phases, says its clocks, and is sent only by a person: by e-mail, and as a signed webhook', async () => {
  const breach = await drafted('a notice of it')
  await describeBreach(world.context, { breach, effects: 'Unwanted mail', measures: 'The share was closed' }, on('2022-11-06'))
  const notice = await draftNotice(world.context, breach, on('2022-11-06T10:00:00Z'))
  expect(notice.document.clocks.map(({ law }) => law).join()).toMatch(/33\(2\).*33\(1\).*72/)
  expect(plainText(notice, 'fr')).toContain('dans les meilleurs délais')
  expect(JSON.stringify(notice.document)).not.toMatch(/chinook|aria/i)
  await expect(sendNotice(world.context, { breach, phase: 2, by: 'nobody', way }, at)).rejects.toMatchObject({ name: 'Misuse' })
  expect(await sendNotice(world.context, { breach, phase: 2, by, way }, at)).toMatchObject({ channel: 'e-mail', number: 1, outcome: 'sent', receipt: expect.stringMatching(/^250/) as string })
  expect(mails.join('')).toContain(`${breach}/2`)
  expect(mails.join('').match(/filename=\S+[.](json|en[.]pdf|fr[.]pdf)/g)).toHaveLength(3)
  const third = await draftNotice(world.context, breach, on('2022-11-07'))
  expect(third.document).toMatchObject({ phase: 3, supersedes: 2, clocks: expect.arrayContaining([expect.objectContaining({ due: '2022-11-09T11:00:00Z' })]) as unknown[] })
  const french = JSON.stringify([...noticePaper(third, 'fr').blocks])
  expect(french).toMatch(/6 novembre 2022 à 00:00 UTC.*dans les meilleurs délais, sans nombre d'heures.*72 heures.*9 novembre 2022 à 11:00 UTC/)
  expect(french).not.toMatch(/\d{4}-\d\d-\d\d|GDPR/)
  const unsure = (because: string): string => attributedText('fr', { dataset: 'auditeurs', rows: 50, columns: [], limits: [], taken: null, answer: { kind: 'cannot tell', because } } as unknown as Parameters<typeof attributedText>[1])
  expect([unsure('none of its rows is of anybody the dataset held'), unsure('only 3 of its values ever changed; it takes 5 to tell one time from another')]).toEqual([
    'auditeurs, 50 lignes : indéterminé : aucune de ses lignes ne concerne une personne que le jeu de données a contenue.', 'auditeurs, 50 lignes : indéterminé : seules 3 de ses valeurs ont jamais changé ; il en faut 5 pour distinguer deux moments.'])
  const got: { signature: string; body: Buffer }[] = []
  const hook = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part)).on('end', () => { got.push({ signature: String(request.headers['bailee-signature']), body: Buffer.concat(parts) }); response.writeHead([503, 500, 204][got.length - 1]!).end() })
  })
  await new Promise<void>((resolve) => { hook.listen(0, '127.0.0.1', resolve) })
  const called = { breach, phase: 3, by, way: { channel: 'webhook', url: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/`, secret: 'agreed' } } as const
  await expect(sendNotice(world.context, called, on('2022-11-07'))).rejects.toMatchObject({ code: 'breach/not-sent' })
  await expect(sendNotice(world.context, called, on('2022-11-07'))).rejects.toMatchObject({ code: 'breach/unknown-whether-delivered' })
  await expect(sendNotice(world.context, called, on('2022-11-07'))).rejects.toMatchObject({ name: 'Refused', code: 'breach/unknown-whether-delivered' })
  expect(await sendNotice(world.context, { ...called, again: true }, on('2022-11-07'))).toMatchObject({ receipt: 'HTTP 204', number: 3 })
  hook.close()
  const [, seconds, code] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(got[2]!.signature)!
  expect(createHmac('sha256', 'agreed').update(`${seconds}.`).update(got[2]!.body).digest('hex')).toBe(code)
  await expect(sendNotice(world.context, { ...called, phase: 1 }, on('2022-11-07'))).rejects.toMatchObject({ code: 'breach/superseded' })
  expect((await sendingsOf(world.ledger.database, breach)).map(({ outcome }) => outcome)).toEqual(['sent', 'not sent', 'unknown', 'sent'])
})

test('a sending is recorded before it goes: whoever is killed before or after is not sent twice unless somebody asked, and then under the same identity', async () => {
  const breach = await drafted('killed in between')
  const before = mails.length
  for (const point of ['breach/before-sent', 'breach/after-sent']) {
    const again = point === 'breach/after-sent'
    const killed = await childSends({ breach, again, point })
    expect(killed).toBe('SIGKILL')
    expect((await sendingsOf(world.ledger.database, breach)).at(-1)).toMatchObject({ outcome: 'begun', receipt: null })
    await expect(sendNotice(world.context, { breach, phase: 1, by, way }, at)).rejects.toMatchObject({ code: 'breach/unknown-whether-delivered' })
  }
  expect(mails).toHaveLength(before + 1)
  expect(await sendNotice(world.context, { breach, phase: 1, by, way, again: true }, at)).toMatchObject({ number: 3, outcome: 'sent' })
  await expect(sendNotice(world.context, { breach, phase: 1, by, way }, at)).rejects.toMatchObject({ code: 'breach/sent' })
  expect(new Set(mails.slice(before).map((mail) => /^Message-ID: (\S+)/im.exec(mail)?.[1]))).toEqual(new Set([`<${breach.toLowerCase()}.1@processor.example>`]))
  expect((await sendingsOf(world.ledger.database, breach)).map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown', 'sent'])
})

test('a notice goes to one address, or to several of its controller, and to another machine only over TLS', async () => {
  const breach = await drafted('to whom')
  const before = mails.length
  const send = (to: Partial<typeof way>): Promise<unknown> => sendNotice(world.context, { breach, phase: 1, by, way: { ...way, ...to } }, at)
  await expect(send({ to: 'dpo@deezer.example, press@elsewhere.example' })).rejects.toMatchObject({ code: 'breach/recipients' })
  await expect(send({ to: 'Somebody <dpo@deezer.example>' })).rejects.toMatchObject({ name: 'Misuse' })
  await expect(send({ smtp: `${way.smtp}?requireTLS=false` })).rejects.toMatchObject({ name: 'Misuse' })
  await expect(sendNotice(world.context, { breach, phase: 1, by, way: { channel: 'webhook', url: 'http://hooks.example/', secret: 'agreed' } }, at)).rejects.toMatchObject({ name: 'Misuse' })
  expect(await sendingsOf(world.ledger.database, breach)).toEqual([])
  // By another name of this machine, so that it counts as another: a server without STARTTLS is told nothing.
  await expect(send({ smtp: way.smtp.replace('127.0.0.1', 'localhost.') })).rejects.toMatchObject({ code: 'breach/not-sent' })
  expect(mails).toHaveLength(before)
  expect(await send({ to: 'dpo@deezer.example, c@deezer.example' })).toMatchObject({ outcome: 'sent' })
  expect(mails).toHaveLength(before + 1)
})

/** Sends from a process of its own that dies at that point; resolves to what ended it. */
async function childSends({ breach, again, point }: { breach: string; again: boolean; point: string }): Promise<string | null> {
  const script = `
    import { openWorld } from ${JSON.stringify(new URL('../erasure/testing.ts', import.meta.url).pathname)}
    import { sendNotice } from ${JSON.stringify(new URL('./send.ts', import.meta.url).pathname)}
    const world = await openWorld(${JSON.stringify(world.controlUrl)}, ${JSON.stringify(world.directory)})
    await sendNotice(world.context, ${JSON.stringify({ breach, phase: 1, by, way, again })}, ${at})`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], { cwd: process.cwd(), env: { ...process.env, BAILEE_FAILPOINT: point }, stdio: ['ignore', 'ignore', 'inherit'] })
  return new Promise((resolve) => { child.once('exit', (_, signal) => { resolve(signal) }) })
}
