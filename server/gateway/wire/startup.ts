/**
 * What a client says before it is authenticated: PostgreSQL frontend/backend protocol 3, "Message Flow: Start-up", and the special
 * requests that may precede it. Pure; the lengths in it are the sender's word and are checked before anything is read.
 */
import { preAuthBytesMax } from '../limits.ts'

const sslRequest = 80_877_103
const gssEncRequest = 80_877_104
const cancelRequest = 80_877_102

/** 3.2 has longer cancel keys; nothing else that concerns a relay. */
export const minorMax = 2

/** Bytes of the secret part of a cancel key: 4 before protocol 3.2, and up to 256 since. */
const [secretBytesMin, secretBytesMax] = [4, 256]

export type Startup =
  | { readonly kind: 'more' } // not whole yet
  | { readonly kind: 'malformed'; readonly because: string }
  | { readonly kind: 'tls' }
  | { readonly kind: 'gss' }
  | { readonly kind: 'cancel'; readonly process: number; readonly secret: Buffer }
  | {
    readonly kind: 'start'
    /** Names as sent; a name sent twice is malformed. */
    readonly parameters: ReadonlyMap<string, string>
    /** The minor version that is spoken from here on: as asked, up to `minorMax`. */
    readonly minor: number
    /** What we do not speak: a higher minor version, protocol options. Answered with NegotiateProtocolVersion. */
    readonly negotiate: { readonly minor: number; readonly unknown: readonly string[] } | undefined
  }

/** Reads the first packet in `bytes`; 'tls' and 'gss' are exactly 8 bytes long, and so the caller can see what was stuffed behind them. */
export function parseStartup(bytes: Buffer): Startup {
  if (bytes.length < 4) return { kind: 'more' }
  const length = bytes.readUInt32BE(0)
  if (length < 8 || length > preAuthBytesMax) return malformed('length of the startup packet')
  if (bytes.length < 8) return { kind: 'more' }
  const code = bytes.readUInt32BE(4)
  if (code === sslRequest || code === gssEncRequest) {
    if (length !== 8) return malformed('length of an encryption request')
    return { kind: code === sslRequest ? 'tls' : 'gss' }
  }
  if (code === cancelRequest) {
    if (length < 12 + secretBytesMin || length > 12 + secretBytesMax) return malformed('length of a cancel request')
    if (bytes.length < length) return { kind: 'more' }
    return { kind: 'cancel', process: bytes.readInt32BE(8), secret: Buffer.from(bytes.subarray(12, length)) }
  }
  if (code >>> 16 !== 3) return malformed('protocol version: only 3 is spoken')
  if (bytes.length < length) return { kind: 'more' }
  if (bytes.length > length) return malformed('bytes after the startup packet')
  return parseParameters(bytes.subarray(8, length), code & 0xffff)
}

function parseParameters(body: Buffer, minor: number): Startup {
  // Pairs of zero-terminated strings, then one more zero. Latin-1 keeps bytes apart; what is not ASCII is refused with its name unread.
  const text = body.toString('latin1')
  if (!text.endsWith('\0') || (text.length > 1 && !text.endsWith('\0\0'))) return malformed('startup parameters')
  const strings = text.length > 1 ? text.slice(0, -2).split('\0') : []
  if (strings.length % 2 !== 0) return malformed('startup parameters')
  const parameters = new Map<string, string>()
  const unknown: string[] = []
  for (let index = 0; index < strings.length; index += 2) {
    const [name = '', value = ''] = strings.slice(index, index + 2)
    if (name === '' || !/^[\x20-\x7e]*$/.test(name + value)) return malformed('startup parameters: printable ASCII only')
    if (name.startsWith('_pq_.')) unknown.push(name)
    else if (parameters.has(name)) return malformed('startup parameters: one is given twice')
    else parameters.set(name, value)
  }
  const spoken = Math.min(minor, minorMax)
  const negotiate = minor > spoken || unknown.length > 0 ? { minor: spoken, unknown } : undefined
  return { kind: 'start', parameters, minor: spoken, negotiate }
}

function malformed(because: string): Startup {
  return { kind: 'malformed', because }
}
