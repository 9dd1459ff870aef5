/** What opens the keys of a directory: a file that its operator names, a credential of systemd, or somebody at a terminal. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isLocked, lockWith, openKeyStore, readOpener, unlockWith, type KeyStore, type MasterKey } from '#ledger'
import { Misuse } from '#kit/errors'

/** Where the keys of a processor's directory are. */
export const keysIn = (directory: string): string => join(directory, 'keys')

export type Environment = Readonly<Record<string, string | undefined>>

/** Asks a person for a passphrase; resolves to undefined where nobody can be asked. */
export type AskPassphrase = (question: string) => Promise<string | undefined>

/** As systemd loads it: `LoadCredentialEncrypted=bailee-key:...`. */
const credential = 'bailee-key'

/** The secret that BAILEE_KEY_FILE names or systemd loaded; undefined for none. Throws `Misuse` for a file that is missing, or that others may read. */
export function givenOpener(environment: Environment): Uint8Array | undefined {
  const named = environment['BAILEE_KEY_FILE']
  if (named !== undefined && named !== '') return readOpener(named)
  const directory = environment['CREDENTIALS_DIRECTORY']
  const file = directory === undefined || directory === '' ? undefined : join(directory, credential)
  return file !== undefined && existsSync(file) ? readOpener(file) : undefined
}

/** The key that encrypts the others; undefined where they are not encrypted. Throws `Misuse` when nothing opens them, `Refused` when what is given does not. */
export async function unlock(directory: string, { environment, ask }: { readonly environment: Environment; readonly ask?: AskPassphrase | undefined }): Promise<MasterKey | undefined> {
  if (!isLocked(directory)) return undefined
  const given = givenOpener(environment)
  if (given !== undefined) return unlockWith(directory, given)
  const typed = await ask?.('Passphrase of the key store: ')
  return typed === undefined ? undefined : unlockWith(directory, Buffer.from(typed))
}

/** The keys of a directory, and what encrypts them where they are encrypted. */
export interface OpenedKeys { readonly keys: KeyStore; readonly master: MasterKey | undefined }

/** Opens the keys of a directory. They are encrypted from the beginning where a secret is given at the first start; without one they are not, which doctor says. `master`: what another process of ours opened them with. */
export async function openKeys(directory: string, options: { readonly environment: Environment; readonly ask?: AskPassphrase | undefined; readonly master?: MasterKey | undefined }): Promise<OpenedKeys> {
  const keys = keysIn(directory)
  const opened = (master: MasterKey | undefined): OpenedKeys => ({ keys: openKeyStore(keys, master), master })
  if (options.master !== undefined) return opened(options.master)
  if (!isLocked(keys) && !existsSync(join(keys, 'log.pem'))) {
    const given = givenOpener(options.environment)
    if (given !== undefined) return opened(lockWith(keys, given))
  }
  return opened(await unlock(keys, options))
}

/** Throws `Misuse` when a secret would lie where what it opens lies: one backup would hold both. */
export function mustBeElsewhere(file: string, directory: string): void {
  if (`${file}/`.startsWith(`${directory}/`)) throw new Misuse(`${file} is in ${directory}, so that whoever copies that has both the keys and what opens them; name a file elsewhere`)
}
