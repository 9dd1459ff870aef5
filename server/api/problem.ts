/** Every "no" over HTTP is one shape: a problem of RFC 9457. What broke is reported to whoever runs the server; whoever asked learns a code and nothing of what it was about. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors, isResponseSerializationError } from 'fastify-type-provider-zod'
import { Broken, Misuse, Refused } from '#kit/errors'

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance: string
  readonly code: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

export const problemType = 'application/problem+json'

/** A "no" that HTTP has a status for and no word of Bailee's has. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered'
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>
  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'The request cannot be read', 401: 'Sign in first', 403: 'Not for this account', 404: 'There is none', 405: 'Not with this method', 406: 'Not in that form', 408: 'The request took too long', 409: 'Refused', 412: 'It changed meanwhile', 413: 'The request is too long',
  414: 'The address is too long', 415: 'Not this kind of content', 422: 'The request does not fit', 428: 'A condition is missing', 429: 'Too many requests', 431: 'The head of the request is too long', 500: 'Broken', 503: 'Not now',
}

/** Refusals that are about who asks. */
const personal = /[/](forbidden|not-yours|same-person|second-person|not-signatory|self|wrong-key)$/

/** Refusals that say nothing of what was asked, but that too much is asked at once: the same may be asked again, seconds later. */
const later: Readonly<Record<string, readonly [status: number, seconds: string]>> = { 'controllers/waiting': [429, '2'], 'controllers/busy': [503, '2'] }

/** Makes a problem. `instance` is the path asked for, without what follows a question mark: it may hold what somebody searched for. */
export function problemOf(status: number, { code, detail, instance, errors }: { code: string; detail: string; instance: string; errors?: Problem['errors'] }): Problem {
  return { type: `urn:bailee:problem:${code.replace('/', ':')}`, title: titles[status] ?? 'Not answered', status, detail, instance, code, ...(errors === undefined ? {} : { errors }) }
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? url

/** What a thrown value is to whoever asked, and the headers that go with it; `broken` when whoever runs the server has to be told. */
export function explain(thrown: unknown, url: string): { readonly problem: Problem; readonly headers: Readonly<Record<string, string>>; readonly broken: boolean } {
  const instance = pathOf(url)
  const told = (status: number, code: string, detail: string, more: { errors?: Problem['errors']; headers?: Readonly<Record<string, string>>; broken?: boolean } = {}) =>
    ({ problem: problemOf(status, { code, detail, instance, ...(more.errors === undefined ? {} : { errors: more.errors }) }), headers: more.headers ?? {}, broken: more.broken ?? false })
  if (thrown instanceof Unanswered) return told(thrown.status, thrown.code, thrown.message, { headers: thrown.headers })
  const [status, seconds] = (thrown instanceof Refused ? later[thrown.code] : undefined) ?? []
  if (status !== undefined && seconds !== undefined) return told(status, (thrown as Refused).code, (thrown as Refused).message, { headers: { 'retry-after': seconds } })
  if (thrown instanceof Refused) return told(personal.test(thrown.code) ? 403 : 409, thrown.code, thrown.message)
  if (thrown instanceof Misuse) return told(422, 'misuse', thrown.message, { errors: thrown.problems.map((message) => ({ path: '', message })) })
  if (thrown instanceof Broken) return told(503, thrown.code, 'this cannot be answered now; whoever runs the server is told why', { headers: { 'retry-after': '5' }, broken: true })
  if (isResponseSerializationError(thrown)) return told(500, 'api/answer', 'the answer does not have the form that was promised; whoever runs the server is told', { broken: true })
  if (hasZodFastifySchemaValidationErrors(thrown)) {
    const errors = thrown.validation.map(({ instancePath, message }) => ({ path: instancePath.split('/').slice(1).join('.'), message: message ?? 'does not fit' }))
    return told(400, 'request/invalid', `the request does not fit: ${errors.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')}`.slice(0, 1_000), { errors: errors.slice(0, 50) })
  }
  const { statusCode = 500, code = '' } = (thrown ?? {}) as Partial<FastifyError>
  if (statusCode >= 400 && statusCode < 500) return told(statusCode, `http/${code.replace(/^FST_(ERR_)?/, '').toLowerCase().replaceAll('_', '-') || String(statusCode)}`, titles[statusCode] ?? 'the request cannot be answered')
  if (statusCode === 503) return told(503, 'http/too-slow', 'this took too long; ask for less, or later', { headers: { 'retry-after': '5' }, broken: true })
  return told(500, 'broken', 'this cannot be answered; whoever runs the server is told why', { broken: true })
}

/** Answers with what was thrown. */
export function answerThrown(report: (problem: string) => void, thrown: unknown, request: Pick<FastifyRequest, 'url' | 'method'> & Partial<FastifyRequest>, reply: FastifyReply): FastifyReply {
  const { problem, headers, broken } = explain(thrown, request.url)
  if (broken) report(`${request.method} ${request.routeOptions?.url ?? 'an address'} could not be answered: ${reasonOf(thrown)}`)
  return sendProblem(reply.headers({ ...headers }), problem)
}

/** Sends a problem, past every schema of the route: its form is always the same. */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  return reply.code(problem.status).type(problemType).serializer((value) => value as string).send(JSON.stringify(problem))
}

/** A code and where: never what was sent or read. */
function reasonOf(thrown: unknown): string {
  if (thrown instanceof Broken) return `${thrown.code}: ${thrown.message}`
  if (isResponseSerializationError(thrown)) return `the answer does not fit: ${thrown.cause.issues.map(({ path, code }) => `${path.join('.')} ${code}`).slice(0, 5).join(', ')}`
  if (!(thrown instanceof Error)) return 'something was thrown that is no error'
  const code = (thrown as { code?: unknown }).code
  return `${thrown.name}${typeof code === 'string' ? ` ${code}` : ''}${process.env['BAILEE_TRACE'] === '1' ? `\n${thrown.stack}` : ''}`
}
