import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseEnvelope } from '@bailee/verifier'
import { answerForSubProcessor, askSubProcessors, certify, confirmErasure, endContract, reopenErasure, runErasure, subProcessorsShown, findErasure, type SubProcessorShown } from './index.ts'
import { createWorld, on, type World } from './testing.ts'

const id = 'EXIT-deezer-2016'
const sha256 = 'ab'.repeat(32)
let world: World
beforeAll(async () => {
  world = await createWorld({ change: (text) => text.replace('ends: 2020-12-01, at_end', 'ends: 2020-12-01, sub_processors: { authorisation: general, notice_days: 30, list: [{ name: Mail Ltd, country: IE, contact: privacy@mail.example }, { name: Push Inc, country: US, contact: dpo@push.example }] }, at_end') })
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
})
afterAll(() => world.close())

const shown = async (at = '2020-12-02'): Promise<SubProcessorShown[]> => subProcessorsShown(world.ledger, await findErasure(world.ledger, id), on(at))
const answer = (name: string, outcome: 'certificate' | 'statement' | 'none', at: string) => answerForSubProcessor(world.ledger, { erasure: id, name, by: 'eli', outcome, sha256: outcome === 'none' ? undefined : sha256, says: 'All erased on 2020-12-03, backups until 2021-01-02.' }, on(at))
async function certified(at: string): Promise<Record<string, unknown>> {
  await runErasure(world.context, { erasure: id, operator: 'eli' }, on(at))
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on(at))
  const { envelope } = await certify(world.context, id, on(at))
  return JSON.parse(Buffer.from(parseEnvelope(envelope).payload).toString()) as Record<string, unknown>
}

test('each sub-processor is asked, reminded and chained; without its evidence no certificate is complete', async () => {
  await expect(answer('Mail Ltd', 'certificate', '2020-12-02')).rejects.toMatchObject({ code: 'erasure/not-asked' })
  expect((await askSubProcessors(world.ledger, id, on('2020-12-02'))).map(({ name, contact }) => [name, contact])).toEqual([['Mail Ltd', 'privacy@mail.example'], ['Push Inc', 'dpo@push.example']])
  await expect(answerForSubProcessor(world.ledger, { erasure: id, name: 'Mail Ltd', by: 'eli', outcome: 'certificate', says: 'Erased.' }, on('2020-12-02'))).rejects.toThrow('with the hash of its file')
  await expect(answer('Else GmbH', 'certificate', '2020-12-02')).rejects.toThrow('names no sub-processor')
  expect([(await shown('2020-12-08')).map(({ remind }) => remind), (await shown('2020-12-09')).map(({ remind }) => remind)]).toEqual([[false, false], [true, true]])
  await answer('Mail Ltd', 'certificate', '2020-12-04')
  expect((await askSubProcessors(world.ledger, id, on('2020-12-09'))).map(({ name }) => name), 'asked again only where nothing came').toEqual(['Push Inc'])
  await answer('Push Inc', 'none', '2020-12-10')
  const first = await certified('2020-12-11')
  expect(first).toMatchObject({ status: 'partial', sub_processors: [{ name: 'Mail Ltd', evidence: 'certificate', sha256, received: '2020-12-04' }, { name: 'Push Inc', evidence: 'none obtained', because: expect.any(String) as string }] })
  expect(first['obstacles']).toEqual([expect.objectContaining({ store: 'sub-processor', place: 'Push Inc' })])
  await expect(answer('Push Inc', 'statement', '2020-12-12')).rejects.toMatchObject({ code: 'erasure/certified' })
  await reopenErasure(world.ledger, { erasure: id, by: 'eli', because: 'Push Inc answered' }, on('2020-12-12'))
  await answer('Push Inc', 'statement', '2020-12-12')
  expect(await certified('2020-12-13')).toMatchObject({ status: 'complete', obstacles: [], sub_processors: [{ evidence: 'certificate' }, { evidence: 'statement' }] })
}, 60_000)
