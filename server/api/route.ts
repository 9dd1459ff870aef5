/** How a route is made: who may ask is looked up, what was sent is checked, and what is read is read as whoever asks may. No handler does any of that. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { AsController, Bailee } from '#composition'
import type { OidcSignIn } from '#people'
import type { Clock, Instant } from '#kit/time'
import type { Limits } from './limits.ts'
import { mustBeAllowed, permissions, type Permission, type RouteName } from './permissions.ts'
import type { Principal, SignIn } from './principal.ts'
import { problemType, Unanswered } from './problem.ts'
import type { Beginning } from './beginning.ts'
import type { Tries } from './tries.ts'
import { momentOf, type Question, type Reading, type Readings } from './reading.ts'

/** What every route works with. */
export interface RouteContext {
  /** For what changes something; whatever is read comes from a reading. */
  readonly bailee: Bailee
  readonly asController: AsController
  readonly clock: Clock
  readonly signIn: SignIn
  /** The firm's own sign-in; undefined: none is configured. */
  readonly oidc: OidcSignIn | undefined
  readonly readings: Readings
  readonly limits: Limits
  /** Of whoever is not known yet. */
  readonly tries: Tries
  readonly base: string
  readonly origin: URL
  /** Nothing was declared yet: all that can be done is to begin. */
  readonly beginning?: Beginning | undefined
}

interface Shapes<Params extends z.ZodObject, Query extends z.ZodObject, Answer extends z.ZodType> {
  readonly summary: string
  readonly params?: Params
  readonly query?: Query
  /** Of what is asked with `POST` because it is too long for an address; it changes nothing all the same. */
  readonly body?: z.ZodType
  readonly answer: Answer
}

type Out<Schema extends z.ZodType> = z.output<Schema>

export interface Asked<Params, Query> extends Reading { readonly params: Params; readonly query: Query; readonly body: unknown }

const momentQuery = z.object({ at: z.string().max(40).optional().describe('as the ledger told it then: a date or an instant; now when left out') })

export const problemSchema = z.object({
  type: z.string(), title: z.string(), status: z.number().int(), detail: z.string(), instance: z.string(), code: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
}).meta({ id: 'Problem', description: 'RFC 9457. `code` is the code of a refusal, `misuse`, or of what broke.' })

/** What a route may answer beside its answer. */
const problems = { default: { description: 'A problem', content: { [problemType]: { schema: problemSchema } } } }

/** Adds a route that reads, as of any moment. Everything that `handle` reads comes from its reading. */
export function addReading<Answer extends z.ZodType, Params extends z.ZodObject = z.ZodObject<Record<never, never>>, Query extends z.ZodObject = z.ZodObject<Record<never, never>>>(
  app: FastifyInstance, context: RouteContext, name: RouteName, route: Shapes<Params, Query, Answer> & { readonly handle: (asked: Asked<Out<Params>, Out<Query>>) => Promise<Out<Answer>> },
): void {
  const [method, url] = splitName(name)
  app.route({ method, url, schema: schemaOf(name, { ...route, query: route.query === undefined ? momentQuery : momentQuery.extend(route.query.shape) }), onRequest: admits(context, name), handler: async (request, reply) => {
    const { principal, now } = admittedTo(request)
    const [params, query] = [request.params as Out<Params>, request.query as Out<Query>]
    const { at, controller } = query as z.output<typeof momentQuery> & { controller?: string }
    const question = { principal, at: now, past: momentOf(at, now), controller: controller ?? (url === '/controllers/:id' ? String((params as { id?: unknown }).id) : undefined) }
    const read = (): Promise<Out<Answer>> => context.readings.read(question, (reading) => route.handle({ ...reading, params, query, body: request.body }))
    return question.past === undefined ? send(reply, await read()) : sendPast(request, reply, { context, question, read })
  } })
}

const splitName = (name: RouteName): readonly [method: 'GET' | 'POST' | 'DELETE', url: string] => name.split(' ') as unknown as readonly ['GET', string]

/** What a route's schema says of it: for checking, and in the document that describes the API. */
export function schemaOf(name: RouteName, { summary, params, query, answer, body }: { summary: string; params?: z.ZodType | undefined; query?: z.ZodType | undefined; body?: z.ZodType | undefined; answer: z.ZodType }): object {
  const { roles, scope }: Permission = permissions[name]
  const [, url] = splitName(name)
  return {
    summary, tags: [url.split('/')[1] ?? ''], operationId: operationId(name),
    description: roles.length === 0 ? 'For everybody.' : `For ${roles.join(', ')}.${scope === null ? ' Not for tokens.' : ` Scope of a token: \`${scope}\`.`}`,
    security: roles.length === 0 ? [] : scope === null ? [{ session: [] }] : [{ session: [] }, { token: [] }],
    ...(params === undefined ? {} : { params }), ...(query === undefined ? {} : { querystring: query }), ...(body === undefined ? {} : { body }), response: { 200: answer, ...problems },
  }
}

/** `GET /controllers/:id` is `getControllersById`. */
const operationId = (name: RouteName): string => {
  const [method, url] = splitName(name)
  const words = url.split(/[/-]/).filter((word) => word !== '').map((word) => (word.startsWith(':') ? `By${capital(word.slice(1))}` : capital(word)))
  return method.toLowerCase() + words.join('')
}
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

interface Admitted { readonly principal: Principal; readonly now: Instant }

const known = new WeakMap<FastifyRequest, Admitted>()

/** Lets in whoever may ask that, before anything of what they sent is looked at. Throws a 401 for nobody, a 403 for somebody who may not. */
export const admits = ({ signIn, clock, limits }: RouteContext, name: RouteName) => async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
  const principal = await signIn.authenticate(request.headers)
  if (principal === undefined) throw new Unanswered(401, 'request/not-signed-in', 'nobody is signed in, or the session or token is over', { 'www-authenticate': 'Bearer realm="bailee"' })
  const now = clock()
  reply.headers(limits.take(principal, now))
  mustBeAllowed(name, principal)
  known.set(request, { principal, now })
}

/** Who was let in. */
export function admittedTo(request: FastifyRequest): Admitted {
  const admitted = known.get(request)
  if (admitted === undefined) throw new Unanswered(401, 'request/not-signed-in', 'nobody was let in')
  return admitted
}

/** Answers of an account are kept by nobody but the browser that asked, which asks again each time. */
const send = (reply: FastifyReply, answer: unknown): FastifyReply => reply.header('cache-control', 'private, no-cache').header('vary', 'cookie, authorization').send(answer)

interface PastAsked { readonly context: RouteContext; readonly question: Question; readonly read: () => Promise<unknown> }

/** The same question about the same past has the same answer: it is folded once, and sent once to who kept it. Who may ask is looked at each time, and so is whether keys were destroyed since. */
async function sendPast(request: FastifyRequest, reply: FastifyReply, { context: { readings }, question, read }: PastAsked): Promise<FastifyReply> {
  const { account, person, roles, controller, scopes, language } = question.principal
  const stand = await readings.standOf(question)
  const tag = readings.answers.tagOf([stand?.key, stand?.destructions, question.past, account, person, roles, controller, scopes, language, request.method, request.url, request.body])
  reply.header('etag', tag)
  if (request.headers['if-none-match'] === tag) return reply.header('cache-control', 'private, no-cache').header('vary', 'cookie, authorization').code(304).send()
  let answer = readings.answers.find(tag)
  if (answer === undefined) readings.answers.keep(tag, answer = await read(), stand?.destructions ?? 0)
  return send(reply, answer)
}

/** Throws a 404 that is the same whether there is none or it is another's. */
export function mustBeThere<Item>(found: Item | undefined, what: string): Item {
  if (found === undefined) throw new Unanswered(404, 'request/none', `there is no such ${what}, or it is not yours to see`)
  return found
}
