#!/usr/bin/env node
import { readFileSync, statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Malformed, ed25519Type, parsePolicy, parseVerifierKey, verifyBundle } from './index.ts'
import type { BundleSource, Policy, Verdict, VerifierKey } from './index.ts'
import { openDirectory } from './node/directory.ts'
import { openZip } from './node/verify.ts'

const help = `bailee-verify checks a Bailee evidence bundle, offline, trusting nobody but the
key you give it.

  bailee-verify DIR|ZIP [--policy FILE] [--pin VKEY]... [--json]

  --policy FILE  what you trust: the root log's key, witnesses and quorum (C2SP
                 tlog-policy), got by another way than the bundle, whose own
                 policy it replaces
  --pin VKEY     a key of the root log, one of which must have signed
  --json         the verdict as one JSON object
  --help         this text

Without --policy and --pin the bundle is checked against the key inside it: that
shows that it is whole and agrees with itself, not that others were shown the
same history.

  bailee-verify evidence.zip --policy policy-from-my-auditor

Exit: 0 verified, 1 refused (with the reason), 2 misused, 3 the machine failed.
`

/** What a run printed and how it ended; the process itself is touched only at the bottom of this file. */
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
    return { exit: 3, out: '', err: `bailee-verify: could not read the bundle to its end, so nothing is verified: ${cause}\n` }
  }
}

function verified(args: readonly string[]): Run {
  const { values, positionals } = argumentsOf(args)
  if (values.help === true) return { exit: 0, out: help, err: '' }
  const [path, ...more] = positionals
  if (path === undefined) throw new Misused('which bundle? Name a directory or a zip.')
  if (more.length > 0) throw new Misused('one bundle at a time.')
  const pins = (values.pin ?? []).map(pinOf)
  const options = values.policy === undefined ? { pins } : { pins, policy: policyOf(values.policy) }
  const verdict = verdictOf(path, options)
  const out = values.json === true ? `${JSON.stringify(verdict)}\n` : textOf(verdict)
  return { exit: verdict.outcome === 'verified' ? 0 : 1, out, err: '' }
}

function argumentsOf(args: readonly string[]): { values: { help?: boolean; json?: boolean; policy?: string; pin?: string[] }; positionals: string[] } {
  try {
    const options = { help: { type: 'boolean', short: 'h' }, json: { type: 'boolean' }, policy: { type: 'string' }, pin: { type: 'string', multiple: true } } as const
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    throw new Misused(error instanceof Error ? error.message : 'unreadable arguments')
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

function verdictOf(path: string, options: Parameters<typeof verifyBundle>[1]): Verdict {
  try {
    return verifyBundle(sourceOf(path), options)
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    return { outcome: 'refused', steps: [], because: { step: 'bundle', code: error.code, message: error.message } }
  }
}

function sourceOf(path: string): BundleSource {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw new Misused(`${path}: there is nothing there.`)
  if (found.isDirectory()) return openDirectory(path)
  if (!found.isFile()) throw new Misused(`${path}: neither a directory nor a file.`)
  return openZip(readFileSync(path))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unreadable'
}

/** The verdict for people: every step, then what it shows, then what it does not. */
export function textOf(verdict: Verdict): string {
  const steps = verdict.steps.map((step) => `${step.outcome === 'passed' ? '✓' : '·'} ${step.name.padEnd(16)} ${step.showed}`)
  if (verdict.outcome === 'refused') {
    const { step, code, message } = verdict.because
    return [...steps, `✗ ${step.padEnd(16)} ${message}`, '', `REFUSED: ${code} in ${step}. Do not rely on this bundle.`, ''].join('\n')
  }
  const { facts, shows, doesNotShow } = verdict
  const caveats = [...(facts.trust === 'bundle' ? ['against the key inside the bundle'] : []), facts.independentlyWitnessed ? `witnessed by ${facts.witnesses.length} of ${facts.witnessesNamed}` : 'not independently witnessed']
  const title = `VERIFIED (${caveats.join('; ')})`
  return [...steps, '', title, '', 'The evidence shows', ...shows.map((line) => `  + ${line}`), '', 'It does not show', ...doesNotShow.map((line) => `  - ${line}`), ''].join('\n')
}

if (import.meta.main) {
  const { exit, out, err } = run(process.argv.slice(2))
  process.stdout.write(out)
  process.stderr.write(err)
  process.exitCode = exit
}
