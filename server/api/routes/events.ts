import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Database } from '#database'
import { formatInstant } from '#kit/time'
import type { Principal } from '../principal.ts'
import { Unanswered } from '../problem.ts'
import { admits, admittedTo, schemaOf, type RouteContext } from '../route.ts'
import { logSizes, nounsFrom } from '../store.ts'

/** Between two looks at how long the logs are, while somebody listens; and between two signs of life, and two looks at whether a session still lasts. */
const [lookMilliseconds, aliveMilliseconds] = [1_000, 15_000]
/** Listeners at once, of all accounts and of one. */
const [listenersMax, listenersOfOneMax] = [256, 16]

interface Listener { readonly principal: Principal; readonly say: (nouns: readonly string[]) => void }

/** `/events`: says which nouns changed, so that pages ask again. It says nothing of what changed. */
export function addEvents(app: FastifyInstance, context: RouteContext): void {
  const changes = openChanges(context.bailee.database)
  app.addHook('onClose', async () => changes.close())
  const schema = schemaOf('GET /events', { summary: 'Server-sent events: `changed`, with the nouns whose entries were recorded. Pages ask again', answer: z.string().describe('text/event-stream; data of `changed`: {nouns, at}') })
  app.get('/events', { schema, onRequest: admits(context, 'GET /events'), handlerTimeout: 2_147_483_647 }, async (request, reply) => {
    const { principal } = admittedTo(request)
    if (!changes.hasRoom(principal)) throw new Unanswered(429, 'request/too-many', 'too many pages listen already; close some', { 'retry-after': '30' })
    reply.hijack()
    reply.raw.writeHead(200, { ...reply.getHeaders() as Record<string, string>, 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    reply.raw.write('retry: 3000\n\n')
    const leave = changes.listen({ principal, say: (nouns) => { reply.raw.write(`event: changed\ndata: ${JSON.stringify({ nouns, at: formatInstant(context.clock()) })}\n\n`) } })
    const alive = setInterval(() => {
      void context.signIn.authenticate(request.headers).then((still) => { if (still === undefined) reply.raw.end(); else reply.raw.write(': \n\n') }, () => reply.raw.end())
    }, aliveMilliseconds)
    reply.raw.once('close', () => { clearInterval(alive); leave() })
  })
}

/** One look at the logs for all who listen, and none while nobody does. */
function openChanges(database: Database): { hasRoom(principal: Principal): boolean; listen(listener: Listener): () => void; close(): void } {
  const listeners = new Set<Listener>()
  let sizes: Map<number, number> | undefined
  let timer: NodeJS.Timeout | undefined
  const look = async (): Promise<void> => {
    const now = new Map((await logSizes(database)).map(({ slot, size }) => [slot, size]))
    const before = sizes
    sizes = now
    if (before === undefined) return
    const grown = [...now].filter(([slot, size]) => size > (before.get(slot) ?? 0))
    const nouns = new Map(await Promise.all(grown.map(async ([slot]) => [slot, await nounsFrom(database, slot, before.get(slot) ?? 0)] as const)))
    for (const { principal: { controller }, say } of listeners) {
      const mine = [...new Set([...nouns].flatMap(([slot, named]) => (controller === null || controller.slot === slot ? named : [])))].sort()
      if (mine.length > 0) say(mine)
    }
  }
  const again = (): void => { timer = setTimeout(() => { void look().catch(() => undefined).finally(() => { if (listeners.size > 0) again(); else sizes = undefined }) }, lookMilliseconds) }
  return {
    hasRoom: ({ account }) => listeners.size < listenersMax && [...listeners].filter(({ principal }) => principal.account.id === account.id).length < listenersOfOneMax,
    listen(listener) {
      listeners.add(listener)
      if (listeners.size === 1) { void look().catch(() => undefined).finally(again) }
      return () => { listeners.delete(listener) }
    },
    close() { listeners.clear(); clearTimeout(timer) },
  }
}
