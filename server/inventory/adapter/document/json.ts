/**
 * A tokenizer for JSON of any size (RFC 8259), fed in pieces: it holds one token and the brackets around it, nothing else. Values come as they are
 * written, so that `24.40` and a number of twenty digits stay what they are. Several values one behind the other are accepted.
 */

/** Brackets inside brackets. People's records have under ten; what is deeper than this was made to exhaust something. */
export const jsonDepthMax = 512

/** Bytes of one string that are held. Longer ones are passed over and counted: no value of a person is that long. */
export const jsonStringBytesMax = 16 * 1024 * 1024

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

export interface JsonTokenizer {
  /** The next bytes (UTF-8). After another outcome than `fine` it must not be fed again. */
  push(bytes: Uint8Array): JsonOutcome
  /** What was not understood, when damaged: from the token where it begins. */
  rest(): Uint8Array
  /** No more bytes follow: damaged when a value is not closed. */
  end(): JsonOutcome
  /** Strings that were longer than `jsonStringBytesMax`. */
  tooLong(): number
}

const [quoteMark, comma, colon, backslash] = [0x22, 0x2c, 0x3a, 0x5c]
type Expected = 'value' | 'first element' | 'key' | 'first key' | 'colon' | 'comma'

/** A tokenizer that tells its events as soon as a token is complete. */
export function createJsonTokenizer(events: JsonEvents): JsonTokenizer {
  const brackets: boolean[] = [] // true: array
  let expected: Expected = 'value'
  let tail: Uint8Array = new Uint8Array(0)
  let passing = false
  let passed = 0

  const settled = (): void => { expected = brackets.length === 0 ? 'value' : 'comma' }

  const open = (array: boolean): boolean => {
    if (brackets.length >= jsonDepthMax) return false
    brackets.push(array)
    events.open(array)
    expected = array ? 'first element' : 'first key'
    return true
  }

  /** Whether the bracket closes the one that is open, where it may. */
  const close = (array: boolean): boolean => {
    const fits = brackets.at(-1) === array && (expected === 'comma' || expected === (array ? 'first element' : 'first key'))
    if (!fits) return false
    brackets.pop()
    events.close(array)
    settled()
    return true
  }

  const text = (value: string): void => {
    if (expected === 'key' || expected === 'first key') {
      events.key(value)
      expected = 'colon'
    } else {
      events.value(value)
      settled()
    }
  }

  const mark = (byte: number): JsonOutcome => {
    if (byte === 0x7b || byte === 0x5b) {
      if (expected !== 'value' && expected !== 'first element') return 'damaged'
      return open(byte === 0x5b) ? 'fine' : 'too deep'
    }
    if (byte === 0x7d || byte === 0x5d) return close(byte === 0x5d) ? 'fine' : 'damaged'
    if (byte === comma && expected === 'comma') expected = brackets.at(-1) === true ? 'value' : 'key'
    else if (byte === colon && expected === 'colon') expected = 'value'
    else return 'damaged'
    return 'fine'
  }

  /** Passes over the rest of a string that is too long: where it ends, or -1. */
  const pass = (bytes: Uint8Array, from: number): number => {
    for (let at = from; at < bytes.length; at += 1) {
      if (bytes[at] === backslash) at += 1
      else if (bytes[at] === quoteMark) return at + 1
      if (at === bytes.length) tail = bytes.subarray(bytes.length - 1) // the escaped one is still to come
    }
    return -1
  }

  const string = (bytes: Uint8Array, from: number): number => {
    const end = stringEnd(bytes, from + 1)
    if (end < 0) return -1
    text(stringOf(bytes, from, end))
    return end
  }

  const literal = (bytes: Uint8Array, from: number, last: boolean): number => {
    let end = from
    while (end < bytes.length && isLiteral(bytes[end]!)) end += 1
    if (end === bytes.length && !last && end - from <= literalMax) return -1
    const word = Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.min(end - from, literalMax + 1)).toString('latin1')
    if ((expected !== 'value' && expected !== 'first element') || brackets.length === 0 || !isValue(word)) return -2
    events.value(word === 'null' ? undefined : word)
    settled()
    return end
  }

  const read = (bytes: Uint8Array, last: boolean): JsonOutcome => {
    let at = 0
    if (passing) {
      at = pass(bytes, 0)
      if (at < 0) return 'fine'
      passing = false
      text('')
    }
    while (at < bytes.length) {
      const byte = bytes[at]!
      if (isSpace(byte)) {
        at += 1
        continue
      }
      let next = at + 1
      if (byte === quoteMark) next = expected === 'colon' || expected === 'comma' || brackets.length === 0 ? -2 : string(bytes, at)
      else if (isLiteral(byte)) next = literal(bytes, at, last)
      else {
        const outcome = mark(byte)
        if (outcome !== 'fine') {
          tail = bytes.subarray(at)
          return outcome
        }
      }
      if (next < 0) {
        tail = bytes.subarray(at)
        return next === -2 ? 'damaged' : 'fine'
      }
      at = next
    }
    return 'fine'
  }

  return {
    push: (given) => {
      const bytes = tail.length === 0 ? given : Buffer.concat([tail, given])
      tail = new Uint8Array(0)
      const outcome = read(bytes, false)
      if (outcome === 'fine' && !passing && tail.length > jsonStringBytesMax && tail[0] === quoteMark) {
        passing = true
        passed += 1
        const held = tail
        tail = new Uint8Array(0)
        pass(held, 1)
      }
      return outcome
    },
    rest: () => tail,
    end: () => {
      const outcome = tail.length === 0 ? 'fine' : read(tail, true)
      return outcome === 'fine' && brackets.length === 0 && !passing ? 'fine' : 'damaged'
    },
    tooLong: () => passed,
  }
}

const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09 || byte === 0x1e // the last separates values (RFC 7464)
const isLiteral = (byte: number): boolean => (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a) || byte === 0x2d || byte === 0x2b || byte === 0x2e
const isValue = (word: string): boolean => /^(-?\d+(\.\d+)?([eE][+-]?\d+)?|true|false|null|NaN|-?Infinity)$/.test(word)

/** Where the string that begins before `from` is closed, behind the mark; -1 when it is not. */
function stringEnd(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === quoteMark) return at + 1
    if (byte === backslash) at += 1
  }
  return -1
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
  const tokenizer = createJsonTokenizer({ open: nothing, close: nothing, key: nothing, value: nothing })
  const outcome = tokenizer.push(Buffer.from(text))
  return outcome === 'too deep' || (outcome === 'fine' && (!whole || tokenizer.end() === 'fine' || text.length > 1024))
}
