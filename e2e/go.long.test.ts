/** What Bailee exports, checked by libraries that nobody of this project wrote: Go's `sumdb/tlog` and `note` (Debian: golang-go, golang-golang-x-mod-dev). */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../server/database/testing.ts'
import { exportBundle, recordedOnly, type Draft, type Ledger } from '../server/ledger/index.ts'
import { noon, openTestLedger, temporaryDirectory } from '../server/ledger/testing.ts'

const libraries = '/usr/share/gocode'
const hasGo = spawnSync('go', ['version']).status === 0 && existsSync(join(libraries, 'src/golang.org/x/mod/sumdb/tlog'))
if (!hasGo) process.stderr.write('ledger: Go with golang.org/x/mod is not installed here, so that no verifier of somebody else was asked (Debian: golang-go, golang-golang-x-mod-dev)\n')

let directory: ReturnType<typeof temporaryDirectory>
let own: TestDatabase
let ledger: Ledger
beforeAll(async () => {
  if (!hasGo) return
  directory = temporaryDirectory()
  execFileSync('go', ['build', '-o', join(directory.path, 'check'), join(import.meta.dirname, 'go', 'check.go')], { env: { ...process.env, GO111MODULE: 'off', GOPATH: libraries, GOFLAGS: '', GOCACHE: join(directory.path, 'cache') } })
  own = await createTestDatabase()
  ledger = await openTestLedger(own.database, join(directory.path, 'keys'), { note: recordedOnly })
  await ledger.openSlot(noon, () => [])
})
afterAll(async () => {
  if (!hasGo) return
  await own.close()
  directory.remove()
})

const note = (parts: Draft['parts']): Draft => ({ slot: 1, type: 'note.written', at: noon, parts })
const bundle = (): string => join(directory.path, 'bundle')
const checked = (): { status: number | null; said: string } => {
  const { status, stdout, stderr } = spawnSync(join(directory.path, 'check'), [bundle()], { encoding: 'utf8' })
  return { status, said: `${stdout}${stderr}` }
}

async function grownTo(size: number, parts: Draft['parts']): Promise<void> {
  while (await ledger.size(1) < size) {
    const missing = size - await ledger.size(1)
    await Promise.all(Array.from({ length: Math.min(4, Math.ceil(missing / 250)) }, (_, at) => ledger.append(Array.from({ length: Math.max(0, Math.min(250, missing - at * 250)) }, () => note(parts)))))
  }
  await exportBundle(ledger, { slot: 1, at: noon, directory: bundle(), receiptsFor: size < 1_000 ? ['note.written'] : [], certificates: new Map() })
}

// skipped: Go, or its library, is not installed
describe.skipIf(!hasGo)('Go verifies', () => {
  test.each([1, 2, 255, 256, 257, 511, 512])('a log of %i entries, with its heads, receipts and payloads', async (size) => {
    await grownTo(size, { evidence: { size } })
    expect(checked()).toMatchObject({ status: 0, said: expect.stringMatching(new RegExp(`^${size} entries, 1 of the common log, .* ${size - 1} receipts, ${size} disclosures`)) as string })
  })

  describe('and refuses', () => {
    test.each<[string, string, RegExp]>([
      ['an entry with another byte', 'client/tile/entries/000', /client: (its entries hash to another root|bundle 0)/],
      ['a tile with another byte', 'client/tile/0/001', /client: tiles/],
      ['a checkpoint with another byte', 'client/checkpoint', /client checkpoint/],
      ['a head with another byte', 'heads/2', /heads\/2/],
      ['a snapshot with another byte', 'root/tile/entries/000.p/7', /root: its entries hash to another root/],
      ['a receipt with another byte', 'proofs/300.tlog-proof', /proofs\/300/],
      ['an opened payload with another byte', 'disclosed/300.evidence', /disclosed\/300.*not what its entry committed to/],
    ])('%s', (_, file, because) => {
      const path = join(bundle(), file)
      const bytes = readFileSync(path)
      const at = Math.floor(bytes.length * 0.6)
      writeFileSync(path, bytes.map((byte, place) => (place === at ? byte ^ 1 : byte)))
      const { status, said } = checked()
      writeFileSync(path, bytes)
      expect({ status, said }).toEqual({ status: 1, said: expect.stringMatching(because) as string })
      expect(checked().status).toBe(0)
    })
  })

  test.each([65_536, 100_000])('a log of %i entries', async (size) => {
    await grownTo(size, {})
    expect(checked()).toMatchObject({ status: 0, said: expect.stringMatching(new RegExp(`^${size} entries`)) as string })
  })
})
