import { readFileSync } from 'node:fs'
import { Misuse } from '#kit/errors'

/** Options of commands that listen. */
export interface TlsOptions { readonly tlsKey?: string; readonly tlsCert?: string }

/** The key and certificate named, read. Throws `Misuse` when only one of them is, or a file is not there. */
export function tlsOf({ tlsKey, tlsCert }: TlsOptions): { readonly tls?: { readonly key: string; readonly cert: string } } {
  if ((tlsKey === undefined) !== (tlsCert === undefined)) throw new Misuse('--tls-key and --tls-cert come together')
  return tlsKey === undefined || tlsCert === undefined ? {} : { tls: { key: readPem(tlsKey), cert: readPem(tlsCert) } }
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
