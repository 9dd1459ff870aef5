import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs'
import type { Ledger } from '#ledger'
import { recordExport, type Exported, type Language } from '#register'
import { Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'

export interface HandingOut { readonly out: string; readonly bytes: Uint8Array; /** The log that says so. */ readonly slot: number; readonly asOf: Instant; readonly format: string; readonly language: Language; readonly layout?: string | undefined }

/** Writes a new file that is handed to somebody, after its hash was recorded. Nothing is overwritten, and nothing is left of one that was not recorded. */
export async function handOut(ledger: Ledger, { out, ...of }: HandingOut, at: Instant): Promise<Exported> {
  const file = create(out)
  try {
    const made = await recordExport(ledger, of, at)
    writeFileSync(file, of.bytes) // after its entry: what is in the file was recorded
    return made
  } catch (cause) {
    rmSync(out, { force: true })
    throw cause
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
