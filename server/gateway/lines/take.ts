/** Takes both connections of a session over from Node, once it is open: from then on they are read and written without streams. */
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Upstream } from '../upstream.ts'
import { DirectLine, type Line } from './line.ts'
import { watchOfProcess, type Watch } from './watch.ts'

/** Both ends of a session that relays. */
export interface Lines {
  readonly client: Line
  readonly database: Line
  /** Hands on what the database sends. */
  readonly hand: Upstream['hand']
  /** Hands on what the client sends: bytes that are read over once the taker has returned. */
  readonly hear: (taker: (chunk: Buffer) => void) => void
  /** The client's line needs what it was given until it has sent it. */
  readonly needsBytes: boolean
}

/** For a stream of Node's. */
export const hearingOf = (stream: Pick<Line, 'removeAllListeners'>): Lines['hear'] => (taker) => void stream.removeAllListeners('data').on('data', taker)

/** What Node keeps of a socket, where it has one: not in its documentation, and so looked at before it is believed. */
interface Handle { readonly fd?: unknown; readonly readStop?: unknown }

/**
 * The lines of a session, taken over where that can be: both ends in clear, nothing of what was written still under way, and the system's calls at hand.
 * Else Node's sockets, as they are. Taken over, the sockets are gone, and what they had read is read first.
 */
export function takeLines(client: Socket, { socket, hand }: Pick<Upstream, 'socket' | 'hand'>): Lines {
  const asTheyAre = { client, database: socket, hand, hear: hearingOf(client), needsBytes: true }
  const watch = watchOfProcess()
  if (watch === undefined || !mayTake(client)) return asTheyAre
  if (socket instanceof DirectLine) { // it was taken over for a session before
    const near = watch.system.duplicate(handleOf(client)?.fd as number)
    return near < 0 ? asTheyAre : { ...taken(watch, client, near), database: socket, hand }
  }
  const descriptors = mayTake(socket) ? duplicates(watch, client, socket) : undefined
  if (descriptors === undefined) return asTheyAre
  const [near, far] = descriptors
  const database = new DirectLine(watch, far, handedLate(hand))
  socket.destroy()
  return { ...taken(watch, client, near), database, hand: database.hand }
}

function taken(watch: Watch, client: Socket, near: number): Pick<Lines, 'client' | 'hear' | 'needsBytes'> {
  const line = new DirectLine(watch, near, unread(client))
  client.destroy()
  return { client: line, hear: line.hear, needsBytes: false }
}

const handleOf = (socket: Socket): Handle | undefined => (socket as unknown as { readonly _handle?: Handle | null })._handle ?? undefined

function mayTake(socket: Socket): boolean {
  const handle = handleOf(socket)
  return !(socket instanceof TLSSocket) && !socket.destroyed && socket.writable && socket.writableLength === 0 && typeof handle?.fd === 'number' && handle.fd >= 0 && typeof handle.readStop === 'function'
}

function duplicates({ system }: Watch, ...sockets: readonly [Socket, Socket]): [number, number] | undefined {
  const [near, far] = sockets.map((socket) => system.duplicate(handleOf(socket)?.fd as number))
  if (near !== undefined && far !== undefined && near >= 0 && far >= 0) return [near, far]
  for (const descriptor of [near, far]) if (descriptor !== undefined && descriptor >= 0) system.close(descriptor)
  return undefined
}

/** What a paused socket had read already. Nothing more is read behind it: Node only reads between two turns. */
function unread(socket: Socket): Buffer {
  const chunks: Buffer[] = []
  for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** What was read of the database's answers behind the login. */
function handedLate(hand: Upstream['hand']): Buffer {
  const chunks: Buffer[] = []
  hand((chunk) => {
    chunks.push(Buffer.from(chunk))
    return false
  })
  return Buffer.concat(chunks)
}
