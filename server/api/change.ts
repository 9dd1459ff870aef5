/** Routes that change something: as the command of the same name would. Sent again under the same `Idempotency-Key`, they do nothing twice. */
import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { z } from 'zod'
import type { Bailee } from '#composition'
import { Misuse, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { RouteName } from './permissions.ts'
import type { Principal } from './principal.ts'
import { explain, sendProblem, Unanswered, type Problem } from './problem.ts'
import { admits, admittedTo, schemaOf, type RouteContext } from './route.ts'
import { giveKey, keepAnswer, takeKey, type Asking, type Before } from './store.ts'

export interface Changing<Params, Body> { readonly bailee: Bailee; readonly at: Instant; readonly principal: Principal; readonly params: Params; readonly body: Body }

/** Adds one. What `change` answers is kept for a day under the key that was sent. */
export function addChange<Answer extends z.ZodType, Params extends z.ZodObject, Body extends z.ZodType>(
  app: FastifyInstance, context: RouteContext, name: RouteName,
  route: { readonly summary: string; readonly params?: Params; readonly body: Body; readonly answer: Answer; readonly change: (asked: Changing<z.output<Params>, z.output<Body>>) => Promise<z.output<Answer>>; /** What is kept of an answer that is given once only. */ readonly kept?: (answer: z.output<Answer>) => z.output<Answer> },
): void {
  const url = name.slice(name.indexOf(' ') + 1)
  app.post(url, { schema: schemaOf(name, route), onRequest: admits(context, name) }, async (request, reply) => {
    const { principal, now } = admittedTo(request)
    const asked = { at: now, principal, params: request.params as z.output<Params>, body: request.body as z.output<Body> }
    const { noted, recorded } = noting(context.bailee)
    // A controller's own people: whatever it looks up is looked up among their own rows, and goes into their own log.
    const change = (): Promise<z.output<Answer>> => (principal.controller === null ? route.change({ ...asked, bailee: noted }) : context.asController(noted, { slot: principal.controller.slot, account: principal.account.id }, (narrowed) => route.change({ ...asked, bailee: narrowed }), { records: true }))
    const asking = askingOf(request.headers['idempotency-key'], { account: principal.account.id, route: `${name} ${request.url}`, body: request.body })
    // Only what is promised: what is kept for a day holds no more than what was answered.
    const changed = async (): Promise<z.output<Answer>> => route.answer.parse(await change())
    if (asking === undefined) return reply.header('cache-control', 'no-store').send(await changed())
    const { database } = context.bailee
    const before = await takeKey(database, asking, now)
    if (before !== undefined) return replay(reply, before, asking)
    try {
      const answer = await changed()
      await keepAnswer(database, asking, { status: 200, answer: route.kept?.(answer) ?? answer })
      return await reply.header('cache-control', 'no-store').send(answer)
    } catch (cause) {
      // What broke may have been done: the key stays taken, and whoever asks again is told to look. What was refused was not done, unless something was recorded before that: then it is refused once more, in the same words.
      if (!(cause instanceof Refused || cause instanceof Misuse || cause instanceof Unanswered)) throw cause
      const { problem } = explain(cause, request.url)
      if (recorded()) await keepAnswer(database, asking, { status: problem.status, answer: problem })
      else await giveKey(database, asking)
      throw cause
    }
  })
}

/** The same, and whether anything was recorded through it. */
function noting(bailee: Bailee): { readonly noted: Bailee; readonly recorded: () => boolean } {
  let recorded = false
  const note = <Args extends unknown[], Result>(work: (...args: Args) => Promise<Result>) => async (...args: Args): Promise<Result> => {
    const done = await work(...args)
    recorded = true
    return done
  }
  const { ledger } = bailee
  return { noted: { ...bailee, ledger: { ...ledger, append: note(ledger.append), alone: note(ledger.alone), openSlot: note(ledger.openSlot) } }, recorded: () => recorded }
}

/** Answers as before. */
function replay(reply: FastifyReply, before: Before, asking: Asking): FastifyReply {
  const answer = answeredBefore(before, asking)
  reply.headers({ 'cache-control': 'no-store', 'idempotency-replayed': 'true' })
  return before.status === 200 ? reply.send(answer) : sendProblem(reply, answer as Problem)
}

function askingOf(key: unknown, { account, route, body }: { account: string; route: string; body: unknown }): Asking | undefined {
  if (key === undefined) return undefined
  if (typeof key !== 'string' || !/^[\x21-\x7e]{8,200}$/.test(key)) throw new Unanswered(400, 'request/idempotency-key', 'an Idempotency-Key is 8 to 200 signs without a space')
  return { account, key, route, sha256: createHash('sha256').update(JSON.stringify(body ?? null)).digest('hex') }
}

function answeredBefore({ route, sha256, answer }: Before, asking: Asking): unknown {
  if (route !== asking.route || sha256 !== asking.sha256) throw new Unanswered(422, 'request/key-used', 'that Idempotency-Key was sent with another request; take a new one')
  if (answer === null) throw new Unanswered(409, 'request/under-way', 'that request is being worked on, or it broke: look at what was recorded before you send it under another key')
  return answer
}

/** The member of staff that an account is of: what is done is recorded under this id. Throws for an account that is of nobody. */
export function personOf({ person }: Principal): string {
  if (person === null) throw new Unanswered(403, 'request/forbidden', 'this account is of nobody who is declared under people, and what is done is recorded under somebody')
  return person
}
