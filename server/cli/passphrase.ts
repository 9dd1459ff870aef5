import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { Misuse } from '#kit/errors'

/** Asks on the terminal without showing what is typed; undefined where there is none, as under systemd or cron. Throws `Misuse` when whoever is asked breaks off (Ctrl+C, Ctrl+D). */
export async function askPassphrase(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined
  process.stderr.write(question)
  const unseen = new Writable({ write: (_bytes, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: unseen, terminal: true })
  try {
    return await lines.question('')
  } catch (cause) {
    if (!(cause instanceof Error) || cause.name !== 'AbortError') throw cause
    throw new Misuse('no passphrase was typed; nothing was opened and nothing was changed')
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}

/** A passphrase of fewer characters is found by trying, however it is stretched. */
const charactersMin = 12

/** Asks for a new one, twice. Throws `Misuse` where nobody can be asked, when the two differ, or for a short one. */
export async function askNewPassphrase(): Promise<Uint8Array> {
  const first = await askPassphrase('New passphrase of the key store: ')
  if (first === undefined) throw new Misuse('there is no terminal to type a passphrase at; name a key file (--key-file FILE, made when it is missing), or run this on a terminal')
  if ([...first].length < charactersMin) throw new Misuse(`a passphrase has at least ${charactersMin} characters; nothing was changed`)
  if (await askPassphrase('Once more: ') !== first) throw new Misuse('the two are not the same; nothing was changed')
  return Buffer.from(first)
}
