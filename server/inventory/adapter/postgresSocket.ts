/** Sockets that read into one and the same room: a new one for each of the small pieces in which a server sends rows would be most of what the collector of garbage has to do. */
import { Socket } from 'node:net'

/** Bytes read at a time: what the system holds of one connection. */
const roomBytes = 256 * 1024

/** Takes bytes that are overwritten once it returns. */
type Borrower = (bytes: Buffer) => void

const borrowers = new WeakMap<object, Borrower>()

/** For the driver's `stream`: an ordinary socket where the connection is to be encrypted, whose reader is another. */
export function lendingSocket({ ssl }: { readonly ssl?: unknown } = {}): Socket {
  if (ssl !== undefined && ssl !== false && ssl !== null) return new Socket()
  const room = Buffer.allocUnsafeSlow(roomBytes)
  const socket: Socket = new Socket({
    onread: {
      buffer: room,
      callback: (length) => {
        const borrower = borrowers.get(socket)
        if (borrower === undefined) socket.emit('data', Buffer.from(room.subarray(0, length)))
        else borrower(room.subarray(0, length))
        return true
      },
    },
  })
  return socket
}

/** Has what a socket reads given to `take` in the place of its listeners, until it is told otherwise by `undefined`. A socket that does not lend gives it bytes all the same. */
export function borrowFrom(socket: Socket | undefined, take: Borrower | undefined): void {
  if (socket === undefined) return
  if (take === undefined) borrowers.delete(socket)
  else borrowers.set(socket, take)
}
