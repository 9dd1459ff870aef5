import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDirectory, parseEnvelope, verifyCertificate } from '@bailee/verifier'
import { writeDocument, type Language } from '#document'
import { announceSubProcessor, withdrawSubProcessor } from '#contract'
import { exportBundle } from '#ledger'
import { allCertificates, answerForSubProcessor, askSubProcessors, certificatePaper, certify, confirmErasure, endContract, envelopesOf, remindersOf, reopenErasure, runErasure, subProcessorsShown, findErasure, type CertificateRecord, type SubProcessorShown } from './index.ts'
import { createWorld, on, type World } from './testing.ts'

const id = 'EXIT-deezer-2016'
const sha256 = 'ab'.repeat(32)
let world: World
beforeAll(async () => {
  world = await createWorld({ change: (text) => text.replace('ends: 2020-12-01, at_end', 'ends: 2020-12-01, sub_processors: { authorisation: general, notice_days: 30, list: [{ name: Mail Ltd, country: IE, contact: privacy@mail.example }, { name: Push Inc, country: US, contact: dpo@push.example }] }, at_end') })
  // Taken out, and announced anew just before the end: it had data. One that only ever was announced had none.
  const contract = 'deezer-2016'
  await withdrawSubProcessor(world.ledger, { contract, name: 'Push Inc', by: 'dana' }, on('2020-11-01'))
  for (const [name, country] of [['Push Inc', 'US'], ['Never Ltd', 'IE']] as const) await announceSubProcessor(world.ledger, { contract, identity: { name, country, contact: 'dpo@push.example' }, by: 'dana' }, on('2020-11-20'))
  await endContract(world.context, { contract, terminated: false }, on('2020-12-01'))
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
  expect((await shown('2020-12-10')).map(({ remind }) => remind), 'asked again yesterday').toEqual([false, false])
  expect(await remindersOf(world.ledger, on('2020-12-10'))).toEqual([])
  expect(await remindersOf(world.ledger, on('2020-12-16'))).toEqual([{ erasure: id, name: 'Push Inc', contact: 'dpo@push.example', asked: on('2020-12-09') }])
  await answer('Push Inc', 'none', '2020-12-10')
  const first = await certified('2020-12-11')
  expect(first).toMatchObject({ status: 'partial', sub_processors: [{ name: 'Mail Ltd', evidence: 'certificate', sha256, received: '2020-12-04' }, { name: 'Push Inc', evidence: 'none obtained', because: expect.any(String) as string }] })
  expect(first['obstacles']).toEqual([expect.objectContaining({ store: 'sub-processor', place: 'Push Inc' })])
  await expect(answer('Push Inc', 'statement', '2020-12-12')).rejects.toMatchObject({ code: 'erasure/certified' })
  await reopenErasure(world.ledger, { erasure: id, by: 'eli', because: 'Push Inc answered' }, on('2020-12-12'))
  await answer('Push Inc', 'statement', '2020-12-12')
  expect(await certified('2020-12-13')).toMatchObject({ status: 'partial', obstacles: [{ place: 'Push Inc', because: expect.stringContaining('no certificate') as string }], sub_processors: [{ evidence: 'certificate' }, { evidence: 'statement' }] })
}, 300_000)

test('a verifier holds them against the log', async () => {
  const directory = join(world.directory, 'bundle-sub')
  await exportBundle(world.ledger, { slot: 1, at: on('2020-12-14'), directory, receiptsFor: [], certificates: await envelopesOf(world.ledger, 1) })
  const verdict = verifyCertificate(openDirectory(directory), { id: 'CRT-deezer-2016-2' })
  if (verdict.outcome === 'refused') throw new Error(JSON.stringify(verdict))
  expect(verdict.facts.claims.find(({ claim }) => claim === 'sub_processors')).toMatchObject({ standing: 'shown' })
})

const tools = (() => {
  try {
    execFileSync('pdftotext', ['-v'], { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write('SKIPPED: poppler-utils is not installed; the pages of certificates are not read back\n')
    return false
  }
})()

async function pages(certificate: CertificateRecord, language: Language): Promise<string[]> {
  const file = join(world.directory, `${certificate.status}-${language}.pdf`)
  writeFileSync(file, await writeDocument(certificatePaper(certificate, language)))
  return execFileSync('pdftotext', ['-raw', file, '-'], { encoding: 'utf8' }).normalize('NFC').split('\f').slice(0, -1).map((page) => page.replace(/\s+/g, ' '))
}

test.runIf(tools)('its pages say in both languages what it says, and not more', async () => {
  const certificate = (await allCertificates(world.ledger.database)).at(-1)!
  const [english, french] = [(await pages(certificate, 'en')).join(' '), (await pages(certificate, 'fr')).join(' ')]
  for (const said of ['Certificate of PARTIAL deletion', 'does NOT say that everything was erased', 'Push Inc', 'What is missing', 'That all data are gone beyond recovery', 'bailee-verify certificate']) expect(english).toContain(said)
  for (const said of ['Certificat d’effacement PARTIEL', 'ne dit PAS que tout a été effacé', 'Ce qui manque', 'Responsable du traitement', 'a contrôlé']) expect(french).toContain(said)
  expect(english).not.toContain('NO LONGER HOLDS')
  const again = execFileSync('pdfdetach', ['-list', join(world.directory, `${certificate.status}-en.pdf`)], { encoding: 'utf8' })
  expect(again).toContain('certificate.dsse.json')
})

test.runIf(tools)('one that was invalidated says so on every page, in both languages', async () => {
  const certificate: CertificateRecord = { ...(await allCertificates(world.ledger.database)).at(-1)!, status: 'invalidated', invalidatedAt: on('2021-03-01'), invalidatedBecause: 'a copy was found later: F-1' }
  const [english, french] = [await pages(certificate, 'en'), await pages(certificate, 'fr')]
  expect(english.length).toBeGreaterThan(1)
  for (const page of english) expect(page).toMatch(/INVALIDATED on 2021-03-01.*NO LONGER HOLDS.*F-1/)
  for (const page of french) expect(page).toMatch(/INVALIDÉ le 1er mars 2021.*NE VAUT PLUS/)
})
