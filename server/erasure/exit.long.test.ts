import { generateKeyPairSync, sign } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseEnvelope } from '@bailee/verifier'
import { allContracts, allNotices, chooseEnd, choiceNow, choicesOf, releaseData, releasesOf } from '#contract'
import { applyEstate, readEstate } from '#estate'
import { allGrants, approveGrant, proposeGrant } from '#instruction'
import { rawPublicKey, type Json } from '#ledger'
import { sweep } from '#trace'
import { certify, confirmErasure, endContract, exitsOf, findErasure, reviewCertificates, runErasure, settleDue } from './index.ts'
import { createWorld, estate, listenersCsv, on, type World } from './testing.ts'

const keyOf = () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory' as const, sign: (message: Uint8Array) => sign(null, message, privateKey) }
}
const refused = (code: string): object => expect.objectContaining({ name: 'Refused', code })
const declared = (text: string): string => text.replace('starts: 2017-01-01 }', 'starts: 2017-01-01, ends: 2021-06-01 }').replace('at_end: { choice: delete } }', 'ends: 2021-07-01, at_end: { choice: delete, retrieval_days: 30, within_days: 60 } }')
const aria = keyOf()
const chinook = keyOf()
let world: World

beforeAll(async () => { world = await createWorld({ change: declared }) })
afterAll(async () => { await world.close() })

const choose = (contract: string, choice: 'delete' | 'return' | 'send_on', at: string, more: { signatory?: string; key?: ReturnType<typeof keyOf>; recipient?: string } = {}) =>
  chooseEnd(world.ledger, { contract, choice, signatory: 'B. Bossi', key: aria, ...more }, on(at))
const due = (at: string) => settleDue(world.context, on(at))
const certified = async (id: string, at: string) => {
  await runErasure(world.context, { erasure: id, operator: 'eli' }, on(at))
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on(at))
  return certify(world.context, id, on(at))
}

test('an exit opens by itself at the agreed end and takes the grants with it; a later copy takes the certificate back, with a notice to the controller', async () => {
  const csv = await listenersCsv(world)
  const grant = await proposeGrant(world.ledger, { person: 'noa', instruction: 'INS-3', until: on('2023-01-01') }, on('2019-01-01'))
  await approveGrant(world.ledger, { grant: grant.id, by: 'dana' }, on('2019-01-01'))
  expect(await due('2020-11-30')).toEqual({ opened: [], reopened: [], notOpened: [], warned: [], notices: [] })
  expect(await due('2020-12-03')).toMatchObject({ opened: [{ id: 'EXIT-deezer-2016', deadline: on('2020-12-31') }], notOpened: [] })
  expect(await due('2020-12-03'), 'once').toMatchObject({ opened: [], warned: [] })
  expect(await allGrants(world.ledger.database)).toMatchObject([{ id: grant.id, state: 'revoked', revokedAt: on('2020-12-03') }])
  expect((await due('2020-12-20')).warned).toEqual([{ erasure: 'EXIT-deezer-2016', says: 'EXIT-deezer-2016: 11 days until its deadline, 2020-12-31' }])
  expect(await due('2021-01-01')).toMatchObject({ warned: [{ says: expect.stringMatching(/is overdue/) as string }], notices: ['overdue EXIT-deezer-2016'] })
  expect((await due('2021-01-01')).warned).toEqual([])
  expect(await certified('EXIT-deezer-2016', '2021-01-02')).toMatchObject({ status: 'complete' })
  world.put('forgotten.csv', csv)
  await sweep(world.context, on('2021-03-01'))
  expect(await reviewCertificates(world.ledger, on('2021-03-01'))).toEqual(['CRT-deezer-2016-1'])
  expect(await findErasure(world.ledger, 'EXIT-deezer-2016')).toMatchObject({ state: 'reopened' })
  const entries = (await world.ledger.read(1, { types: ['controller.notified'] })).map(({ parts }) => parts.evidence as { about: string; notice: string })
  expect(entries.map(({ about }) => about)).toEqual(['overdue', 'invalidated'])
  expect((await allNotices(world.ledger.database)).at(-1)).toMatchObject({ controller: 'deezer', about: 'invalidated', says: expect.stringMatching(/CRT-deezer-2016-1 of 2021-01-02 no longer holds: a copy was found later/) as string })
})

test('a choice is made and changed by a signatory before the end, with a signature, and by nobody after it', async () => {
  await expect(choose('aria-2017', 'return', '2021-01-01', { signatory: 'A. Adams' })).rejects.toMatchObject({ name: 'Misuse' })
  await expect(choose('aria-2017', 'send_on', '2021-01-01')).rejects.toMatchObject({ name: 'Misuse' })
  await choose('aria-2017', 'send_on', '2021-01-01', { recipient: 'Other Processor' })
  await expect(choose('aria-2017', 'delete', '2021-01-02', { key: keyOf() })).rejects.toThrow(refused('contract/wrong-key'))
  await choose('aria-2017', 'return', '2021-01-03')
  const received = (at: string) => releaseData(world.ledger, { contract: 'aria-2017', how: 'received', signatory: 'B. Bossi', key: aria }, on(at))
  await expect(received('2021-03-01'), 'a trial export').rejects.toThrow(refused('contract/not-ended'))
  await world.ledger.append({ slot: (await allContracts(world.ledger.database)).find(({ id }) => id === 'aria-2017')?.slot ?? 0, type: 'contract.released', at: on('2021-03-01'), parts: { evidence: { contract: 'aria-2017', how: 'received', custody: 'signatory' }, instruction: { signatory: 'B. Bossi' } } })
  expect(await choicesOf(world.ledger.database, 'aria-2017')).toMatchObject([{ choice: 'send_on', recipient: 'Other Processor', signatory: 'B. Bossi' }, { choice: 'return', custody: 'signatory', madeAt: on('2021-01-03') }])
  await expect(choose('aria-2017', 'delete', '2021-06-01')).rejects.toThrow(refused('contract/choice-settled'))
  expect((await due('2021-06-01')).opened).toMatchObject([{ id: 'EXIT-aria-2017' }])
  await expect(received('2021-05-01'), 'dated back').rejects.toThrow(refused('contract/not-ended'))
  await expect(choose('aria-2017', 'delete', '2021-05-01'), 'dated back').rejects.toThrow(refused('contract/choice-settled'))
})

test('what is to be returned is not erased before a signatory received it; what may be fetched is not erased before that is over or waived', async () => {
  await expect(runErasure(world.context, { erasure: 'EXIT-aria-2017', operator: 'eli' }, on('2021-06-02'))).rejects.toThrow(refused('erasure/not-released'))
  await releaseData(world.ledger, { contract: 'aria-2017', how: 'received', signatory: 'B. Bossi', key: aria }, on('2021-06-03'))
  const { envelope } = await certified('EXIT-aria-2017', '2021-06-04')
  const document = JSON.parse(new TextDecoder().decode(parseEnvelope(envelope).payload)) as Record<string, Json>
  expect(document['instruction']).toMatchObject({ choice: 'return', chosen_in: 'signatory', choices: [{ choice: 'send_on' }, { choice: 'return', by: 'B. Bossi' }], released: [{ how: 'received', by: 'B. Bossi' }] })
  await endContract(world.context, { contract: 'chinook-2017', terminated: false }, on('2021-07-01'))
  await expect(releaseData(world.ledger, { contract: 'chinook-2017', how: 'received', signatory: 'A. Adams', key: chinook }, on('2021-07-02'))).rejects.toThrow(refused('contract/nothing-to-receive'))
  await expect(runErasure(world.context, { erasure: 'EXIT-chinook-2017', operator: 'eli' }, on('2021-07-30'))).rejects.toThrow(refused('erasure/retrieval'))
  expect((await exitsOf(world.ledger, on('2021-07-30'))).find(({ erasure }) => erasure === 'EXIT-chinook-2017')).toMatchObject({ retrieve_until: '2021-07-31', waits: { what: 'retrieval' }, overdue: false })
  await releaseData(world.ledger, { contract: 'chinook-2017', how: 'waived', signatory: 'A. Adams', key: chinook }, on('2021-07-30'))
  expect(await runErasure(world.context, { erasure: 'EXIT-chinook-2017', operator: 'eli' }, on('2021-07-30'))).toMatchObject({ state: 'searched_again' })
})

test('without any choice an exit opens all the same, waits, and says so to the controller; the file cannot change what the contract says', async () => {
  const more = estate.replace('contracts:\n', 'contracts:\n  - { id: late-1, controller: late, starts: 2019-01-01, ends: 2022-01-01 }\n').replace('controllers:\n', 'controllers:\n  - { id: late, name: Late, country: BE, signatories: [{ name: L. Latour, contact: l@late.example }] }\n')
  const apply = (text: string) => applyEstate(world.ledger, readEstate(text, 'bailee.yaml'), { checked: [], unchecked: [] }, on('2021-08-01'))
  const kept = (text: string): string => text.replace(/ {2}- \{ id: (deezer|chinook|aria)-20.*\n/g, '').replace(/instructions:\n.*\n/, '')
  await apply(kept(more))
  expect((await due('2021-12-20')).notices).toContain('choice late-1 14')
  expect(await due('2022-01-01')).toMatchObject({ opened: [{ id: 'EXIT-late-1' }], notices: ['choice EXIT-late-1'] })
  await expect(runErasure(world.context, { erasure: 'EXIT-late-1', operator: 'eli' }, on('2022-01-02'))).rejects.toThrow(refused('erasure/no-choice'))
  const late = keyOf()
  expect(await releaseData(world.ledger, { contract: 'late-1', how: 'waived', signatory: 'L. Latour', key: late }, on('2022-01-02'))).toMatchObject([{ how: 'waived' }])
  await choose('late-1', 'delete', '2022-01-03', { signatory: 'L. Latour', key: late })
  expect(await releasesOf(world.ledger.database, 'late-1'), 'said of no choice').toEqual([])
  await expect(choose('late-1', 'return', '2022-01-04', { signatory: 'L. Latour', key: late })).rejects.toThrow(refused('contract/choice-settled'))
  const contract = (await allContracts(world.ledger.database)).find(({ id }) => id === 'late-1')
  expect(contract === undefined ? undefined : choiceNow(contract, await choicesOf(world.ledger.database, 'late-1'))).toEqual({ choice: 'delete', from: 'signatory' })
  await apply(kept(more).replace('contracts:\n', 'contracts:\n  - { id: late-2, controller: late, starts: 2021-08-01, at_end: { choice: delete } }\n').replace(/ {2}- \{ id: late-1.*\n/, ''))
  await expect(runErasure(world.context, { erasure: 'EXIT-late-1', operator: 'eli' }, on('2022-01-05')), 'a live contract of the same controller').rejects.toThrow(refused('erasure/other-contract'))
  await expect(apply(kept(more).replace(/ {2}- \{ id: late-1.*\n/, '  - { id: late-2, controller: late, starts: 2021-08-01, at_end: { choice: return } }\n'))).rejects.toThrow(/a signatory of its controller changes that/)
})
