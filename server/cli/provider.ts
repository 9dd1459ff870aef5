/** The firm's own sign-in, and whose word is taken for where people come from, as a file beside the state of this processor says it. Not in bailee.yaml: what that says goes into the common log, which every client has, and these are addresses of a machine. */
import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
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
/** Networks so wide that anybody is in them are nobody's word. */
const [bitsMin4, bitsMin6] = [8, 16]
const proxy = z.string().refine((value) => { const [address = '', bits, ...more] = value.split('/'); const kind = isIP(address); return kind !== 0 && more.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (kind === 4 ? 32 : 128) && Number(bits) >= (kind === 4 ? bitsMin4 : bitsMin6))) }, 'an address of a proxy, or a network of them such as 10.0.0.0/8')
const shape = z.strictObject({ trust_proxy: z.array(proxy).max(100).optional(), oidc: z.strictObject({ name: text, issuer: text, client_id: text, client_secret: z.string().regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, 'a reference, env:NAME or file:PATH').optional() }).optional() })

/** The provider, or undefined when the file is not there. Throws `Misuse` for a file that says something else, and for a reference that leads nowhere: nobody is let in in another way than was meant. */
export function readProvider({ directory, references }: Pick<Bailee, 'directory' | 'references'>): OidcProvider | undefined {
  const { oidc } = readSignIn(directory)
  if (oidc === undefined) return undefined
  const { name, issuer, client_id: clientId, client_secret: reference } = oidc
  const clientSecret = reference === undefined ? undefined : resolveReference(reference, references)
  if (reference !== undefined && clientSecret === undefined) throw new Misuse(`${providerFile}: oidc.client_secret: ${reference} is not set, or not there`)
  return { name, issuer, clientId, clientSecret }
}

/** Proxies whose word is taken for where a request comes from; nobody's where the file names none. Throws as `readProvider` does. */
export const readProxies = ({ directory }: Pick<Bailee, 'directory'>): readonly string[] => readSignIn(directory).trust_proxy ?? []

function readSignIn(directory: string): z.output<typeof shape> {
  const file = join(directory, providerFile)
  if (!existsSync(file)) return {}
  const read = shape.safeParse(parsed(readFileSync(file, 'utf8')))
  if (!read.success) throw new Misuse(read.error.issues.map(({ path, message }) => `${providerFile}: ${path.join('.') || 'oidc'}: ${message}`))
  return read.data
}

function parsed(content: string): unknown {
  try {
    return parse(content)
  } catch {
    throw new Misuse(`${providerFile} is not YAML`)
  }
}
