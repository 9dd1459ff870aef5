import { webcrypto } from 'node:crypto'
import { expect, test } from 'vitest'
import { checkBundle } from './bundle.ts'
import { settle } from './browser/settle.ts'
import type { VerifyLater } from './browser/settle.ts'
import { cosignatureType, formatVerifierKey, parsePolicy, sourceOfFiles, verifyBundle } from './index.ts'
import type { Progress, Verdict, VerifyOptions } from './index.ts'
import { makeBundle, pair, processor, rootKey, story, witnessedRule } from './testing.ts'
import type { Files } from './testing.ts'

/** Ed25519 as a browser has it: answered later, and counted. */
function later(): { readonly verify: VerifyLater; asked: number } {
  const counted = {
    asked: 0,
    verify: async (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> => {
      counted.asked += 1
      try {
        const key = await webcrypto.subtle.importKey('raw', Uint8Array.from(publicKey), { name: 'Ed25519' }, false, ['verify'])
        return await webcrypto.subtle.verify({ name: 'Ed25519' }, key, Uint8Array.from(signature), Uint8Array.from(message))
      } catch {
        return false
      }
    },
  }
  return counted
}
async function settled(files: Files, options: VerifyOptions = {}): Promise<{ verdict: Verdict; reported: Progress[]; asked: number }> {
  const reported: Progress[] = []
  const crypto = later()
  const verdict = await settle((verify) => checkBundle(sourceOfFiles(files), { ...options, verify }), { verify: crypto.verify, onProgress: (progress) => { reported.push(progress) } })
  return { verdict, reported, asked: crypto.asked }
}
const good = makeBundle({ ...story, witnessed: true })
const policy = parsePolicy(`log ${formatVerifierKey(`${processor}/root`, rootKey.publicKey)}\n${witnessedRule}`)
/** A signature of somebody else in place of one: each is refused, and by the reason that an answer at once would have given. */
const damaged = (path: string): Files => {
  const note = Buffer.from(good.get(path)!).toString()
  const lines = note.split('\n')
  const at = lines.findIndex((line) => line.startsWith('\u2014'))
  const [dash, name, encoded] = lines[at]!.split(' ')
  const bytes = Buffer.from(encoded!, 'base64')
  bytes[40]! ^= 1
  lines[at] = [dash, name, bytes.toString('base64')].join(' ')
  return new Map(good).set(path, Buffer.from(lines.join('\n')))
}

test('signatures answered later give the verdict of signatures answered at once, asking for each once', async () => {
  const { verdict, reported, asked } = await settled(good, { policy })
  expect(verdict).toEqual(verifyBundle(sourceOfFiles(good), { policy }))
  expect(verdict.outcome).toBe('verified')
  expect(asked).toBe(4) // the root log, its witness, the client's log, the common log
  const passed = reported.flatMap((one) => (one.outcome === 'passed' || one.outcome === 'absent' ? [one.step] : []))
  expect(passed).toEqual(verdict.steps.map(({ name }) => name))
})

test('a bad one refuses what an answer at once refuses, and no step is reported before its answer is in', async () => {
  for (const path of ['root/checkpoint', 'client/checkpoint', 'common/checkpoint']) {
    const files = damaged(path)
    const { verdict, reported } = await settled(files)
    const atOnce = verifyBundle(sourceOfFiles(files))
    expect(verdict).toEqual(atOnce)
    expect(verdict).toMatchObject({ outcome: 'refused', because: { code: 'checkpoint/signature' } })
    const passed = reported.flatMap((one) => (one.outcome === 'passed' || one.outcome === 'absent' ? [one.step] : []))
    expect(passed).toEqual(verdict.steps.map(({ name }) => name))
  }
})

test('a policy whose keys signed nothing is refused', async () => {
  const stranger = pair()
  const other = parsePolicy(`log ${formatVerifierKey(`${processor}/root`, stranger.publicKey)}\nwitness w ${formatVerifierKey('witness.example', stranger.publicKey, cosignatureType)}\nquorum w\n`)
  expect((await settled(good, { policy: other })).verdict).toEqual(verifyBundle(sourceOfFiles(good), { policy: other }))
})

test('what the machine fails at is thrown, not judged', async () => {
  const source = { ...sourceOfFiles(good), read: () => { throw new Error('the disk is gone') } }
  await expect(settle((verify) => checkBundle(source, { verify }), { verify: later().verify })).rejects.toThrow('the disk is gone')
})
