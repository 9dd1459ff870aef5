import { randomBytes } from 'node:crypto'
import { buildServer, listenApi, openSignIn, type Beginning, type Begun, type ServingApi } from '#api'
import { openControllers, type AsController, type Bailee } from '#composition'
import { addressOfListen } from '#ledger'
import { issueLink, openOwner, waysOf } from '#people'
import { Misuse, Refused } from '#kit/errors'
import { machineClock } from '#kit/time'
import { tlsOf, type TlsOptions } from './listening.ts'
import { readProvider, readProxies } from './provider.ts'
import { tell } from './context.ts'

export interface HttpOptions extends TlsOptions {
  readonly http: string
  readonly base?: string
  readonly origin?: string
  /** A link for the owner also where they can sign in without one: somebody reads it at a terminal, or it is opened at once. What a service prints, others read. */
  readonly withLink?: boolean
}

/** Closed by default: where the database cannot hold them to their own rows, they are answered nothing, and whoever runs this is told what is missing. The firm's own people work meanwhile. */
async function controllersOf(bailee: Bailee): Promise<AsController> {
  try {
    return await openControllers(bailee)
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause
    tell(`${cause.message}; then start again`)
    return () => Promise.reject(new Refused('api/no-policies', 'a controller\'s own people are answered nothing now: the database cannot hold their requests to their own rows, and whoever runs the server was told why'))
  }
}

const loopback = new Set(['127.0.0.1', '::1', 'localhost'])

interface Place { readonly origin: string; readonly url: string; readonly host: string; readonly port: number }

/** Where browsers find it. Throws `Misuse` for an address that others reach without a name that browsers give it. */
function placeOf(options: HttpOptions): Place {
  const at = addressOfListen(options.http)
  if (options.origin === undefined && !loopback.has(at.host)) throw new Misuse(`others reach ${at.host}: say with --origin what browsers name it by, such as https://bailee.example`)
  if (options.origin === undefined && at.port === 0) throw new Misuse('--http takes a port from 1 on, or say with --origin what browsers name it by')
  const origin = options.origin ?? `${tlsOf(options).tls === undefined ? 'http' : 'https'}://localhost:${at.port}`
  return { ...at, origin, url: `${origin}${(options.base ?? '').replace(/\/+$/, '')}/` }
}

const report = (problem: string): void => { tell(`${problem}`) }

async function builtPortal(): Promise<string> {
  const { buildPortal } = await import('../../portal/build.ts')
  return buildPortal()
}

/** As many as a link has. */
const linkBytes = 32

/** A portal where nothing was declared yet. `declared`: what whoever holds the link says of the processor; `follow`: closes it, once they are answered, for the whole one to follow at the same address. */
export interface BeginningServed { readonly url: string; readonly link: string; readonly secret: Uint8Array; readonly declared: Promise<Begun>; follow(): Promise<void>; close(): Promise<void> }

/** Serves the first page alone. */
export async function openBeginning(options: HttpOptions): Promise<BeginningServed> {
  const { origin, url, host, port } = placeOf(options)
  const secret = randomBytes(linkBytes)
  const token = Buffer.from(secret).toString('base64url')
  const [said, ready] = [Promise.withResolvers<Begun>(), Promise.withResolvers<void>()]
  const nobody = { authenticate: async () => undefined, end: async () => undefined, redeemLink: async () => undefined }
  const beginning: Beginning = { token, begin: (begun) => { said.resolve(begun); return ready.promise } }
  const app = await buildServer({ bailee: {} as Bailee, beginning, clock: machineClock, signIn: nobody, asController: () => Promise.reject(new Refused('api/not-begun', 'nothing is declared yet')), origin, base: options.base, portal: await builtPortal(), report, ...tlsOf(options) })
  const serving = await listenApi(app, { host, port })
  return {
    url, link: `${url}begin#link=${token}`, secret, declared: said.promise, close: () => serving.close(),
    async follow() {
      ready.resolve()
      await new Promise((resolve) => { setTimeout(resolve, answeredMilliseconds) })
      await serving.close()
    },
  }
}

/** Time for the answer to go out before its server closes, in milliseconds. */
const answeredMilliseconds = 250

/** What a first start gives over: the link it printed, and how to end it. */
export type Followed = Pick<BeginningServed, 'secret' | 'follow'>

/** Whether an account has a way in of its own: a passkey, or an identity. */
async function signsIn({ database }: Bailee, account: string): Promise<boolean> {
  const ways = (await waysOf(database, machineClock())).find(({ id }) => id === account)
  return ways !== undefined && (ways.passkeys > 0 || ways.linkedAt !== null)
}

/** The portal and the API. `url`: where a browser finds it; `link`: signs its owner in, once; undefined where they have a passkey or an identity and nobody asked for one. Throws `Misuse` for an address that others reach without a name that browsers give it. */
export async function openHttp(bailee: Bailee, options: HttpOptions, first?: Followed): Promise<ServingApi & { readonly url: string; readonly link: string | undefined }> {
  const { origin, url, host, port } = placeOf(options)
  const portal = await builtPortal()
  const { ledger, database } = bailee
  const owner = await openOwner(ledger, machineClock(), randomBytes)
  const wanted = first !== undefined || options.withLink === true || !await signsIn(bailee, owner.id)
  const token = wanted ? (await issueLink({ database, now: machineClock() }, owner.id, first === undefined ? randomBytes : () => first.secret)).token : undefined
  const signIn = openSignIn(database, machineClock, randomBytes, url)
  const app = await buildServer({ bailee, clock: machineClock, signIn, oidc: readProvider(bailee), trustedProxies: readProxies(bailee), asController: await controllersOf(bailee), origin, base: options.base, portal, report, ...tlsOf(options) })
  await first?.follow()
  return { ...await listenApi(app, { host, port }), url, link: token === undefined ? undefined : `${url}sign-in#link=${token}` }
}
