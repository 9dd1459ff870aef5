import { existsSync, readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import type { CertificateAsked } from './certificate.ts'
import { Malformed } from './malformed.ts'
import { openDirectory } from './node/directory.ts'
import { openZip, verifyBundle, verifyCertificate, verifyReceipt } from './node/verify.ts'
import { ed25519Type, parseVerifierKey } from './note.ts'
import type { VerifierKey } from './note.ts'
import { parsePolicy } from './policy.ts'
import type { Policy } from './policy.ts'
import type { KeptReceipt } from './receipt.ts'
import type { BundleSource } from './source.ts'
import { textOf } from './print.ts'
import type { VerifyOptions } from './trust.ts'
import { contradictedIn } from './verdict.ts'
import type { Refused } from './verdict.ts'

const help = `bailee-verify checks evidence of a Bailee processor, offline, trusting nobody
but the key you give it.

  bailee-verify DIR|ZIP [--receipt FILE]...      a whole bundle, and whether it
                                                 keeps what receipts promised
  bailee-verify receipt FILE                     one entry that you were handed
  bailee-verify certificate ID|FILE DIR|ZIP      every claim of a certificate,
                                                 by its id, file or pages (PDF)

  --policy FILE  what you trust: the root log's key, witnesses and quorum (C2SP
                 tlog-policy), got by another way than the evidence, whose own
                 policy it replaces
  --pin VKEY     a key of the root log, one of which must have signed
  --checkpoint FILE  of the controller's log, kept from before, which must go on
  --json         the verdict as one JSON object

Without --policy and --pin evidence is checked against the key inside it: that
shows that it agrees with itself, not that others were shown the same history.

  bailee-verify evidence.zip --policy policy-from-my-auditor

Exit: 0 verified, 1 refused, or a claim in it is contradicted (with the reason),
      2 misused, 3 the machine failed.
`

/** What a run printed and how it ended; the process itself is touched only by `main.ts`. */
export interface Run {
  readonly exit: 0 | 1 | 2 | 3
  readonly out: string
  readonly err: string
}

/** A command that cannot be carried out as written; exit 2. */
class Misused extends Error {}

/** Runs `bailee-verify` with these arguments. Reads files, writes nothing, never throws. */
export function run(args: readonly string[]): Run {
  try {
    return verified(args)
  } catch (error) {
    if (error instanceof Misused) return { exit: 2, out: '', err: `bailee-verify: ${error.message}\nTry: bailee-verify --help\n` }
    const cause = error instanceof Error ? error.message : 'unknown fault'
    return { exit: 3, out: '', err: `bailee-verify: could not read the evidence to its end, so nothing is verified: ${cause}\n` }
  }
}

type Values = ReturnType<typeof argumentsOf>['values']

function verified(args: readonly string[]): Run {
  const { values, positionals } = argumentsOf(args)
  if (values.help === true) return { exit: 0, out: help, err: '' }
  const pins = (values.pin ?? []).map(pinOf)
  const options = values.policy === undefined ? { pins } : { pins, policy: policyOf(values.policy) }
  const verdict = verdictOf(positionals, values, options)
  const out = values.json === true ? `${JSON.stringify(verdict)}\n` : textOf(verdict)
  // A record may be whole, and hold what it says itself to be wrong: whoever asks only for the exit code is told so, too.
  return { exit: verdict.outcome === 'verified' && contradictedIn(verdict.facts).length === 0 ? 0 : 1, out, err: '' }
}

function argumentsOf(args: readonly string[]): { values: { help?: boolean; json?: boolean; policy?: string; pin?: string[]; receipt?: string[]; checkpoint?: string }; positionals: string[] } {
  try {
    const options = { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' }, policy: { type: 'string' }, pin: { type: 'string', multiple: true }, receipt: { type: 'string', multiple: true }, checkpoint: { type: 'string' } } as const
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new Misused(error instanceof Error ? error.message : 'unreadable arguments')
  }
}

function verdictOf(positionals: readonly string[], values: Values, options: VerifyOptions): Parameters<typeof textOf>[0] {
  const [first, second, third, ...more] = positionals
  if (first === undefined) throw new Misused('which bundle? Name a directory or a zip.')
  if (first === 'receipt' && second !== undefined) {
    if (values.receipt !== undefined || values.checkpoint !== undefined) throw new Misused('--receipt and --checkpoint go with a bundle.')
    if (third !== undefined) throw new Misused('one receipt at a time.')
    return refusing('receipt', () => verifyReceipt(fileOf(second), options))
  }
  if (first === 'certificate' && third !== undefined) {
    if (more.length > 0) throw new Misused('one certificate at a time.')
    return refusing('bundle', () => verifyCertificate(sourceOf(third, values), askedBy(second ?? ''), { ...options, kept: keptIn(values) }))
  }
  if (second === undefined && (first === 'receipt' || first === 'certificate') && !existsSync(first)) throw new Misused(`which ${first}? Name it${first === 'certificate' ? ', and the bundle that holds it' : ''}.`)
  if (second !== undefined) throw new Misused(first === 'certificate' ? 'a certificate is checked against a bundle: bailee-verify certificate ID BUNDLE.' : 'one bundle at a time.')
  return refusing('bundle', () => verifyBundle(sourceOf(first, values), { ...options, kept: keptIn(values) }))
}

const keptIn = (values: Values): KeptReceipt[] => (values.receipt ?? []).map((path) => ({ name: basename(path), bytes: fileOf(path) }))

/** By its id, also where a directory has that name, or by a file. A misspelt file is no certificate that a bundle lacks: that would be a verdict. */
const askedBy = (asked: string): CertificateAsked => (/[/]|[.](json|pdf)$/i.test(asked) || statSync(asked, { throwIfNoEntry: false })?.isFile() === true ? certificateIn(fileOf(asked)) : { id: asked })

/** A file: the signed document, or pages that were written of it. */
const certificateIn = (bytes: Uint8Array): CertificateAsked => (/%PDF-/.test(new TextDecoder('latin1').decode(bytes.subarray(0, 1024))) ? { pages: bytes } : { bytes })

/** What cannot be opened is refused like what does not verify. */
function refusing<T>(step: string, check: () => T): T | Refused {
  try {
    return check()
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return { outcome: 'refused', steps: [], because: { step, code: error.code, message: error.message } }
  }
}

function pinOf(vkey: string): VerifierKey {
  try {
    const key = parseVerifierKey(vkey.trim())
    if (key.type === ed25519Type) return key
  } catch (error) {
    throw new Misused(`--pin is not a key (${messageOf(error)}); it looks like name+hash+key.`)
  }
  throw new Misused('--pin is the key of a witness; pin the root log, and name witnesses in --policy.')
}

function policyOf(file: string): Policy {
  try {
    return parsePolicy(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Misused(`--policy cannot be used: ${messageOf(error)}.`)
  }
}

function fileOf(path: string): Uint8Array {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found?.isFile() !== true) throw new Misused(`${path}: ${found === undefined ? 'there is no such file' : 'no file, and one is wanted'}.`)
  return readFileSync(path)
}

/** The evidence, with the checkpoint that the reader kept in the place of one that came with it. */
function sourceOf(path: string, { checkpoint }: Values): BundleSource {
  const source = evidenceAt(path)
  if (checkpoint === undefined) return source
  const kept = fileOf(checkpoint)
  return { ...source, read: (name) => (name === 'client.old-checkpoint' ? kept : source.read(name)) }
}

function evidenceAt(path: string): BundleSource {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new Misused(`${path}: there is nothing there.`)
  if (found.isDirectory()) return openDirectory(path)
  if (!found.isFile()) throw new Misused(`${path}: neither a directory nor a file.`)
  return openZip(readFileSync(path))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unreadable'
}
