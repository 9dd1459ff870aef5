/**
 * Bytes that are not what their format says. `code` is `<format>/<cause>`, stable for programs; the message is for people
 * and carries shapes and numbers only, never the bytes themselves.
 */
export class Malformed extends Error {
  override readonly name = 'Malformed'
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Throws `Malformed`; typed `never` so that it can stand where a value is wanted. */
export function malformed(code: string, message: string): never {
  throw new Malformed(code, message)
}
