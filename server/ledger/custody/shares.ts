import { createHash } from 'node:crypto'
import { Misuse, Refused } from '#kit/errors'
import type { MasterKey } from './custody.ts'
import { isMasterOf, storeMark } from './lock.ts'

/** So many people can be asked on one day. */
const sharesMax = 16

const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8)

/**
 * Splits the master key among `of` people, `need` of whom can put it together again (Shamir). Each share is a line of text that names neither the others nor the key. Made anew, the earlier
 * ones still work: they are of the same key.
 */
export async function splitMaster(master: MasterKey, { of, need }: { readonly of: number; readonly need: number }): Promise<string[]> {
  if (!Number.isInteger(of) || !Number.isInteger(need) || need < 2 || of < need || of > sharesMax) throw new Misuse(`--of takes 2 to ${sharesMax} shares, --need at least 2 and at most as many`)
  const { split } = await import('shamir-secret-sharing')
  const parts = await split(Uint8Array.from(master), of, need)
  return parts.map((part, index) => {
    const text = `bailee-share-${storeMark(master)}-${index + 1}of${of}-need${need}-${Buffer.from(part).toString('hex')}`
    return `${text}-${sumOf(text)}`
  })
}

const shape = /^bailee-share-([0-9a-f]{8})-(\d{1,2})of\d{1,2}-need(\d{1,2})-([0-9a-f]{66})-([0-9a-f]{8})$/

/** The master key of a store from shares, one a line. Throws `Misuse` for a line that is none or was mistyped, and for too few; `Refused` when they are of another store. */
export async function combineShares(directory: string, lines: readonly string[]): Promise<MasterKey> {
  const shares = lines.map((line) => line.trim()).filter((line) => line !== '').map((line, index) => {
    const found = shape.exec(line)
    if (found === null || sumOf(line.slice(0, line.lastIndexOf('-'))) !== found[5]) throw new Misuse(`line ${index + 1} is no share, or was mistyped; a share begins with bailee-share-`)
    return { store: found[1] ?? '', number: found[2] ?? '', need: Number(found[3]), part: found[4] ?? '' }
  })
  const distinct = [...new Map(shares.map((share) => [share.part, share])).values()]
  const need = distinct[0]?.need ?? 2
  if (new Set(distinct.map(({ store }) => store)).size > 1) throw new Misuse('these shares are of different stores')
  if (distinct.length < need) throw new Misuse(`these are ${distinct.length} shares, and ${need} are needed`)
  const { combine } = await import('shamir-secret-sharing')
  const master = await combine(distinct.map(({ part }) => Uint8Array.from(Buffer.from(part, 'hex')))).catch(() => new Uint8Array())
  if (!isMasterOf(directory, master)) throw new Refused('ledger/other-shares', `these shares are not of the keys in ${directory}; nothing was changed`)
  return master
}
