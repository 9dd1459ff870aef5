import { randomBytes } from 'node:crypto'
import { buildServer, listenApi, openSignIn, type ServingApi, type SignIn } from '#api'
import type { Bailee } from '#composition'
import { addressOfListen } from '#ledger'
import { issueLink, openOwner } from '#people'
import { Misuse, Refused } from '#kit/errors'
import { machineClock } from '#kit/time'
import { tlsOf, type TlsOptions } from './listening.ts'

export interface HttpOptions extends TlsOptions { readonly http: string; readonly base?: string; readonly origin?: string }

/** Closed by default: nothing in the database keeps one controller's rows from another's people yet. Here, because every route asks who it is, and not every one reads through `asController`. */
const staffAlone = (signIn: SignIn): SignIn => ({
  ...signIn,
  async authenticate(headers) {
    const principal = await signIn.authenticate(headers)
    return principal === undefined || principal.controller === null ? principal : notYet()
  },
})

const notYet = (): Promise<never> => Promise.reject(new Refused('api/no-policies', 'a controller\'s own people are answered nothing yet: no policy in the database holds their requests to their own rows; ask the processor for a bundle'))

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

/** The portal and the API. `url`: where a browser finds it; `link`: signs its owner in, once. Throws `Misuse` for an address that others reach without a name that browsers give it. */
export async function openHttp(bailee: Bailee, options: HttpOptions): Promise<ServingApi & { readonly url: string; readonly link: string }> {
  const at = addressOfListen(options.http)
  const { tls } = tlsOf(options)
  if (options.origin === undefined && !loopback.has(at.host)) throw new Misuse(`others reach ${at.host}: say with --origin what browsers name it by, such as https://bailee.example`)
  if (options.origin === undefined && at.port === 0) throw new Misuse('--http takes a port from 1 on, or say with --origin what browsers name it by')
  const origin = options.origin ?? `${tls === undefined ? 'http' : 'https'}://localhost:${at.port}`
  const { buildPortal } = await import('../../portal/build.ts')
  const portal = await buildPortal()
  const { ledger, database } = bailee
  const owner = await openOwner(ledger, machineClock(), randomBytes)
  const { token } = await issueLink({ database, now: machineClock() }, owner.id, randomBytes)
  const signIn = staffAlone(openSignIn(database, machineClock, randomBytes))
  const app = await buildServer({ bailee, clock: machineClock, signIn, asController: notYet, origin, base: options.base, portal, tls, report: (problem) => { process.stderr.write(`bailee: ${problem}\n`) } })
  const serving = await listenApi(app, at)
  const url = `${origin}${(options.base ?? '').replace(/\/+$/, '')}/`
  return { ...serving, url, link: `${url}sign-in#link=${token}` }
}
