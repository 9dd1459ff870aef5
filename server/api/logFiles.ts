/** The static files of logs, and the page that checks them in a browser: what whoever checks us needs of us, and nothing besides. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { allControllers } from '#contract'
import { openLogFiles, type LogFile } from '#ledger'
import type { Built } from './page.ts'
import { Unanswered } from './problem.ts'
import { admits, admittedTo, mustBeThere, type RouteContext } from './route.ts'

/** Files asked for from one address a minute: a log of a million entries is some eight thousand. */
const filesPerMinute = 20_000

/** `BASE/verify` and `BASE/log/<controller>/<file>`, where a controller's own people say `own`, and the firm's own people too, of the common log. Who may see the evidence may read the files. */
export function addLogFiles(app: FastifyInstance, context: RouteContext, { verify }: Built): void {
  const fileOf = openLogFiles(context.bailee.ledger, context.clock)
  app.get('/log/:controller/*', { schema: { hide: true }, onRequest: admits(context, 'GET /evidence'), config: { rateLimit: { max: filesPerMinute, timeWindow: 60_000 } } }, async (request, reply) => {
    const found = mustBeThere<LogFile>(await fileOf(await slotOf(context, request), (request.params as { '*': string })['*']), 'file of a log')
    return reply.headers({ 'cache-control': found.kind === 'checkpoint' ? 'private, no-cache' : 'private, max-age=31536000, immutable', vary: 'cookie, authorization' }).type(found.kind === 'bytes' ? 'application/octet-stream' : 'text/plain; charset=utf-8').send(Buffer.from(found.body))
  })
  app.get('/verify', { schema: { hide: true } }, async (_request, reply) => {
    if (verify === undefined) throw new Unanswered(404, 'request/none', 'the page is not built: node portal/build.ts')
    return reply.headers({ 'content-security-policy': `${verify.policy}; frame-ancestors 'none'`, 'cache-control': 'no-cache' }).type('text/html; charset=utf-8').send(verify.page)
  })
}

async function slotOf({ bailee: { database } }: RouteContext, request: FastifyRequest): Promise<number> {
  const { controller: wanted } = request.params as { controller: string }
  const own = admittedTo(request).principal.controller
  if (own === null && wanted === 'own') return 0 // the firm's own is the common one
  if (own !== null) return mustBeThere(wanted === 'own' || wanted === own.id ? own : undefined, 'controller').slot
  return mustBeThere((await allControllers(database)).find(({ id }) => id === wanted), 'controller').slot
}
