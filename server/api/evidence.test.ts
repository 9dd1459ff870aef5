import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { formatVerifierKey, openZip, parseVerifierKey, spokenKey, verifyBundle, verifyReceipt } from '@bailee/verifier'
import { announceSubProcessor, withdrawSubProcessor } from '#contract'
import { rootOrigin } from '#ledger'
import { begun } from '../composition/testing.ts'
import { applyEstate, readEstate } from '#estate'
import { changed, smallEstate } from '../estate/testing.ts'
import { keptApi, startApi } from './testing.ts'

const day = 86_400
const at = begun + 400 * day
const made = keptApi(at)
const v1 = '/api/v1'
const acme = { role: 'signatory', controller: 'acme' } as const

test('the bundle that is handed out is the record of one controller, and anybody can check it', async () => {
  const answer = await made.api.ask('POST', `${v1}/evidence/bundle`, { as: acme, body: {} })
  expect([answer.statusCode, answer.headers['content-type'], answer.headers['cache-control'], answer.headers['content-disposition']]).toEqual([200, 'application/zip', 'no-store', expect.stringMatching(/^attachment; filename="bailee-acme-\d+[.]zip"$/)])
  const { key, log, bundles } = (await made.api.ask('GET', `${v1}/evidence`, { as: acme })).json() as { key: { vkey: string; words: string[] }; log: { origin: string; size: number }; bundles: unknown }
  const verdict = verifyBundle(openZip(answer.rawPayload), { pins: [parseVerifierKey(key.vkey)] })
  expect(verdict).toMatchObject({ outcome: 'verified', facts: { origin: log.origin, entries: log.size - 1, trust: 'key given' } })
  expect(bundles).toEqual([{ at: '2018-02-06T00:00:00Z', entries: log.size - 1, bytes: answer.rawPayload.length, sha256: createHash('sha256').update(answer.rawPayload).digest('hex'), mine: true }])
  expect(key.words).toEqual(spokenKey(formatVerifierKey(rootOrigin(made.kept.ledger), made.kept.ledger.keys.signer('log', 1).publicKey)))
  expect(answer.rawPayload.includes('"D. Durand"'), 'a signatory of another').toBe(false)
  expect(readdirSync(made.kept.directory).filter((name) => name.startsWith('bundle-')), 'nothing is left of it').toEqual([])
  await made.kept.green()
})

test('a receipt of an entry is handed to whose log it is in, and to nobody else: it holds what the entry says, and later evidence must hold it', async () => {
  const { items } = (await made.api.ask('GET', `${v1}/ledger/entries?type=instruction.proposed`, { as: acme })).json() as { items: { id: string; index: number }[] }
  const { id, index } = items.at(-1)!
  const ask = (as: Parameters<typeof made.api.signIn>[0], of = id): ReturnType<typeof made.api.ask> => made.api.ask('POST', `${v1}/ledger/receipts/${of}`, { as, body: {} })
  const answer = await ask(acme)
  expect([answer.statusCode, answer.headers['cache-control'], answer.headers['content-disposition']]).toEqual([200, 'no-store', `attachment; filename="bailee-acme-${index}.receipt"`])
  expect(verifyReceipt(answer.rawPayload)).toMatchObject({ outcome: 'verified', facts: { index, type: 'instruction.proposed', partsNotOpened: [] } })
  expect((await ask({ role: 'dpo' })).statusCode).toBe(200)
  expect((await ask({ role: 'analyst', person: 'noa' })).statusCode).toBe(403)
  expect((await ask({ role: 'signatory', controller: 'other' })).json()).toMatchObject({ status: 404, code: 'request/none' })
  for (const none of ['0-0', `${id.split('-')[0]}-99999`, 'INS-1']) expect((await ask(acme, none)).statusCode, none).toBe(404)
  const bundle = await made.api.ask('POST', `${v1}/evidence/bundle`, { as: acme, body: {} })
  expect(verifyBundle(openZip(bundle.rawPayload), { kept: [{ name: 'receipt', bytes: answer.rawPayload }] })).toMatchObject({ outcome: 'verified', facts: { kept: 1 } })
})

test('nobody is handed another\'s; the firm names whose', async () => {
  const ask = async (as: Parameters<typeof made.api.signIn>[0], body: object): Promise<number> => (await made.api.ask('POST', `${v1}/evidence/bundle`, { as, body })).statusCode
  expect(await ask(acme, { controller: 'other' })).toBe(404)
  expect(await ask({ role: 'dpo' }, {})).toBe(404)
  expect(await ask({ role: 'dpo' }, { controller: 'other' })).toBe(200)
  expect(await ask({ role: 'analyst', person: 'noa' }, { controller: 'other' })).toBe(403)
})

test('sub-processors: what waits for an answer comes first, with the day until which it may be objected to', async () => {
  const list = async (as: Parameters<typeof made.api.signIn>[0], when = ''): Promise<unknown> => (await made.api.ask('GET', `${v1}/sub-processors${when}`, { as })).json()
  expect(await list(acme)).toMatchObject({ total: 0, untold: ['acme-1'], none: [] })
  const told = changed('within_days: 30 } }', 'within_days: 30, clause: "6.1.5" }, sub_processors: { authorisation: general, notice_days: 30, list: [{ name: Mail Ltd, country: IE, contact: ops@sub.example }] } }', smallEstate)
  await applyEstate(made.kept.ledger, readEstate(told, 'bailee.yaml'), { checked: [], unchecked: [] }, at - 5 * day)
  await announceSubProcessor(made.kept.ledger, { contract: 'acme-1', identity: { name: 'Push Ltd', country: 'FR', contact: 'ops@push.example' }, by: 'dana' }, at - 3 * day)
  expect(await list(acme)).toMatchObject({ total: 2, open: 1, untold: [], items: [{ name: 'Push Ltd', mayObject: true, authorised: false, standing: 'pending', noticeDays: 30, until: '2018-03-05T00:00:00Z', missing: ['address', 'contact_person', 'purpose'] }, { name: 'Mail Ltd', state: 'agreed', authorised: true, standing: 'declared', mayObject: false }] })
  expect(await list({ role: 'signatory', controller: 'other' })).toMatchObject({ total: 0 })
  const later = await startApi(made.kept.bailee, at + 60 * day)
  expect((await later.ask('GET', `${v1}/sub-processors`, { as: acme })).json()).toMatchObject({ open: 0, items: [{ standing: 'declared', authorised: true }, {}] })
  await later.close()
  for (const name of ['Mail Ltd', 'Push Ltd']) await withdrawSubProcessor(made.kept.ledger, { contract: 'acme-1', name, by: 'dana' }, at - day)
  expect(await list(acme)).toMatchObject({ none: ['acme-1'], items: [{ state: 'withdrawn' }, { state: 'withdrawn' }] })
})
