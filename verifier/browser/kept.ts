// What this browser keeps from one visit to the next: the key whose words were compared, and the checkpoints that were seen. A browser that keeps nothing is no fault.
import { parseCheckpointBody } from '../checkpoint.ts'
import { Malformed } from '../malformed.ts'
import { parseNote, parseVerifierKey } from '../note.ts'
import type { VerifierKey } from '../note.ts'
import type { SeenBefore } from '../seen.ts'

export interface KeptKey { readonly key: VerifierKey; readonly at: string }
export interface KeptSeen extends SeenBefore { readonly at: string; readonly entries: number }

// The portal keeps a key under the same name once its words were compared there.
const keyName = (rootLog: string): string => `bailee-key ${rootLog}`
const seenName = (clientLog: string): string => `bailee-seen ${clientLog}`

/** Whether anything is kept here at all. */
export function keeps(): boolean {
  try {
    localStorage.setItem('bailee-keeps', 'so')
    localStorage.removeItem('bailee-keeps')
    return true
  } catch {
    return false
  }
}

function read(name: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(name) ?? 'null')
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
  } catch {
    return {}
  }
}

function write(name: string, value: object): void {
  try {
    localStorage.setItem(name, JSON.stringify(value))
  } catch { /* a browser that keeps nothing: the page says so */ }
}

const unless = <Value>(make: () => Value): Value | undefined => {
  try {
    return make()
  } catch (error) {
    if (error instanceof Malformed) return undefined // not ours: as if nothing were kept
    throw error
  }
}

/** The key of a root log whose words were compared. */
export function keptKey(rootLog: string): KeptKey | undefined {
  const { vkey, at } = read(keyName(rootLog))
  return typeof vkey === 'string' && typeof at === 'string' ? unless(() => ({ key: parseVerifierKey(vkey), at })) : undefined
}

export function keepKey(rootLog: string, vkey: string, at: string): void { write(keyName(rootLog), { vkey, at }) }

/** What was seen of a controller's log, and of the root log with it. */
export function keptSeen(clientLog: string): KeptSeen | undefined {
  const { root, client, at } = read(seenName(clientLog))
  if (typeof root !== 'string' || typeof client !== 'string' || typeof at !== 'string') return undefined
  return unless(() => { parseCheckpointBody(parseNote(root).text); return { root, client, at, entries: parseCheckpointBody(parseNote(client).text).size } })
}

export function keepSeen(clientLog: string, seen: SeenBefore, at: string): void { write(seenName(clientLog), { ...seen, at }) }
