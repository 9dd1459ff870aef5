import { randomBytes } from 'node:crypto'
import { buildServer, listenApi, openSignIn, type ServingApi } from '#api'
import { openControllers, type AsController, type Bailee } from '#composition'
import { addressOfListen } from '#ledger'
import { issueLink, openOwner } from '#people'
import { Misuse, Refused } from '#kit/errors'
import { machineClock } from '#kit/time'
import { tlsOf, type TlsOptions } from './listening.ts'
import { readProvider } from './provider.ts'

export interface HttpOptions extends TlsOptions { readonly http: string; readonly base?: string; readonly origin?: string }

/** Closed by default: where the database cannot hold them to their own rows, they are answered nothing, and whoever runs this is told what is missing. The firm's own people work meanwhile. */
async function controllersOf(bailee: Bailee): Promise<AsController> {
  try {
    return await openControllers(bailee)
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause
    process.stderr.write(`bailee: ${cause.message}; then start again\n`)
    return () => Promise.reject(new Refused('api/no-policies', 'a controller\'s own people are answered nothing now: the database cannot hold their requests to their own rows, and whoever runs the server was told why'))
  }
}

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
  const signIn = openSignIn(database, machineClock, randomBytes)
  const app = await buildServer({ bailee, clock: machineClock, signIn, oidc: readProvider(bailee), asController: await controllersOf(bailee), origin, base: options.base, portal, tls, report: (problem) => { process.stderr.write(`bailee: ${problem}\n`) } })
  const serving = await listenApi(app, at)
  const url = `${origin}${(options.base ?? '').replace(/\/+$/, '')}/`
  return { ...serving, url, link: `${url}sign-in#link=${token}` }
}
