import type { KeyStore } from '#ledger'
import { inSample } from './choose.ts'
import { macUnder } from './mac.ts'
import type { Transfer } from './types.ts'

/** Whether somebody, by what stands in the column that counts a person, was drawn into a copy; undefined when its key is gone, and nobody can tell. */
export function drawnIn(keys: KeyStore, { id, slot, sample }: Pick<Transfer, 'id' | 'slot' | 'sample'>): ((subject: string) => boolean) | undefined {
  const key = keys.find(`transfer/${slot}/${id.toLowerCase()}`)
  if (key === undefined) return undefined
  const mac = macUnder(key)
  return (subject) => inSample(subject, mac, sample)
}
