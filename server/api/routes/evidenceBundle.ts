import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { FastifyInstance } from 'fastify'
import { ZipFile } from 'yazl'
import { z } from 'zod'
import { allControllers } from '#contract'
import { exportEvidence } from '#erasure'
import { recordExported } from '#ledger'
import type { Instant } from '#kit/time'
import { admits, admittedTo, mustBeThere, schemaOf, type RouteContext } from '../route.ts'

const body = z.strictObject({ controller: z.string().max(200).optional().describe('left out by a controller\'s own people') })

/** Bundles asked for from one address a minute: each is the whole log, read and signed. */
const bundlesPerMinute = 10

/** `POST /evidence/bundle`: a controller's evidence as one file, as `bailee ledger export` writes it. A snapshot is taken first and its hash recorded, so it is asked for, not looked at. */
export function addEvidenceBundle(app: FastifyInstance, context: RouteContext): void {
  const schema = schemaOf('POST /evidence/bundle', { summary: 'The evidence of one controller, as a zip that anybody can check without us: `ledger.bundle_exported`', body, answer: z.unknown() })
  app.post('/evidence/bundle', { schema, onRequest: admits(context, 'POST /evidence/bundle'), config: { rateLimit: { max: bundlesPerMinute, timeWindow: 60_000 } } }, async (request, reply) => {
    const { principal, now } = admittedTo(request)
    const { controller: wanted } = request.body as z.output<typeof body>
    const id = principal.controller?.id ?? wanted
    const controller = mustBeThere((await allControllers(context.bailee.database)).find((one) => one.id === id && (wanted === undefined || one.id === wanted)), 'controller')
    const aside = mkdtempSync(join(context.bailee.directory, 'bundle-'))
    const forget = (): void => { rmSync(aside, { recursive: true, force: true }) }
    reply.raw.once('close', forget)
    try {
      const { directory, entries, snapshots } = await exportEvidence(context.bailee.ledger, { slot: controller.slot, directory: join(aside, 'bundle'), clock: context.clock }, now)
      const file = join(aside, 'bundle.zip')
      const { sha256, bytes } = await packed(directory, file, now)
      await recordExported(context.bailee.ledger, { slot: controller.slot, sha256, bytes, entries, snapshots, account: principal.account.id }, now)
      // Headers carry what a page needs to name the file; the bytes are checked by whoever reads them.
      return await reply.headers({ 'cache-control': 'no-store', 'content-length': bytes, 'content-disposition': `attachment; filename="bailee-${controller.id.replaceAll(/[^A-Za-z0-9._-]/g, '_')}-${entries}.zip"` }).type('application/zip').serializer((value) => value as never).send(createReadStream(file))
    } catch (cause) {
      forget()
      throw cause
    }
  })
}

/** Packs a directory into one file; its hash and length. */
async function packed(directory: string, file: string, at: Instant): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const zip = new ZipFile()
  for (const path of filesBelow(directory)) zip.addFile(path, relative(directory, path).split(sep).join('/'), { mtime: new Date(at * 1000) })
  zip.end()
  const hash = createHash('sha256')
  let bytes = 0
  await pipeline(zip.outputStream, new Transform({ transform(piece: Buffer, _encoding, done) { hash.update(piece); bytes += piece.length; done(null, piece) } }), createWriteStream(file, { mode: 0o600 }))
  return { sha256: hash.digest('hex'), bytes }
}

const filesBelow = (directory: string): string[] => readdirSync(directory, { recursive: true, withFileTypes: true }).filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name)).sort()
