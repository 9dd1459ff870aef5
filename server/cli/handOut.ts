import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import type { TakeBytes } from '#document'
import type { Ledger } from '#ledger'
import { recordHandedOut, type Exported, type HandedOut } from '#register'
import { Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'

export interface HandingOut extends Omit<HandedOut, 'sha256' | 'bytes'> { readonly out: string; /** All of it, or what makes it piece by piece. */ readonly bytes: Uint8Array | ((take: TakeBytes) => Promise<void>) }

/** Writes a new file that is handed to somebody, after its hash was recorded: until then it stands beside, under another name. Nothing is overwritten, and nothing is left of one that was not recorded. */
export async function handOut(ledger: Ledger, { out, bytes, ...of }: HandingOut, at: Instant): Promise<Exported> {
  closeSync(create(out)) // nobody else takes the name meanwhile
  const beside = `${out}.unrecorded`
  try {
    const made = await recordHandedOut(ledger, { ...of, ...(await written(beside, bytes)) }, at)
    renameSync(beside, out) // after its entry: what is in the file was recorded
    return made
  } catch (cause) {
    rmSync(beside, { force: true })
    rmSync(out, { force: true })
    throw cause
  }
}

/** Writes all of it, and says its SHA-256 and length. */
async function written(path: string, bytes: HandingOut['bytes']): Promise<{ readonly sha256: string; readonly bytes: number }> {
  rmSync(path, { force: true }) // of somebody who was cut off
  const file = create(path)
  try {
    const hash = createHash('sha256')
    let length = 0
    const take = (piece: Uint8Array): void => {
      hash.update(piece)
      length += piece.length
      for (let at = 0; at < piece.length;) at += writeSync(file, piece, at)
    }
    if (bytes instanceof Uint8Array) take(bytes)
    else await bytes(take)
    fsyncSync(file)
    return { sha256: hash.digest('hex'), bytes: length }
  } finally {
    closeSync(file)
  }
}

function create(out: string): number {
  try {
    return openSync(out, 'wx', 0o600)
  } catch (cause) {
    throw new Misuse(`${out} cannot be written (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}); nothing is overwritten: name a new file`)
  }
}
