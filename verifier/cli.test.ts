import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { run } from './cli.ts'

const good = join(import.meta.dirname, '..', '..', 'shared', 'fixtures', 'bundle-good')
const present = existsSync(good)
if (!present) console.warn('NOT CHECKED: ../shared/fixtures is absent, so the command is not run on a whole bundle here')
const pin = 'bailee.example/acme/root+1451b66d+AQZCOp0XY6Xwf+XPuwxSddPj2tAHRN3VDzH56F/nPkF4'
const scratch = mkdtempSync(join(tmpdir(), 'bailee-verify-'))
afterAll(() => rmSync(scratch, { recursive: true }))

describe('bailee-verify misused', () => {
  const rows: readonly (readonly [string, readonly string[], string])[] = [
    ['without a bundle', [], 'which bundle'],
    ['with a bundle that is not there', [join(scratch, 'none')], 'nothing there'],
    ['with two bundles', ['a', 'b'], 'one bundle'],
    ['with an unknown option', [scratch, '--quick'], '--quick'],
    ['with a pin that is no key', [scratch, '--pin', 'x'], '--pin'],
    ['with a witness for a pin', [scratch, '--pin', 'witness.example/auditor+3791b1b9+BNnkqhnYJFwAG06WGI7ClI66TO/XSxs+c0eyfwR6qJg4'], 'key of a witness'],
    ['with a receipt beside a receipt', ['receipt', join(scratch, 'one'), '--receipt', join(scratch, 'other')], '--receipt and --checkpoint go with a bundle'],
    ['with a checkpoint beside a receipt', ['receipt', join(scratch, 'one'), '--checkpoint', join(scratch, 'other')], '--receipt and --checkpoint go with a bundle'],
    ['with a directory for a receipt', ['receipt', scratch], 'no file, and one is wanted'],
    ['with a receipt that is not named', ['receipt'], 'which receipt'],
    ['with a certificate by a file that is not there', ['certificate', join(scratch, 'none.pdf'), scratch], 'there is no such file'],
    ['with a policy that is not there', [scratch, '--policy', join(scratch, 'none')], '--policy'],
  ]
  test.each(rows)('%s exits 2 and says what to try', (_, args, says) => {
    const { exit, out, err } = run(args)
    expect([exit, out]).toEqual([2, ''])
    expect(err).toContain(says)
    expect(err).toContain('--help')
  })
})

test('the help fits a screen', () => {
  const { exit, out } = run(['--help'])
  expect(exit).toBe(0)
  expect(out.split('\n').length).toBeLessThanOrEqual(24)
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
})

test('a directory that has the name of a certificate, as one that its bundle was unpacked into has, hides no certificate', () => {
  const before = process.cwd()
  mkdirSync(join(scratch, 'CRT-1'))
  process.chdir(scratch)
  try {
    expect(run(['certificate', 'CRT-1', 'CRT-1'])).toMatchObject({ exit: 1, out: expect.stringContaining('the bundle holds no certificate CRT-1') as string })
  } finally {
    process.chdir(before)
  }
})

test('an empty directory is refused, and so is a file that is no zip', () => {
  const empty = join(scratch, 'empty')
  mkdirSync(empty)
  expect(run([empty])).toMatchObject({ exit: 1, err: '' })
  expect(run([empty]).out).toContain('REFUSED: policy/missing')
  const file = join(scratch, 'file.zip')
  writeFileSync(file, 'not a zip')
  expect(JSON.parse(run([file, '--json']).out)).toEqual({ outcome: 'refused', steps: [], because: { step: 'bundle', code: 'zip/end', message: expect.any(String) as string } })
})

describe.skipIf(!present)('bailee-verify on a bundle', () => {
  test('says that it was verified only against the key inside, and what that does not show', () => {
    const { exit, out } = run([good])
    expect(exit).toBe(0)
    expect(out).toContain('VERIFIED (against the key inside the bundle; not independently witnessed)')
    expect(out).toContain('It does not show')
  })
  test('verifies against a pin, and against a policy', () => {
    expect(run([good, '--pin', pin]).out).toContain('Verified against the key given')
    const { exit, out } = run([good, '--policy', join(good, 'policy')])
    expect([exit, out.includes('\nVERIFIED (witnessed by 2 of 2)\n')]).toEqual([0, true])
  })
  test('says that a policy without a quorum is not independently witnessed', () => {
    const policy = join(scratch, 'policy')
    writeFileSync(policy, `log ${pin}\nquorum none\n`)
    expect(run([good, '--policy', policy]).out).toContain('VERIFIED (not independently witnessed)')
  })
  test('holds it against a checkpoint that was kept from before, whatever came with it', () => {
    expect(run([good, '--checkpoint', join(good, 'client/checkpoint')]).out).toContain('the 301 entries signed then are the first of this log')
    const torn = join(scratch, 'torn.checkpoint')
    writeFileSync(torn, readFileSync(join(good, 'client/checkpoint'), 'utf8').replace('\n301\n', '\n300\n'))
    expect(run([good, '--checkpoint', torn])).toMatchObject({ exit: 1, out: expect.stringContaining('REFUSED: old-checkpoint/signature') as string })
    expect(run([good, '--checkpoint', join(scratch, 'none')])).toMatchObject({ exit: 2, err: expect.stringContaining('there is no such file') as string })
  })
  test('holds receipts against the bundle that a certificate is checked with: none is passed over in silence', () => {
    const [pages, torn] = [join(scratch, 'pages.pdf'), join(scratch, 'torn.receipt')]
    writeFileSync(pages, '%PDF-1.7')
    writeFileSync(torn, 'bailee-receipt/v1\n')
    expect(run(['certificate', pages, good]).out).toContain('REFUSED: certificate/pages')
    expect(run(['certificate', pages, good, '--receipt', torn]).out).toContain('REFUSED: receipt/refused in kept receipts')
  })
  test('refuses a copy with one byte changed, with the reason', () => {
    const copy = join(scratch, 'copy')
    cpSync(good, copy, { recursive: true })
    const path = join(copy, 'client/tile/entries/000')
    const bytes = readFileSync(path)
    bytes[1000]! ^= 1
    rmSync(path, { force: true })
    writeFileSync(path, bytes)
    const { exit, out } = run([copy, '--json'])
    expect([exit, (JSON.parse(out) as { because: { code: string } }).because.code]).toEqual([1, 'log/root'])
  })
  test('is a program of its own, with these exit codes', () => {
    const cli = join(import.meta.dirname, 'main.ts')
    expect(JSON.parse(execFileSync(process.execPath, [cli, good, '--json'], { encoding: 'utf8' }))).toMatchObject({ outcome: 'verified' })
    expect(spawnSync(process.execPath, [cli, scratch]).status).toBe(1)
    expect(spawnSync(process.execPath, [cli]).status).toBe(2)
  })
})
