import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { breachFormats, breachRegister, exportBreaches } from '#breach'
import { allControllers } from '#contract'
import { exportRegister, formats, layouts, recordExport, type Format, type Language } from '#register'
import { formatDay, type Instant } from '#kit/time'
import type { Principal } from '../principal.ts'
import { momentOf, type Reading } from '../reading.ts'
import { admits, admittedTo, mustBeThere, schemaOf, type RouteContext } from '../route.ts'
import { registerFile } from '../schemas/register.ts'
import { mustBeOurs } from '../security.ts'
import { recordsShown } from './register.ts'

const common = { language: z.enum(['en', 'fr']).default('en'), controller: z.string().max(200).optional(), at: z.string().max(40).optional() }
const register = z.strictObject({ format: z.enum(formats), layout: z.enum(layouts).optional(), ...common })
const breaches = z.strictObject({ format: z.enum(breachFormats), ...common })

const files: Readonly<Record<Format, readonly [ending: string, mediaType: string]>> = {
  xlsx: ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'], ods: ['ods', 'application/vnd.oasis.opendocument.spreadsheet'], pdf: ['pdf', 'application/pdf'], csv: ['csv', 'text/csv'], json: ['json', 'application/json'], dpv: ['jsonld', 'application/ld+json'],
}

interface Wanted { readonly format: Format; readonly language: Language; readonly layout?: (typeof layouts)[number] | undefined; readonly controller?: string | undefined; readonly at?: string | undefined }

/** One of the two registers: how its file is called, what its entry says of the format, and what makes its bytes. */
interface Kind { readonly name: string; readonly recorded: (format: Format) => string; readonly bytesOf: (reading: Reading, wanted: Wanted, moment: Instant) => Promise<Uint8Array> }
const kinds = {
  register: { name: 'register', recorded: (format) => format, bytesOf: async (reading, { controller, format, language, layout }) => exportRegister(await recordsShown(reading, controller), { format, language, layout }) },
  breaches: { name: 'breaches', recorded: (format) => `breaches ${format}`, bytesOf: async ({ bailee: { database } }, { controller, format, language }, moment) => exportBreaches(await breachRegister(database, { controller }, moment), { format: format as (typeof breachFormats)[number], language }) },
} as const satisfies Readonly<Record<string, Kind>>

interface Made { readonly name: string; readonly mediaType: string; readonly sha256: string; readonly bytes: Uint8Array }

/** Makes the file and records its hash; whoever asks has it only then. */
async function make(context: RouteContext, { name, recorded, bytesOf }: Kind, { principal, now, wanted }: { principal: Principal; now: Instant; wanted: Wanted }): Promise<Made> {
  const { format, language, layout, controller, at } = wanted
  const past = momentOf(at, now)
  const moment = past ?? now
  const { bytes, slot } = await context.readings.read({ principal, at: now, past, controller }, async (reading) => {
    const found = controller === undefined ? undefined : mustBeThere((await allControllers(reading.bailee.database)).find(({ id }) => id === controller), 'controller')
    return { bytes: await bytesOf(reading, wanted, moment), slot: found?.slot ?? 0 }
  })
  const { sha256 } = await recordExport(context.bailee.ledger, { bytes, slot, asOf: moment, format: recorded(format), language, layout }, now)
  const [ending, mediaType] = files[format]
  return { name: `${name}-${controller ?? 'all'}-${formatDay(moment)}.${ending}`, mediaType, sha256, bytes }
}

/** As `bailee register export` and `bailee breach register` do, the file is handed out after its hash was recorded: to a page as JSON, to whoever has a token as the file itself. */
export function addRegisterExport(app: FastifyInstance, context: RouteContext): void {
  for (const [kind, { asked, post, get, of }] of Object.entries({
    register: { asked: register, post: 'POST /register/export', get: 'GET /register/export', of: 'A file of the register' },
    breaches: { asked: breaches, post: 'POST /breach-register/export', get: 'GET /breach-register/export', of: 'A file of the record of all breaches (Art. 33(5))' },
  } as const)) {
    const summary = `${of}, as of any moment; its hash is recorded: \`register.exported\``
    const makes = (request: Parameters<typeof admittedTo>[0], wanted: Wanted): Promise<Made> => make(context, kinds[kind as keyof typeof kinds], { ...admittedTo(request), wanted })
    app.post(post.slice('POST '.length), { schema: schemaOf(post, { summary, body: asked, answer: registerFile }), onRequest: admits(context, post) }, async (request, reply) => {
      const { name, mediaType, sha256, bytes } = await makes(request, request.body as Wanted)
      return reply.header('cache-control', 'no-store').send({ name, mediaType, sha256, bytes: bytes.length, base64: Buffer.from(bytes).toString('base64'), entry: 'register.exported' })
    })
    // It records something, so that a page elsewhere must not be able to ask for it; and no HEAD.
    app.get(get.slice('GET '.length), { exposeHeadRoute: false, schema: schemaOf(get, { summary: `${summary}. The file itself, with its SHA-256 in \`Repr-Digest\``, query: asked, answer: z.unknown() }), onRequest: [async (request) => mustBeOurs('POST', request.headers, context.origin), admits(context, get)] }, async (request, reply) => sendFile(reply, await makes(request, request.query as Wanted)))
  }
}

const sendFile = (reply: FastifyReply, { name, mediaType, sha256, bytes }: Made): FastifyReply =>
  reply.headers({ 'cache-control': 'no-store', 'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`, 'repr-digest': `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:` }).type(mediaType).serializer((value) => value as string).send(Buffer.from(bytes))
