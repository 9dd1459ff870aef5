import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatVerifierKey, openDirectory, parsePolicy, parseVerifierKey, sourceOfFiles, verifyBundle } from './index.ts'

const runs = process.env['BAILEE_FULL'] === '1' ? 1_500 : process.env['BAILEE_LONG'] === '1' ? 500 : 200

// Bundles that another implementation wrote to the same page. They live beside the project, not in it.
const fixtures = join(import.meta.dirname, '..', '..', 'shared', 'fixtures')
const present = existsSync(join(fixtures, 'bundle-good'))
if (!present) console.warn('NOT CHECKED: ../shared/fixtures is absent, so agreement with another implementation is not tested here')

type Files = Map<string, Uint8Array>
function load(name: string): Files {
  const directory = join(fixtures, name)
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((found) => found.isFile())
  return new Map(files.map((found) => join(found.parentPath, found.name)).map((path) => [path.slice(directory.length + 1), Uint8Array.from(readFileSync(path))]))
}
function refusal(files: Files): string {
  const verdict = verifyBundle(sourceOfFiles(files))
  return verdict.outcome === 'refused' ? `${verdict.because.step}: ${verdict.because.code}` : 'verified'
}
const flip = (path: string, place: number) => (files: Files): void => { files.get(path)!.subarray(place)[0]! ^= 1 }
const edit = (path: string, from: string | RegExp, to: string) => (files: Files): void => {
  const text = Buffer.from(files.get(path)!).toString()
  const edited = text.replace(from, to)
  if (edited === text) throw new Error(`nothing to change in ${path}`)
  files.set(path, Buffer.from(edited))
}
const remove = (path: string) => (files: Files): void => { if (!files.delete(path)) throw new Error(`no ${path}`) }

describe.skipIf(!present)('the bundles of another implementation', () => {
  test.each(['bundle-good', 'bundle-good-erased'])('%s is verified', (name) => {
    const verdict = verifyBundle(openDirectory(join(fixtures, name)))
    expect(verdict.outcome === 'verified' ? [verdict.facts.entries, verdict.facts.snapshots, verdict.facts.receipts, verdict.facts.oldCheckpointSize, verdict.facts.independentlyWitnessed] : verdict.because).toEqual([301, 8, 5, 102, false])
    const policy = parsePolicy(readFileSync(join(fixtures, name, 'policy'), 'utf8'))
    const pinned = verifyBundle(openDirectory(join(fixtures, name)), { policy })
    expect(pinned.outcome === 'verified' ? [pinned.facts.witnesses.length, pinned.facts.witnessesNamed, pinned.facts.independentlyWitnessed] : pinned.because).toEqual([2, 2, true])
  })
  test('bundle-bad-entry-altered is refused for its altered entry, which is named', () => {
    const verdict = verifyBundle(openDirectory(join(fixtures, 'bundle-bad-entry-altered')))
    expect(verdict.outcome === 'refused' && verdict.because).toEqual({ step: 'client log', code: 'log/root', message: 'the 301 entries do not hash to the signed root (entry 256 is not the one its tile knows)' })
  })

  const rows: readonly (readonly [string, (files: Files) => void, string])[] = [
    ['policy gone', remove('policy'), 'policy: policy/missing'],
    ['policy without a quorum', edit('policy', /quorum both\n/, ''), 'policy: policy/quorum'],
    ['policy without the log', edit('policy', /log .*\n/, ''), 'policy: policy/log'],
    ['policy with another key', edit('policy', /log .*\n/, `log ${formatVerifierKey('bailee.example/acme/root', Buffer.alloc(32, 7))}\n`), 'root checkpoint: checkpoint/key'],
    ['root checkpoint unsigned', edit('root/checkpoint', /\u2014 bailee.*\n/, ''), 'root checkpoint: checkpoint/key'],
    ['root checkpoint with another size', edit('root/checkpoint', '\n8\n', '\n7\n'), 'root checkpoint: checkpoint/signature'],
    ['root checkpoint of size 0', edit('root/checkpoint', '\n8\n', '\n0\n'), 'root checkpoint: checkpoint/size'],
    ['root checkpoint with a cosignature less', edit('root/checkpoint', /\u2014 witness.example\/peer.*\n/, ''), 'root checkpoint: checkpoint/quorum'],
    ['root checkpoint with a forged cosignature', edit('root/checkpoint', 'N5GxuQAAAABqsUksy', 'N5GxuQAAAABqsUksz'), 'root checkpoint: checkpoint/cosignature'],
    ['root entry changed', flip('root/tile/entries/000.p/8', 30), 'root log: log/root'],
    ['root tile changed', flip('root/tile/0/000.p/8', 30), 'root log: log/tile'],
    ['root tile gone', remove('root/tile/0/000.p/8'), 'root log: log/missing'],
    ['client key gone', remove('client.vkey'), 'client log: key/missing'],
    ['client key changed', flip('client.vkey', 40), 'client log: key/hash'],
    ['client checkpoint changed', edit('client/checkpoint', '\n301\n', '\n300\n'), 'client log: checkpoint/signature'],
    ['client entry changed', flip('client/tile/entries/000', 300), 'client log: log/root'],
    ['client entries cut', (files) => files.set('client/tile/entries/000', files.get('client/tile/entries/000')!.subarray(0, -1)), 'client log: tiles/entries'],
    ['client entries gone', remove('client/tile/entries/001.p/45'), 'client log: log/missing'],
    ['client tile changed', flip('client/tile/0/000', 8191), 'client log: log/tile'],
    ['client tile stretched', (files) => files.set('client/tile/0/000', Buffer.concat([files.get('client/tile/0/000')!, Buffer.alloc(32)])), 'client log: log/tile'],
    ['upper client tile changed', flip('client/tile/1/000.p/1', 0), 'client log: log/tile'],
    ['head changed', edit('heads/3', '\n151\n', '\n150\n'), 'client heads: head/proof'],
    ['head path cut', edit('heads/3', /slots 3\n.*\n/, 'slots 3\n'), 'client heads: head/proof'],
    ['first head gone', remove('heads/0'), 'client heads: head/omitted'],
    ['old checkpoint changed', edit('client.old-checkpoint', '\n102\n', '\n101\n'), 'old checkpoint: old-checkpoint/signature'],
    ['receipt changed', edit('proofs/300.tlog-proof', 'hATRsc', 'hATRsd'), 'receipts: receipt/inclusion'],
    ['receipt checkpoint changed', edit('proofs/300.tlog-proof', '\n301\n', '\n302\n'), 'receipts: receipt/signature'],
    ['receipt of another log', edit('proofs/300.tlog-proof', 'bailee.example/acme/1\n301', 'bailee.example/acme/2\n301'), 'receipts: receipt/origin'],
    ['leaf changed', flip('proofs/300.leaf', 3), 'receipts: receipt/inclusion'],
    ['leaf gone', remove('proofs/300.leaf'), 'receipts: receipt/leaf'],
    ['payload changed', flip('disclosed/106.evidence', 50), 'disclosures: disclosure/commitment'],
    ['salt changed', flip('disclosed/106.evidence', 0), 'disclosures: disclosure/commitment'],
  ]
  test.each(rows)('%s: refused for that reason', (_, change, reason) => {
    const files = load('bundle-good')
    change(files)
    expect(refusal(files)).toBe(reason)
  })

  test('one bit changed in any file that the verifier knows is refused', () => {
    const whole = load('bundle-good')
    const known = [...whole.keys()].filter((path) => !path.startsWith('root.'))
    fc.assert(fc.property(fc.constantFrom(...known), fc.nat(), (path, pick) => {
      const bit = pick % (whole.get(path)!.length * 8)
      const changed = Uint8Array.from(whole.get(path)!)
      changed[Math.floor(bit / 8)]! ^= 1 << (bit % 8)
      expect(refusal(new Map(whole).set(path, changed))).not.toBe('verified')
    }), { numRuns: runs })
  })

  test('a pin on the key in its policy holds, and on another does not', () => {
    const source = openDirectory(join(fixtures, 'bundle-good'))
    const right = parseVerifierKey('bailee.example/acme/root+1451b66d+AQZCOp0XY6Xwf+XPuwxSddPj2tAHRN3VDzH56F/nPkF4')
    expect(verifyBundle(source, { pins: [right] }).outcome).toBe('verified')
    const wrong = verifyBundle(source, { pins: [parseVerifierKey(formatVerifierKey('bailee.example/acme/root', Buffer.alloc(32, 7)))] })
    expect(wrong.outcome === 'refused' && wrong.because.code).toBe('checkpoint/pin')
  })
})
