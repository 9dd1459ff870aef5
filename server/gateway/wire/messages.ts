/** Messages the gateway writes itself, and the few it reads whole: PostgreSQL frontend/backend protocol 3, "Message Formats". */

/** A typed message: type, Int32 length (itself included), body. */
export function message(type: string, body: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(5 + body.length)
  bytes[0] = type.charCodeAt(0)
  bytes.writeInt32BE(4 + body.length, 1)
  bytes.set(body, 5)
  return bytes
}

/** Zero-terminated strings; a zero inside would end them early and is dropped. */
export function strings(...texts: readonly string[]): Buffer {
  return Buffer.from(texts.map((text) => text.replaceAll('\0', '') + '\0').join(''))
}

export function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value | 0)
  return bytes
}

/** What the client reads when something is refused or ended. `code` is a SQLSTATE. No subject's value may be in it. */
export interface ErrorText {
  readonly severity: 'ERROR' | 'FATAL'
  readonly code: string
  readonly message: string
  readonly detail?: string
  readonly hint?: string
}

/** ErrorResponse. */
export function errorResponse(error: ErrorText): Buffer {
  const fields = new Map([['S', error.severity], ['V', error.severity], ['C', error.code], ['M', error.message]])
  if (error.detail !== undefined) fields.set('D', error.detail)
  if (error.hint !== undefined) fields.set('H', error.hint)
  return writeFields('E', fields)
}

/** The fields of an ErrorResponse or NoticeResponse, by their one-letter type; undefined when the body is malformed. */
export function readFields(body: Buffer): Map<string, string> | undefined {
  const fields = new Map<string, string>()
  let at = 0
  while (at < body.length) {
    const type = body[at]
    if (type === 0) return at === body.length - 1 ? fields : undefined
    const end = body.indexOf(0, at + 1)
    if (end === -1) return undefined
    // Latin-1 both ways, so that bytes of any client encoding survive being read and written.
    fields.set(String.fromCharCode(type ?? 0), body.toString('latin1', at + 1, end))
    at = end + 1
  }
  return undefined
}

/** ErrorResponse (`E`) or NoticeResponse (`N`) from fields in Latin-1. */
export function writeFields(type: 'E' | 'N', fields: ReadonlyMap<string, string>): Buffer {
  const text = [...fields].map(([letter, value]) => `${letter}${value}\0`).join('') + '\0'
  return message(type, Buffer.from(text, 'latin1'))
}

export const authenticationOk = message('R', int32(0))

/** AuthenticationSASL naming the one mechanism. */
export const authenticationScram = message('R', Buffer.concat([int32(10), strings('SCRAM-SHA-256', '')]))

export function authenticationContinue(text: string): Buffer {
  return message('R', Buffer.concat([int32(11), Buffer.from(text)]))
}

export function authenticationFinal(text: string): Buffer {
  return message('R', Buffer.concat([int32(12), Buffer.from(text)]))
}

/** NegotiateProtocolVersion: 3.`minor` is spoken, and none of these options. The version is sent whole, as PostgreSQL itself does. */
export function negotiateProtocolVersion(minor: number, unknown: readonly string[]): Buffer {
  return message('v', Buffer.concat([int32((3 << 16) | minor), int32(unknown.length), strings(...unknown)]))
}

/** BackendKeyData: an Int32, and a secret of 4 bytes, or of more from protocol 3.2 on. */
export function backendKey(process: number, secret: Buffer): Buffer {
  return message('K', Buffer.concat([int32(process), secret]))
}

/** ReadyForQuery outside a transaction. */
export const readyIdle = message('Z', Buffer.from('I'))

/** The 16 bytes that ask a server to cancel what runs under this key. */
export function cancelPacket(process: number, secret: number): Buffer {
  return Buffer.concat([int32(16), int32(80_877_102), int32(process), int32(secret)])
}

/** StartupMessage, protocol 3.0. */
export function startupPacket(parameters: Readonly<Record<string, string>>): Buffer {
  const body = Buffer.concat([int32(3 << 16), strings(...Object.entries(parameters).flat()), Buffer.from([0])])
  return Buffer.concat([int32(4 + body.length), body])
}

export interface Message { readonly type: string; readonly body: Buffer; readonly size: number }

/** The first whole message in `bytes`; undefined when it is not whole, 'malformed' when its length cannot be. */
export function readMessage(bytes: Buffer, bytesMax: number): Message | undefined | 'malformed' {
  if (bytes.length < 5) return undefined
  const length = bytes.readUInt32BE(1)
  if (length < 4 || length > bytesMax) return 'malformed'
  if (bytes.length < 1 + length) return undefined
  return { type: String.fromCharCode(bytes[0] ?? 0), body: bytes.subarray(5, 1 + length), size: 1 + length }
}

/** The mechanism and the text of a SASLInitialResponse body; undefined when malformed. */
export function readSaslInitial(body: Buffer): { mechanism: string; text: string } | undefined {
  const end = body.indexOf(0)
  if (end === -1 || body.length < end + 5) return undefined
  if (body.readInt32BE(end + 1) !== body.length - end - 5) return undefined
  return { mechanism: body.toString('latin1', 0, end), text: body.toString('latin1', end + 5) }
}
