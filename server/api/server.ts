/** The HTTP server: machine routes below BASE/api/v1, the portal's built files, its one page for every other address. */
import type { AddressInfo, Socket } from 'node:net'
import cookie from '@fastify/cookie'
import etag from '@fastify/etag'
import rateLimit from '@fastify/rate-limit'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod'
import { openOidc, type OidcProvider } from '#people'
import { Misuse } from '#kit/errors'
import type { Clock } from '#kit/time'
import type { AsController, Bailee } from '#composition'
import { addDocument, registerDocument } from './document.ts'
import { openLimits, perMinuteDefault } from './limits.ts'
import { addAssets, readBuilt, sendPage, type Built } from './page.ts'
import { addLogFiles } from './logFiles.ts'
import type { SignIn } from './principal.ts'
import { answerThrown, problemOf, problemType, Unanswered } from './problem.ts'
import { openReadings } from './reading.ts'
import type { RouteContext } from './route.ts'
import { addressKey, openTries } from './tries.ts'
import type { Beginning } from './beginning.ts'
import { addRoutes } from './routes/index.ts'
import { oidcCallback } from './routes/oidc.ts'
import { mustBeOurs, securityHeaders } from './security.ts'

export interface ApiOptions {
  readonly bailee: Bailee
  readonly clock: Clock
  readonly signIn: SignIn
  /** The firm's own sign-in. */
  readonly oidc?: OidcProvider | undefined
  /** How a controller's own people are kept to their own. */
  readonly asController: AsController
  /** As browsers name us, such as `https://bailee.example`: without a path. */
  readonly origin: string
  /** The path that everything is below: '' or such as `/bailee`. */
  readonly base?: string | undefined
  /** Nothing was declared yet, and whoever holds the printed link may begin. */
  readonly beginning?: Beginning | undefined
  /** Where the portal was built into. */
  readonly portal: string
  readonly tls?: { readonly key: string; readonly cert: string } | undefined
  /** Told what broke: a code and where, never what was sent. */
  readonly report: (problem: string) => void
  /** Requests of one address a minute. */
  readonly requestsPerMinute?: number | undefined
  /** Of whoever is not known yet: tries of one passkey or link from one address, and of all from one. */
  readonly triesPerMinute?: { readonly same: number; readonly address: number } | undefined
  /** Addresses and networks of proxies whose word is taken for where a request comes from; nobody's without. */
  readonly trustedProxies?: readonly string[] | undefined
  /** Requests of one account and of one token a minute. */
  readonly perMinute?: { readonly account: number; readonly token: number } | undefined
}

/** Longest body, in bytes: an instruction with every column of a large estate is a tenth of it. */
const bodyBytesMax = 1024 * 1024
/** Longest head of a request, in bytes. */
const headBytesMax = 16_384
/** Time to send a whole request, and to answer one, in milliseconds. */
const [requestMillisecondsMax, answerMillisecondsMax] = [15_000, 60_000]
const idleMillisecondsMax = 75_000
/** Connections at once; requests at work at once: more are told to come again. */
const [connectionsMax, requestsMax] = [512, 64]
const requestsPerMinuteDefault = 1_200
/** Headers of the limiter by address: how much others behind the same address asked is not said before it is too much. */
const unsaid = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false, 'retry-after': false } as const

/** Reads `''`, `/` or `/some/path`. Throws `Misuse` for what is none. */
export function baseOf(text: string | undefined): string {
  const base = (text ?? '').replace(/\/+$/, '')
  if (base !== '' && !/^(\/[A-Za-z0-9._~-]+)+$/.test(base)) throw new Misuse(`--base takes a path such as /bailee, not ${JSON.stringify(text)}`)
  return base
}

/** Reads an origin. Throws `Misuse` for what has a path, or is neither http nor https. */
export function originOf(text: string): URL {
  const origin = URL.canParse(text) ? new URL(text) : undefined
  if (origin === undefined || !/^https?:$/.test(origin.protocol) || origin.pathname !== '/' || origin.search !== '' || origin.username !== '') throw new Misuse(`--origin takes what browsers name this server by, such as https://bailee.example, not ${JSON.stringify(text)}`)
  return origin
}

/** Builds the server; nothing listens yet. */
export async function buildServer(options: ApiOptions): Promise<FastifyInstance> {
  const [base, origin] = [baseOf(options.base), originOf(options.origin)]
  const built = await readBuilt(options.portal)
  const app = fastify({
    bodyLimit: bodyBytesMax, requestTimeout: requestMillisecondsMax, handlerTimeout: answerMillisecondsMax, keepAliveTimeout: idleMillisecondsMax, forceCloseConnections: true, return503OnClosing: true, exposeHeadRoutes: true,
    routerOptions: { maxParamLength: 300, ignoreTrailingSlash: true }, trustProxy: options.trustedProxies === undefined || options.trustedProxies.length === 0 ? false : [...options.trustedProxies], logger: false, http: { maxHeaderSize: headBytesMax }, clientErrorHandler: unreadable,
    ...(options.tls === undefined ? {} : { https: { ...options.tls, maxHeaderSize: headBytesMax } }),
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => { void answerThrown(options.report, error, request, reply) },
  } as Parameters<typeof fastify>[0]) as unknown as FastifyInstance
  app.server.maxConnections = connectionsMax
  app.setValidatorCompiler(validatorCompiler)
  app.setSerializerCompiler(serializerCompiler)
  app.removeContentTypeParser('text/plain')
  app.setErrorHandler((error, request, reply) => answerThrown(options.report, error, request, reply))
  guard(app, origin)
  if ((options.trustedProxies ?? []).length === 0) tellOfProxy(app, options.report)
  await app.register(cookie)
  await app.register(rateLimit, { max: options.requestsPerMinute ?? requestsPerMinuteDefault, timeWindow: 60_000, keyGenerator: (request: FastifyRequest) => addressKey(request.ip), addHeaders: unsaid, addHeadersOnExceeding: unsaid, errorResponseBuilder: (_request, { after, ttl, max }) => new Unanswered(429, 'request/too-many', `too many requests of this address; try again in ${after}`, { 'ratelimit-policy': `"address";q=${max};w=60`, 'ratelimit': `"address";r=0;t=${Math.ceil(ttl / 1000)}`, 'retry-after': String(Math.ceil(ttl / 1000)) }) })
  await app.register(etag)
  await registerDocument(app, origin, base)
  const context: RouteContext = { bailee: options.bailee, clock: options.clock, signIn: options.signIn, oidc: options.oidc === undefined ? undefined : openOidc(options.oidc, `${origin.origin}${base}/api/v1${oidcCallback}`), asController: options.asController, readings: openReadings(options.bailee, options.asController, { report: options.report, keeps: options.beginning === undefined }), limits: openLimits(options.perMinute ?? perMinuteDefault), tries: openTries(options.triesPerMinute), base, origin, beginning: options.beginning }
  app.addHook('onClose', () => context.readings.close())
  await app.register(async (below) => addBelow(below, context, built), { prefix: base })
  app.setNotFoundHandler((request, reply) => answerThrown(options.report, new Unanswered(404, 'request/none', `nothing is here; everything is below ${base}/`), request, reply))
  await app.ready()
  return app
}

async function addBelow(app: FastifyInstance, context: RouteContext, built: Built): Promise<void> {
  await app.register(async (api) => { addRoutes(api, context) }, { prefix: '/api/v1' })
  addDocument(app, context.base)
  addAssets(app, built)
  addLogFiles(app, context, built)
  const page = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    if (request.url.startsWith(`${context.base}/api/`)) throw new Unanswered(404, 'request/none', `the API has no such route; ${context.base}/api/ lists them`)
    return sendPage(reply, built.entry, context.base)
  }
  app.get('/', { schema: { hide: true } }, page)
  app.get('/*', { schema: { hide: true } }, page)
}

/** Before anything else: how much is at work, and whether a request may change something. */
function guard(app: FastifyInstance, origin: URL): void {
  const headers = securityHeaders(origin)
  let atWork = 0
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers)
    if (request.routeOptions.url?.endsWith('/api/v1/events') === true) return // open for hours, and counted by itself
    if (atWork >= requestsMax) throw new Unanswered(503, 'http/busy', 'too much is at work; come again', { 'retry-after': '1' })
    atWork += 1
    reply.raw.once('close', () => { atWork -= 1 })
    mustBeOurs(request.method, request.headers, origin)
  })
}

/** Whoever comes through a proxy that nobody named is counted with everybody else behind it: said once. */
function tellOfProxy(app: FastifyInstance, report: (problem: string) => void): void {
  let said = false
  app.addHook('onRequest', async ({ headers }) => {
    if (said || (headers['x-forwarded-for'] ?? headers.forwarded) === undefined) return
    said = true
    report('http/proxy: requests come through a proxy that trust_proxy in sign-in.yaml does not name: limits by address count everybody behind it as one')
  })
}

/** A request that is no HTTP: answered in the same form, and the connection ends. */
function unreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return
  const [status, code] = error.code === 'HPE_HEADER_OVERFLOW' ? [431, 'http/header-overflow'] : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? [408, 'http/request-timeout'] : [400, 'http/unreadable']
  const body = JSON.stringify(problemOf(status as number, { code: code as string, detail: 'what was sent is not a request that can be read', instance: '' }))
  socket.end(`HTTP/1.1 ${status} ${status === 431 ? 'Request Header Fields Too Large' : status === 408 ? 'Request Timeout' : 'Bad Request'}\r\nContent-Type: ${problemType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`)
}

export interface ServingApi { readonly host: string; readonly port: number; close(): Promise<void> }

/** Listens. Throws `Misuse` when the address cannot be had. */
export async function listenApi(app: FastifyInstance, at: { readonly host: string; readonly port: number }): Promise<ServingApi> {
  try {
    await app.listen(at)
  } catch (cause) {
    throw new Misuse(`nothing can listen at ${at.host} port ${at.port} (${(cause as NodeJS.ErrnoException).code}); name another address with --http`)
  }
  const { address, port } = app.server.address() as AddressInfo
  return { host: address, port, close: () => app.close() }
}
