import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { Misuse } from '#kit/errors'

/** Options of commands that listen. */
export interface TlsOptions { readonly tlsKey?: string; readonly tlsCert?: string }

/** The key and certificate named, read. Throws `Misuse` when only one of them is, a file is not there, or they are not a key and its certificate. */
export function tlsOf({ tlsKey, tlsCert }: TlsOptions): { readonly tls?: { readonly key: string; readonly cert: string } } {
  if ((tlsKey === undefined) !== (tlsCert === undefined)) throw new Misuse('--tls-key and --tls-cert come together')
  if (tlsKey === undefined || tlsCert === undefined) return {}
  const tls = { key: readPem(tlsKey), cert: readPem(tlsCert) }
  try {
    createSecureContext(tls)
  } catch (cause) {
    throw new Misuse(`${tlsKey} and ${tlsCert} are not a private key and its certificate in PEM form (${(cause as NodeJS.ErrnoException).code ?? 'unreadable'}); --tls-key and --tls-cert name those`)
  }
  return { tls }
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Misuse(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code}); name a file in PEM form`)
  }
}

/** Resolves when this process is asked to end. */
export function stopSignal(): Promise<void> {
  return new Promise((resolve) => { for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve()) })
}
