import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseEnvelope } from '@bailee/verifier'
import { exportBundle } from '#ledger'
import { allFindings, destroyFingerprints, sweep } from '#trace'
import { certify, confirmErasure, endContract, envelopesOf, runErasure, stepsOf } from './index.ts'
import { createWorld, listeners, listenersCsv, on, type World } from './testing.ts'

let world: World
beforeAll(async () => { world = await createWorld() })
afterAll(() => world.close())

const id = 'EXIT-deezer-2016'
const person = 'ana.pop@mail.example'
const hidden = /ana[.]pop|mail[.]example|721 ?555 ?123|(?<![a-z0-9])FR1\d{4}(?![a-z0-9])/i // not among the letters of signatures
const there = (file: string): boolean => existsSync(join(world.directory, 'share', file))
const shareFinding = async (): Promise<string[]> => (await allFindings(world.ledger.database)).filter(({ state }) => state === 'open').map(({ store, place }) => `${store}:${place}`).sort()

/** All that stands in a directory, as text. */
const textIn = (directory: string): string => readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1')).join('\n')

test('a name that holds somebody\'s address, number or identifier is recorded with a mark in its place, and what has that name is erased all the same', async () => {
  const csv = await listenersCsv(world)
  world.put(`${person}.csv`, csv)
  world.put('broken/ion.pop@mail.example.zip', Buffer.from('PK\x03\x04 cut'))
  const users = (await world.run('crm', 'select user_id from crm.listener order by user_id limit 2')).rows.map((row) => String((row as { user_id: string }).user_id))
  world.put(`export_${users[0]}.csv`, csv)
  world.put(`broken/users 2019 ${users[1]}.zip`, Buffer.from('PK\x03\x04 cut'))
  world.put('users 2019.csv', csv)
  writeFileSync(join(world.directory, `calls +40 721 555 123.csv`), csv)
  execFileSync('tar', ['-cf', join(world.directory, 'share/box.tar'), '-C', world.directory, 'calls +40 721 555 123.csv'])
  const report = await sweep(world.context, on('2019-05-01'))
  expect(await shareFinding()).toEqual(['share:box.tar', expect.stringMatching(/^share:export_⟨value [0-9a-f]{12}⟩[.]csv$/), 'share:users 2019.csv', expect.stringMatching(/^share:⟨address [0-9a-f]{12}⟩$/)])
  expect(JSON.stringify(report.coverage)).toMatch(/broken.users 2019 ⟨value [0-9a-f]{12}⟩[.]zip/)
  expect(JSON.stringify([report.findings, report.coverage])).toMatch(/⟨telephone [0-9a-f]{12}⟩[.]csv/)
  expect(JSON.stringify([report.findings, report.coverage])).not.toMatch(hidden)
  const again = await sweep(world.context, on('2019-05-02'))
  expect(again.opened, 'the same names are the same places').toEqual([])
  expect(again.resolved).toEqual([])
  rmSync(join(world.directory, 'share/broken'), { recursive: true })

  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  const erased = await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-02'))
  expect([there(`${person}.csv`), there('box.tar'), there(`export_${users[0]}.csv`), there('users 2019.csv')]).toEqual([false, false, false, false])
  expect(erased.again).toMatchObject({ residual: 0, places: [] })
  expect((await stepsOf(world.ledger.database, id)).filter(({ store }) => store === 'share').map(({ state, rowsErased }) => [state, rowsErased])).toEqual([['done', listeners], ['done', listeners], ['done', listeners], ['done', listeners]])
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-03'))
  const { envelope, status } = await certify(world.context, id, on('2020-12-04'))
  const document = new TextDecoder().decode(parseEnvelope(envelope).payload)
  expect(status).toBe('complete')
  expect(document).toMatch(/⟨address [0-9a-f]{12}⟩/)
  expect(document).toMatch(/export_⟨value [0-9a-f]{12}⟩[.]csv/)
  expect(document).not.toMatch(hidden)
  const directory = join(world.directory, 'bundle')
  await exportBundle(world.ledger, { slot: 1, at: on('2020-12-05'), directory, receiptsFor: ['certificate.issued'], certificates: await envelopesOf(world.ledger, 1) })
  expect(textIn(directory)).toContain(Buffer.from('⟨address ').toString('latin1')) // so that what is not found could be seen
  expect(textIn(directory)).not.toMatch(hidden)

  await destroyFingerprints(world.context, 1, on('2020-12-06'))
  for (const user of users) world.put(`broken/${user}.zip`, Buffer.from('PK\x03\x04 cut'))
  const after = JSON.stringify((await sweep(world.context, on('2020-12-07'))).coverage)
  expect(after, 'what was recorded with a mark stays so when nothing is known of it any more').toMatch(/broken.⟨value [0-9a-f]{12}⟩[.]zip/)
  expect([after.includes(users[0]!), after.includes(users[1]!)]).toEqual([false, true])
})
