import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Misuse } from '#kit/errors'

/** Where references are looked up: the environment of the process, and the directory that relative `file:` paths start from. */
export interface References {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly directory: string
}

/**
 * The URL that `env:NAME` or `file:PATH` stands for; undefined when it is not set or not there. Secrets are never declared themselves.
 * Throws `Misuse` for any other form.
 */
export function resolveReference(reference: string, references: References): string | undefined {
  if (reference.startsWith('env:')) return references.environment[reference.slice(4)] || undefined
  if (!reference.startsWith('file:')) throw new Misuse('a store is reached by reference: env:NAME or file:PATH, never by a URL that may hold a password')
  try {
    return readFileSync(resolve(references.directory, reference.slice(5)), 'utf8').trim() || undefined
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cause
  }
}
