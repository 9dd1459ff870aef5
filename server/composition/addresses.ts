/** Addresses of stores that somebody gives us: each in a file of its own that nobody else reads, named by a reference. They come out of no answer. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Randomness } from '#people'

/** Keeps one, beside whatever was kept for that store before: an address that changes has another reference, which an entry says. Returns its reference (`file:`). */
export function keepAddress(directory: string, store: string, { address, random }: { readonly address: string; readonly random: Randomness }): string {
  const folder = join(directory, 'addresses')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const name = `${store}-${Buffer.from(random(4)).toString('hex')}.url`
  const file = join(folder, name)
  writeFileSync(`${file}.new`, `${address}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return `file:addresses/${name}`
}
