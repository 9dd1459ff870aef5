/** Where sketches are, by the epoch whose key made their tokens, and their end. */
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { KeyStore } from '#ledger'

/** Where the sketches of all epochs are: beside the directory of the fingerprints. */
export const catalogueIn = (fingerprints: string): string => join(dirname(fingerprints), 'catalogue')

const epochPattern = /^epoch[/]([0-9]+)$/

/** The epoch whose key this is; undefined for a controller's own: no sketches are made with that, or those of one place would tell whose values it holds. */
export function epochIn(tokenKey: string): number | undefined {
  const number = epochPattern.exec(tokenKey)?.[1]
  return number === undefined ? undefined : Number(number)
}

/** Destroys the sketches of an epoch, and the key that seals them. Safe to call twice. */
export function destroySketches(keys: KeyStore, fingerprints: string, epoch: number): void {
  rmSync(join(catalogueIn(fingerprints), String(epoch)), { recursive: true, force: true })
  keys.destroy(`catalogue/${epoch}`)
}
