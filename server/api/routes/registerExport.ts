import { createHash } from 'node:crypto'
import { mkdir, open, unlink, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { breachFormats, breachRegister, exportBreaches } from '#breach'
import { allControllers } from '#contract'
import { scratchName } from '#inventory'
import { formats, layouts, recordHandedOut, streamRegister, type Format, type Language } from '#register'
import { formatDay, type Instant } from '#kit/time'
import { scratchIn } from '#trace'
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

/** One of the two registers: how its file is called, what its entry says of the format, and what makes its bytes, piece by piece. */
interface Kind { readonly name: string; readonly recorded: (format: Format) => string; readonly write: (reading: Reading, wanted: Wanted, to: { readonly moment: Instant; readonly take: Parameters<typeof streamRegister>[2] }) => Promise<void> }
const kinds = {
  register: { name: 'register', recorded: (format) => format, write: async (reading, { controller, format, language, layout }, { take }) => streamRegister(await recordsShown(reading, controller), { format, language, layout }, take) },
  breaches: { name: 'breaches', recorded: (format) => `breaches ${format}`, write: async ({ bailee: { database } }, { controller, format, language }, { moment, take }) => take(await exportBreaches(await breachRegister(database, { controller }, moment), { format: format as (typeof breachFormats)[number], language })) },
} as const satisfies Readonly<Record<string, Kind>>

/** A file on disk that has no name any more: it goes when it was read, or when this process ends. */
interface Made { readonly name: string; readonly mediaType: string; readonly sha256: string; readonly bytes: number; readonly file: FileHandle }

/** Makes the file, on disk, and records its hash; whoever asks has it only then, and closes it. */
async function make(context: RouteContext, { name, recorded, write }: Kind, { principal, now, wanted }: { principal: Principal; now: Instant; wanted: Wanted }): Promise<Made> {
  const { format, language, layout, controller, at } = wanted
  const past = momentOf(at, now)
  const moment = past ?? now
  const file = await openNameless(scratchIn(context.bailee.directory))
  try {
    const hash = createHash('sha256')
    let bytes = 0
    const take = async (piece: Uint8Array): Promise<void> => { hash.update(piece); bytes += piece.length; await file.appendFile(piece) }
    const slot = await context.readings.read({ principal, at: now, past, controller }, async (reading) => {
      const found = controller === undefined ? undefined : mustBeThere((await allControllers(reading.bailee.database)).find(({ id }) => id === controller), 'controller')
      await write(reading, wanted, { moment, take })
      return found?.slot ?? 0
    })
    const { sha256 } = await recordHandedOut(context.bailee.ledger, { sha256: hash.digest('hex'), bytes, slot, asOf: moment, format: recorded(format), language, layout }, now)
    const [ending, mediaType] = files[format]
    return { name: `${name}-${controller ?? 'all'}-${formatDay(moment)}.${ending}`, mediaType, sha256, bytes, file }
  } catch (cause) {
    await file.close()
    throw cause
  }
}

/** Its owner's alone, and gone from its folder before anything is in it; where its process ends before that, an empty file that the next search removes. */
async function openNameless(directory: string): Promise<FileHandle> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, scratchName())
  const file = await open(path, 'wx+', 0o600)
  await unlink(path).catch(async (cause: unknown) => { await file.close(); throw cause })
  return file
}

/** The bytes of such a file from its beginning; it is closed behind them, or when nobody takes them. */
async function* bytesOf({ file, bytes }: Made): AsyncGenerator<Buffer> {
  try {
    for (let at = 0; at < bytes;) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(Math.min(pieceBytes, bytes - at)), { position: at })
      if (bytesRead === 0) throw new Error('a file that was made is shorter than it was')
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

/** Three bytes are four letters of base64: pieces of a multiple of three can be put one behind the other. */
const pieceBytes = 3 * 64 * 1024

/** The same as the answer of a page, in which the bytes are one of several members. */
async function* memberOf(made: Made): AsyncGenerator<string> {
  const { name, mediaType, sha256, bytes } = made
  yield `${JSON.stringify({ name, mediaType, sha256, bytes, entry: 'register.exported' }).slice(0, -1)},"base64":"`
  let left = Buffer.alloc(0)
  for await (const piece of bytesOf(made)) {
    const all = Buffer.concat([left, piece])
    const whole = all.length - (all.length % 3)
    left = all.subarray(whole)
    yield all.toString('base64', 0, whole)
  }
  yield `${left.toString('base64')}"}`
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
      const made = await makes(request, request.body as Wanted)
      closeBehind(reply, made)
      return reply.header('cache-control', 'no-store').type('application/json; charset=utf-8').serializer((value) => value as string).send(Readable.from(memberOf(made), { objectMode: false }))
    })
    // It records something, so that a page elsewhere must not be able to ask for it; and no HEAD.
    app.get(get.slice('GET '.length), { exposeHeadRoute: false, schema: schemaOf(get, { summary: `${summary}. The file itself, with its SHA-256 in \`Repr-Digest\``, query: asked, answer: z.unknown() }), onRequest: [async (request) => mustBeOurs('POST', request.headers, context.origin), admits(context, get)] }, async (request, reply) => sendFile(reply, await makes(request, request.query as Wanted)))
  }
}

/** Also where nobody came to take the first piece, or who asked was gone before there was one. */
function closeBehind(reply: FastifyReply, { file }: Made): void {
  if (reply.raw.closed) void file.close()
  else reply.raw.once('close', () => void file.close())
}

function sendFile(reply: FastifyReply, made: Made): FastifyReply {
  closeBehind(reply, made)
  return reply.headers({ 'cache-control': 'no-store', 'content-length': made.bytes, 'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(made.name)}`, 'repr-digest': `sha-256=:${Buffer.from(made.sha256, 'hex').toString('base64')}:` }).type(made.mediaType).serializer((value) => value as string).send(Readable.from(bytesOf(made), { objectMode: false }))
}
