import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Broken, Misuse } from '#kit/errors'

/** What a request came with. `target` is the path as sent, without what follows a question mark. */
export interface Asked {
  readonly method: string
  readonly target: string
  readonly headers: IncomingMessage['headers']
  readonly body: Uint8Array
}

export interface Answered {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export interface HttpOptions {
  readonly at: { readonly host: string; readonly port: number }
  readonly tls?: { readonly key: string; readonly cert: string }
  /** Longest body taken, in bytes. */
  readonly bodyBytesMax: number
  readonly answer: (asked: Asked) => Promise<Answered>
  /** Told what broke: a code and where, never what was sent. */
  readonly report: (problem: string) => void
}

export interface Serving {
  readonly host: string
  readonly port: number
  /** Answers what was asked and takes nothing more. */
  close(): Promise<void>
}

/** Time to send a whole request, in milliseconds: all are small. */
const requestMillisecondsMax = 10_000
/** An idle connection is kept this long, in milliseconds: a log comes back within a minute. */
const idleMillisecondsMax = 75_000
/** Connections at once. More wait in the listening socket. */
const connectionsMax = 512
/** Longest head of a request, in bytes. */
const headBytesMax = 8_192
/** Time for open answers when the server closes, in milliseconds. */
const closeMillisecondsMax = 2_000

/** Serves HTTP, or HTTPS with `tls`. Whatever `answer` throws is answered 500 without a word of it. Throws `Misuse` when the address cannot be had. */
export async function serveHttp(options: HttpOptions): Promise<Serving> {
  const limits = { maxHeaderSize: headBytesMax, requestTimeout: requestMillisecondsMax, headersTimeout: requestMillisecondsMax, keepAliveTimeout: idleMillisecondsMax }
  const listener: RequestListener = (request, response) => { void respond(options, request, response) }
  const server = options.tls === undefined ? createServer(limits, listener) : createTlsServer({ ...limits, ...options.tls }, listener)
  server.maxConnections = connectionsMax
  server.listen(options.at.port, options.at.host)
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new Misuse(`nothing can listen at ${options.at.host} port ${options.at.port} (${(cause as NodeJS.ErrnoException).code}); name another address with --listen`)
  }
  const { address, port } = server.address() as AddressInfo
  return { host: address, port, close: () => close(server) }
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), closeMillisecondsMax)
  await closed
  clearTimeout(timer)
}

async function respond(options: HttpOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await bodyOf(request, options.bodyBytesMax)
    if (body === undefined) return send(response, request, { status: 413, headers: { connection: 'close' } })
    const asked = { method: request.method ?? '', target: (request.url ?? '').split('?', 1)[0] ?? '', headers: request.headers, body }
    send(response, request, await options.answer(asked))
  } catch (cause) {
    if (response.destroyed || response.socket?.destroyed === true) return // whoever asked is gone
    options.report(`a request could not be answered: ${cause instanceof Broken ? `${cause.code}: ${cause.message}` : (cause instanceof Error ? [cause.name, (cause as NodeJS.ErrnoException).code, (cause as NodeJS.ErrnoException).syscall].filter((one) => one !== undefined).join(' ') : 'unknown fault')}`)
    send(response, request, { status: 500 })
  }
}

function send(response: ServerResponse, request: IncomingMessage, { status, headers, body }: Answered): void {
  if (response.headersSent || response.destroyed) return
  const bytes = typeof body === 'string' ? Buffer.from(body) : (body ?? new Uint8Array())
  const length: Record<string, string> = status === 304 ? {} : { 'content-length': String(bytes.length) }
  response.writeHead(status, { 'x-content-type-options': 'nosniff', ...length, ...headers })
  if (request.method === 'HEAD') response.end()
  else response.end(bytes)
}

/** Undefined for a body longer than may be. */
async function bodyOf(request: IncomingMessage, bytesMax: number): Promise<Uint8Array | undefined> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes > bytesMax) return undefined
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** Reads `host:port`; `[::1]:8080` too. Throws `Misuse` naming the option. */
export function addressOfListen(text: string): { host: string; port: number } {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  if (host === undefined || Number(port) > 65_535) throw new Misuse(`--listen takes host:port, not ${JSON.stringify(text)}`)
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}
