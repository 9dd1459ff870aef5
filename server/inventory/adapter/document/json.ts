/**
 * A tokenizer for JSON of any size (RFC 8259), fed in pieces: it holds one token and the brackets around it, nothing else. Values come as they are
 * written, so that `24.40` and a number of twenty digits stay what they are. Several values one behind the other are accepted.
 */

/** Brackets inside brackets. People's records have under ten; what is deeper than this was made to exhaust something. */
export const jsonDepthMax = 512

/** Bytes of one string that are held. Longer ones are passed over and counted: no value of a person is that long. */
export const jsonStringBytesMax = 16 * 1024 * 1024

/** Characters of a name that tells where a value stands: what is longer was made to be long, or is a value. */
export const jsonNameMax = 1024

// Characters of a number or a word.
const literalMax = 1024

export interface JsonEvents {
  open(array: boolean): void
  close(array: boolean): void
  key(text: string): void
  /** A string decoded; a number or a word as written; `null` as undefined. */
  value(text: string | undefined): void
}

export type JsonOutcome = 'fine' | 'damaged' | 'too deep'

const [quoteMark, comma, colon, backslash] = [0x22, 0x2c, 0x3a, 0x5c]
type Expected = 'value' | 'first element' | 'key' | 'first key' | 'colon' | 'comma'

// Where a token goes on when it is not complete, and when it is none.
const incomplete = -1
const noToken = -2
const insideEscape = -3

/** Tells its events as soon as a token is complete. */
export class JsonTokenizer {
  readonly #events: JsonEvents
  readonly #brackets: boolean[] = [] // true: a list
  #expected: Expected = 'value'
  #tail: Uint8Array = new Uint8Array(0)
  /** A string that is not closed yet: its pieces, none when it is too long to be held. */
  #string: { pieces: Uint8Array[]; size: number; escaped: boolean } | undefined
  /** Strings that were longer than `jsonStringBytesMax`. */
  tooLong = 0

  constructor(events: JsonEvents) {
    this.#events = events
  }

  /** The next bytes (UTF-8). After another outcome than `fine` it must not be fed again. */
  push(given: Uint8Array): JsonOutcome {
    if (given.length === 0) return 'fine'
    const string = this.#string
    if (string === undefined) {
      const bytes = this.#tail.length === 0 ? given : Buffer.concat([this.#tail, given])
      this.#tail = new Uint8Array(0)
      return this.#read(bytes, 0, false)
    }
    const end = stringEnd(given, string.escaped ? 1 : 0)
    if (end < 0) {
      this.#keep(given, end === insideEscape)
      return 'fine'
    }
    this.#string = undefined
    if (string.size <= jsonStringBytesMax) return this.#read(Buffer.concat([...string.pieces, given]), 0, false)
    this.#text('')
    return this.#read(given, end, false)
  }

  /** What was not understood, when damaged: from the token where it begins. */
  get rest(): Uint8Array {
    return this.#string === undefined ? this.#tail : Buffer.concat(this.#string.pieces)
  }

  /** No more bytes follow: damaged when a value is not closed. */
  end(): JsonOutcome {
    const outcome = this.#tail.length === 0 ? 'fine' : this.#read(this.#tail, 0, true)
    return outcome === 'fine' && this.#brackets.length === 0 && this.#string === undefined ? 'fine' : 'damaged'
  }

  #keep(piece: Uint8Array, escaped: boolean): void {
    const string = this.#string ?? { pieces: [], size: 0, escaped: false }
    const before = string.size
    string.size += piece.length
    string.escaped = escaped
    if (string.size <= jsonStringBytesMax) string.pieces.push(piece)
    else {
      string.pieces = []
      if (before <= jsonStringBytesMax) this.tooLong += 1
    }
    this.#string = string
  }

  #read(bytes: Uint8Array, from: number, last: boolean): JsonOutcome {
    let at = from
    while (at < bytes.length) {
      const byte = bytes[at]!
      if (isSpace(byte)) {
        at += 1
        continue
      }
      let next = at + 1
      if (byte === quoteMark) next = this.#quoted(bytes, at)
      else if (isLiteral(byte)) next = this.#literal(bytes, at, last)
      else {
        const outcome = this.#mark(byte)
        if (outcome !== 'fine') {
          this.#tail = bytes.subarray(at)
          return outcome
        }
      }
      if (next < 0) {
        if (this.#string === undefined) this.#tail = bytes.subarray(at)
        return next === noToken ? 'damaged' : 'fine'
      }
      at = next
    }
    return 'fine'
  }

  #mark(byte: number): JsonOutcome {
    if (byte === 0x7b || byte === 0x5b) {
      if (this.#expected !== 'value' && this.#expected !== 'first element') return 'damaged'
      return this.#open(byte === 0x5b) ? 'fine' : 'too deep'
    }
    if (byte === 0x7d || byte === 0x5d) return this.#close(byte === 0x5d) ? 'fine' : 'damaged'
    if (byte === comma && this.#expected === 'comma') this.#expected = this.#brackets.at(-1) === true ? 'value' : 'key'
    else if (byte === colon && this.#expected === 'colon') this.#expected = 'value'
    else return 'damaged'
    return 'fine'
  }

  #open(array: boolean): boolean {
    if (this.#brackets.length >= jsonDepthMax) return false
    this.#brackets.push(array)
    this.#events.open(array)
    this.#expected = array ? 'first element' : 'first key'
    return true
  }

  /** Whether the bracket closes the one that is open, where it may. */
  #close(array: boolean): boolean {
    const fits = this.#brackets.at(-1) === array && (this.#expected === 'comma' || this.#expected === (array ? 'first element' : 'first key'))
    if (!fits) return false
    this.#brackets.pop()
    this.#events.close(array)
    this.#settle()
    return true
  }

  #settle(): void {
    this.#expected = this.#brackets.length === 0 ? 'value' : 'comma'
  }

  #text(value: string): void {
    if (this.#expected === 'key' || this.#expected === 'first key') {
      this.#events.key(value)
      this.#expected = 'colon'
    } else {
      this.#events.value(value)
      this.#settle()
    }
  }

  #quoted(bytes: Uint8Array, from: number): number {
    if (this.#expected === 'colon' || this.#expected === 'comma' || this.#brackets.length === 0) return noToken
    const end = stringEnd(bytes, from + 1)
    if (end < 0) {
      this.#keep(bytes.subarray(from), end === insideEscape)
      return incomplete
    }
    this.#text(stringOf(bytes, from, end))
    return end
  }

  #literal(bytes: Uint8Array, from: number, last: boolean): number {
    let end = from
    while (end < bytes.length && isLiteral(bytes[end]!)) end += 1
    if (end === bytes.length && !last && end - from <= literalMax) return incomplete
    if ((this.#expected !== 'value' && this.#expected !== 'first element') || this.#brackets.length === 0) return noToken
    const word = Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.min(end - from, literalMax + 1)).toString('latin1')
    if (!isValue(word)) return noToken
    this.#events.value(word === 'null' ? undefined : word)
    this.#settle()
    return end
  }
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0x1e // the last separates values (RFC 7464)
const isLiteral = (byte: number): boolean => (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x2d || byte === 0x2b || byte === 0x2e
const isValue = (word: string): boolean => /^(-?\d+(\.\d+)?([eE][+-]?\d+)?|true|false|null|NaN|-?Infinity)$/.test(word)

/** Where the string that begins before `from` is closed, behind the mark; `incomplete` when it is not, `insideEscape` when it stops behind a backslash. */
function stringEnd(bytes: Uint8Array, from: number): number {
  let at = from
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === quoteMark) return at + 1
    if (byte === backslash) at += 1
  }
  return at > bytes.length ? insideEscape : incomplete
}

function stringOf(bytes: Uint8Array, from: number, end: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + from + 1, end - from - 2).toString('utf8')
  if (!text.includes('\\')) return text
  try {
    return JSON.parse(`"${text.replaceAll(/[\u0000-\u001f]/g, (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`) as string
  } catch {
    return text // an escape that is none: as it stands
  }
}

/** Whether a text that begins with a bracket is JSON as far as it goes. */
export function looksLikeJson(text: string, whole: boolean): boolean {
  const nothing = (): void => undefined
  const tokenizer = new JsonTokenizer({ open: nothing, close: nothing, key: nothing, value: nothing })
  const outcome = tokenizer.push(Buffer.from(text))
  return outcome === 'too deep' || (outcome === 'fine' && (!whole || tokenizer.end() === 'fine' || text.length > 1024))
}
