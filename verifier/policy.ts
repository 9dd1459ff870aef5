import { malformed } from './malformed.ts'
import { cosignatureType, ed25519Type, parseVerifierKey } from './note.ts'
import type { VerifierKey } from './note.ts'
import { sameBytes } from './text.ts'

// C2SP tlog-policy: which logs, which witnesses, and how many of them. https://c2sp.org/tlog-policy

/** Most lines of meaning in a policy: the specification asks for 32 logs, witnesses and groups; this is ten times that. */
export const policyLinesMax = 1024
/** Longest policy, in characters. */
export const policyCharactersMax = 1_000_000

/** Who has to have cosigned: nobody, one witness, or a number of the members of a group. */
export type Quorum =
  | { readonly kind: 'none' }
  | { readonly kind: 'witness'; readonly key: VerifierKey }
  | { readonly kind: 'group'; readonly atLeast: number; readonly members: readonly Quorum[] }

/** A policy, read. `witnesses` maps the policy's own name of each witness to its key. */
export interface Policy {
  readonly logs: readonly VerifierKey[]
  readonly witnesses: ReadonlyMap<string, VerifierKey>
  readonly quorum: Quorum
}

interface Draft {
  readonly logs: VerifierKey[]
  readonly witnesses: Map<string, VerifierKey>
  readonly names: Map<string, Quorum>
  readonly members: Set<string>
  quorum: Quorum | undefined
}

/** Reads a policy. Throws `Malformed` `policy/...` or `key/...`; the message names the line by number. */
export function parsePolicy(text: string): Policy {
  if (text.length > policyCharactersMax) malformed('policy/size', 'longer than a policy may be')
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) malformed('policy/control', 'a control character')
  if (!text.endsWith('\n')) malformed('policy/end', 'the last line does not end')
  const draft: Draft = { logs: [], witnesses: new Map(), names: new Map(), members: new Set(), quorum: undefined }
  const lines = text.split('\n').map((line) => line.split(/[ \t]+/).filter((word) => word !== '')).filter(([word]) => word !== undefined && !word.startsWith('#'))
  if (lines.length > policyLinesMax) malformed('policy/size', 'more lines than a policy may have')
  for (const words of lines) readLine(draft, words)
  if (draft.quorum === undefined) malformed('policy/quorum', 'no quorum line')
  return { logs: draft.logs, witnesses: draft.witnesses, quorum: draft.quorum }
}

function readLine(draft: Draft, [keyword, ...words]: readonly string[]): void {
  if (keyword === 'log') readLog(draft, words)
  else if (keyword === 'witness') readWitness(draft, words)
  else if (keyword === 'group') readGroup(draft, words)
  else if (keyword === 'quorum') readQuorum(draft, words)
  else malformed('policy/keyword', 'a line that is neither log, witness, group nor quorum')
}

function readLog(draft: Draft, [vkey, ...rest]: readonly string[]): void {
  if (vkey === undefined || rest.length > 1) malformed('policy/log', 'a log line is: log VKEY [URL]')
  const key = parseVerifierKey(vkey)
  if (key.type !== ed25519Type) malformed('policy/log', 'a log key has type 1')
  if (holds(draft.logs, key)) malformed('policy/log', 'one key for two logs')
  draft.logs.push(key)
}

function readWitness(draft: Draft, [name, vkey, ...rest]: readonly string[]): void {
  if (name === undefined || vkey === undefined || rest.length > 1) malformed('policy/witness', 'a witness line is: witness NAME VKEY [URL]')
  const key = parseVerifierKey(vkey)
  if (key.type !== cosignatureType) malformed('policy/witness', 'a witness key has type 4')
  // One key under two names would count twice towards a quorum.
  if (holds([...draft.witnesses.values()], key)) malformed('policy/witness', 'one key for two witnesses')
  define(draft, name, { kind: 'witness', key })
  draft.witnesses.set(name, key)
}

function readGroup(draft: Draft, [name, threshold, ...members]: readonly string[]): void {
  if (name === undefined || threshold === undefined || members.length === 0) malformed('policy/group', 'a group line is: group NAME all|any|K NAME...')
  const quorums = members.map((member) => {
    const quorum = draft.names.get(member)
    if (quorum === undefined) malformed('policy/group', 'a member that no earlier line defines')
    if (draft.members.has(member)) malformed('policy/group', 'a member of two groups would count twice')
    draft.members.add(member)
    return quorum
  })
  define(draft, name, { kind: 'group', atLeast: thresholdOf(threshold, members.length), members: quorums })
}

function thresholdOf(word: string, count: number): number {
  if (word === 'all') return count
  if (word === 'any') return 1
  const value = /^[1-9][0-9]{0,3}$/.test(word) ? Number(word) : 0
  return value >= 1 && value <= count ? value : malformed('policy/group', 'a threshold from 1 to the number of members')
}

function readQuorum(draft: Draft, [name, ...rest]: readonly string[]): void {
  if (name === undefined || rest.length > 0) malformed('policy/quorum', 'a quorum line is: quorum NAME')
  if (draft.quorum !== undefined) malformed('policy/quorum', 'two quorum lines')
  draft.quorum = name === 'none' ? { kind: 'none' } : (draft.names.get(name) ?? malformed('policy/quorum', 'a name that no earlier line defines'))
}

function define(draft: Draft, name: string, quorum: Quorum): void {
  if (name === 'none' || draft.names.has(name)) malformed('policy/name', 'a name that is taken')
  draft.names.set(name, quorum)
}

function holds(keys: readonly VerifierKey[], key: VerifierKey): boolean {
  return keys.some((other) => sameBytes(other.publicKey, key.publicKey))
}

/** True if those who cosigned satisfy the quorum. `none` is satisfied by nobody at all: the caller must then say so. */
export function satisfies(quorum: Quorum, cosigned: ReadonlySet<VerifierKey>): boolean {
  switch (quorum.kind) {
    case 'none':
      return true
    case 'witness':
      return cosigned.has(quorum.key)
    case 'group':
      return quorum.members.filter((member) => satisfies(member, cosigned)).length >= quorum.atLeast
  }
}
