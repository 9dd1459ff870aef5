/** The portal's one page and its built files. Built beforehand, read once, never from anywhere else. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { Unanswered } from './problem.ts'
import { makeNonce, pagePolicy } from './security.ts'

const types: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.woff2': 'font/woff2', '.svg': 'image/svg+xml', '.png': 'image/png', '.json': 'application/json', '.wasm': 'application/wasm', '.txt': 'text/plain; charset=utf-8', '.map': 'application/json', '.html': 'text/html; charset=utf-8',
}

interface Asset { readonly bytes: Buffer; readonly packed: Buffer | undefined; readonly type: string; readonly tag: string }

/** What was built; `entry` undefined: nothing was. */
export interface Built {
  readonly entry: string | undefined
  readonly assets: ReadonlyMap<string, Asset>
  /** The page that checks evidence, and the policy that stands in it. */
  readonly verify?: { readonly page: string; readonly policy: string }
}

/** Smaller files are sent as they are. */
const packedFromBytes = 1_024

/** Reads what was built into a directory. */
export async function readBuilt(directory: string): Promise<Built> {
  const entry = join(directory, 'index.html')
  const assets = new Map<string, Asset>()
  const folder = join(directory, 'assets')
  for (const file of existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : []) {
    const type = types[extname(file.name)]
    if (!file.isFile() || type === undefined) continue
    const path = join(file.parentPath, file.name)
    const bytes = readFileSync(path)
    const packs = bytes.length >= packedFromBytes && !/woff2|png/.test(type)
    assets.set(relative(folder, path).replaceAll(sep, '/'), { bytes, packed: packs ? await promisify(gzip)(bytes, { level: 9 }) : undefined, type, tag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"` })
  }
  const verify = join(directory, 'verify.html')
  return { entry: existsSync(entry) ? readFileSync(entry, 'utf8') : undefined, assets, ...(existsSync(verify) ? { verify: withPolicy(readFileSync(verify, 'utf8')) } : {}) }
}

const withPolicy = (page: string): { page: string; policy: string } => ({ page, policy: /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? "default-src 'none'" })

const unbuilt = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Bailee</title></head><body>
<h1>The portal is not built</h1><p>Its sources are here, what a browser runs is not. Build it once: <code>node portal/build.ts</code>, then start <code>bailee serve --http</code> again.</p><p>The API answers meanwhile: <a href="api/">its reference</a>.</p></body></html>`

/** The page as one answer carries it: where its addresses begin, and the nonce that its styles name. */
export function pageWith(entry: string | undefined, { base, nonce }: { base: string; nonce: string }): string {
  return (entry ?? unbuilt).replaceAll('__BAILEE_NONCE__', nonce).replace(/<head>/i, `<head><base href="${base}/"><meta property="csp-nonce" nonce="${nonce}">`)
}

/** Answers with the page: a fresh nonce each time, kept by nobody. */
export function sendPage(reply: FastifyReply, entry: string | undefined, base: string): FastifyReply {
  const nonce = makeNonce()
  return reply.headers({ 'content-security-policy': pagePolicy(nonce), 'cache-control': 'no-store' }).type('text/html; charset=utf-8').send(pageWith(entry, { base, nonce }))
}

/** Serves built files. Their names hold the hash of what is in them: what was fetched once is never asked for again. */
export function addAssets(app: FastifyInstance, { assets }: Built): void {
  app.get('/assets/*', { schema: { hide: true } }, async (request, reply) => {
    const asset = assets.get((request.params as { '*': string })['*'])
    if (asset === undefined) throw new Unanswered(404, 'request/none', 'there is no such file')
    reply.headers({ 'cache-control': 'public, max-age=31536000, immutable', etag: asset.tag, vary: 'accept-encoding' }).type(asset.type)
    if (request.headers['if-none-match'] === asset.tag) return reply.code(304).send()
    const packed = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? '')) ? asset.packed : undefined
    return packed === undefined ? reply.send(asset.bytes) : reply.header('content-encoding', 'gzip').send(packed)
  })
}
