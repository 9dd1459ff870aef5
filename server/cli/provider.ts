/** The firm's own sign-in, as a file beside the state of this processor says it. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { resolveReference } from '#inventory'
import type { OidcProvider } from '#people'
import type { Bailee } from '#composition'
import { Misuse } from '#kit/errors'

/** Its name, in the directory that `--dir` says. */
export const providerFile = 'sign-in.yaml'

const text = z.string().min(1).max(500)
const shape = z.strictObject({ oidc: z.strictObject({ name: text, issuer: text, client_id: text, client_secret: z.string().regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, 'a reference, env:NAME or file:PATH').optional() }) })

/** The provider, or undefined when the file is not there. Throws `Misuse` for a file that says something else, and for a reference that leads nowhere: nobody is let in in another way than was meant. */
export function readProvider({ directory, references }: Pick<Bailee, 'directory' | 'references'>): OidcProvider | undefined {
  const file = join(directory, providerFile)
  if (!existsSync(file)) return undefined
  const read = shape.safeParse(parsed(readFileSync(file, 'utf8')))
  if (!read.success) throw new Misuse(read.error.issues.map(({ path, message }) => `${providerFile}: ${path.join('.') || 'oidc'}: ${message}`))
  const { name, issuer, client_id: clientId, client_secret: reference } = read.data.oidc
  const clientSecret = reference === undefined ? undefined : resolveReference(reference, references)
  if (reference !== undefined && clientSecret === undefined) throw new Misuse(`${providerFile}: oidc.client_secret: ${reference} is not set, or not there`)
  return { name, issuer, clientId, clientSecret }
}

function parsed(content: string): unknown {
  try {
    return parse(content)
  } catch {
    throw new Misuse(`${providerFile} is not YAML`)
  }
}
