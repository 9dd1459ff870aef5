/** Addresses of stores that somebody gives us: each in a file of its own that nobody else reads, named by a reference. They come out of no answer. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Keeps one, in place of what was kept for that store; returns its reference (`file:`). */
export function keepAddress(directory: string, store: string, address: string): string {
  const folder = join(directory, 'addresses')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const file = join(folder, `${store}.url`)
  writeFileSync(`${file}.new`, `${address}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return `file:addresses/${store}.url`
}
