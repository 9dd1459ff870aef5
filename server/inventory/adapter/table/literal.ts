/**
 * The values of a row in an SQL statement. Literals are taken byte by byte, with the escapes of the dialect; calls that a dump writes
 * around a text (`replace`, `char`, `unistr`, `||`) are worked out; of any other expression every literal is a value.
 */

/** What a value is: bytes of a text, a binary value, or NULL. */
export type Cell = { readonly kind: 'text' | 'binary'; readonly bytes: Uint8Array } | { readonly kind: 'null' }

const backslash = 0x5c
const apostrophe = 0x27
// Calls inside calls; a dump has two or three.
const nestingMax = 64
// Bytes that the calls of an expression may make together, over its own: each call inside another makes its text once more, and none makes much of little.
const [madeMax, madeGraceBytes] = [8, 4096]

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', Z: '\x1a', b: '\b', f: '\f', v: '\v' }

/** Where the literal that opens with the quote at `at` ends (behind its closing quote); -1 when it does not end before `end`. */
export function literalEnd(bytes: Uint8Array, at: number, { end, escaped }: { readonly end: number; readonly escaped: boolean }): number {
  const quote = bytes[at]!
  for (let i = at + 1; i < end; i += 1) {
    const byte = bytes[i]!
    if (byte === backslash && escaped) i += 1
    else if (byte === quote) {
      if (i + 1 >= end) return -1
      if (bytes[i + 1] !== quote) return i + 1
      i += 1
    }
  }
  return -1
}

/** The text of a literal, quotes included, as bytes. */
export function textOfLiteral(literal: Buffer, escaped: boolean): Uint8Array {
  const inside = literal.subarray(1, -1)
  const doubled = inside.includes(apostrophe)
  if (!doubled && !(escaped && inside.includes(backslash))) return inside
  const out = Buffer.allocUnsafe(inside.length)
  let at = 0
  for (let i = 0; i < inside.length; i += 1) {
    const byte = inside[i]!
    if (byte === apostrophe) i += 1
    if (byte !== backslash || !escaped) { out[at++] = byte; continue }
    i += 1
    const next = inside[i] ?? backslash
    out[at++] = (escapes[String.fromCharCode(next)] ?? String.fromCharCode(next)).charCodeAt(0)
  }
  return out.subarray(0, at)
}

/** One character a byte, so that text of any encoding passes unchanged. */
const wide = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
const narrow = (text: string): Uint8Array => Buffer.from(text, 'latin1')

/** The values of an expression that is more than a literal: first that of its column, then those that stand beside it. `tooFar` is called where its calls would make far more than stands in it: it is not worked out. */
export function cellsOf(expression: Uint8Array, escaped: boolean, tooFar: () => void = () => undefined): readonly Cell[] {
  const text = wide(expression).trim()
  if (/^(?:null|default)$/i.test(text)) return [{ kind: 'null' }]
  if (/^0x(?:[0-9a-f]{2})+$/i.test(text)) return [{ kind: 'binary', bytes: Buffer.from(text.slice(2), 'hex') }]
  const hexadecimal = /^(?:_binary\s*|_\w+\s*)?x\s*'((?:[0-9a-f]{2})*)'$/i.exec(text)
  if (hexadecimal !== null) return [{ kind: 'binary', bytes: Buffer.from(hexadecimal[1]!, 'hex') }]
  const reader: Reader = { text, bytes: Buffer.from(text, 'latin1'), at: 0, escaped, depth: 0, left: madeMax * text.length + madeGraceBytes }
  const value = concatenation(reader)
  space(reader)
  if (value !== undefined && reader.at === text.length) {
    return [{ kind: /^_binary\b/i.test(text) ? 'binary' : 'text', bytes: narrow(value) }]
  }
  if (reader.left < 0) tooFar()
  const literals = [...literalsOf(reader.bytes, escaped)].map((literal): Cell => ({ kind: 'text', bytes: literal }))
  return literals.length > 0 ? literals : [{ kind: 'text', bytes: narrow(text) }]
}

function* literalsOf(bytes: Buffer, escaped: boolean): Generator<Uint8Array> {
  for (let at = bytes.indexOf(apostrophe); at >= 0; ) {
    const end = literalEnd(bytes, at, { end: bytes.length, escaped })
    const to = end < 0 ? bytes.length : end
    yield textOfLiteral(bytes.subarray(at, to), escaped)
    at = bytes.indexOf(apostrophe, to)
  }
}

interface Reader {
  readonly text: string
  /** The same. */
  readonly bytes: Buffer
  at: number
  readonly escaped: boolean
  depth: number
  /** Bytes that its calls may still make; less than 0 once one would have made more. */
  left: number
}

function space(reader: Reader): void {
  while (/\s/.test(reader.text[reader.at] ?? '')) reader.at += 1
}

function accept(reader: Reader, token: string): boolean {
  space(reader)
  if (!reader.text.startsWith(token, reader.at)) return false
  reader.at += token.length
  return true
}

function concatenation(reader: Reader): string | undefined {
  let value = primary(reader)
  while (value !== undefined && accept(reader, '||')) {
    const next = primary(reader)
    value = next === undefined ? undefined : value + next
  }
  return value
}

function primary(reader: Reader): string | undefined {
  space(reader)
  const word = /(?:[A-Za-z_][A-Za-z_0-9]*|U&)?/y
  word.lastIndex = reader.at
  const name = /^[uU]&'/.test(reader.text.slice(reader.at, reader.at + 3)) ? 'u&' : (word.exec(reader.text)?.[0] ?? '').toLowerCase()
  reader.at += name.length
  space(reader)
  let value: string | undefined
  if (reader.text[reader.at] === "'") value = literal(reader, name)
  else if (reader.text[reader.at] === '(') value = call(reader, name)
  else if (name === '') value = numeral(reader)
  if (value !== undefined && accept(reader, '::')) reader.at += /^[\w\s".]*(?:\([\d, ]*\))?(?:\[\])*/.exec(reader.text.slice(reader.at))![0].length
  return value
}

function numeral(reader: Reader): string | undefined {
  const found = /^[-+]?[\d.]+(?:e[-+]?\d+)?/i.exec(reader.text.slice(reader.at, reader.at + 400))?.[0]
  reader.at += found?.length ?? 0
  return found
}

function literal(reader: Reader, prefix: string): string | undefined {
  const escaped = reader.escaped ? prefix !== 'x' : prefix === 'e'
  if (!/^(?:|e|n|u&|b|date|time|timestamp|interval|_\w+)$/.test(prefix)) return undefined
  const { bytes, at } = reader
  const end = literalEnd(bytes, at, { end: bytes.length, escaped })
  const to = end < 0 && bytes.length > at + 1 && bytes.at(-1) === apostrophe ? bytes.length : end
  if (to < 0) return undefined
  reader.at = to
  const text = wide(textOfLiteral(bytes.subarray(at, to), escaped))
  if (prefix === 'u&') return unicodeOf(text, /\\(?:\+([0-9a-f]{6})|([0-9a-f]{4})|(\\))/gi)
  return text
}

const unicodeOf = (text: string, escape: RegExp): string => text.replaceAll(escape, (whole, ...points: (string | undefined)[]) => {
  const point = points.slice(0, -2).find((one) => one !== undefined)
  if (point === undefined || point === '\\') return '\\'
  const code = Number.parseInt(point, 16)
  return code > 0x10ffff ? whole : wide(Buffer.from(String.fromCodePoint(code)))
})

function call(reader: Reader, name: string): string | undefined {
  reader.depth += 1
  if (reader.depth > nestingMax) return undefined
  reader.at += 1
  const values: string[] = []
  if (!accept(reader, ')')) {
    do {
      const value = concatenation(reader)
      if (value === undefined) return undefined
      values.push(value)
    } while (accept(reader, ','))
    if (!accept(reader, ')')) return undefined
  }
  reader.depth -= 1
  if (reader.left < 0 || (name === 'replace' && values.length === 3 && replacedLength(values) > reader.left)) reader.left = -1
  const made = reader.left < 0 ? undefined : worked(name, values)
  if (name !== '') reader.left -= made?.length ?? 0
  return made
}

/** Bytes that `replace` makes. */
function replacedLength([first = '', second = '', third = '']: readonly string[]): number {
  if (second === '' || third.length <= second.length) return first.length
  let times = 0
  for (let at = first.indexOf(second); at >= 0; at = first.indexOf(second, at + second.length)) times += 1
  return first.length + times * (third.length - second.length)
}

/** The calls that dumps write; undefined for any other. */
function worked(name: string, values: readonly string[]): string | undefined {
  const [first = '', second = '', third = ''] = values
  if (name === '' && values.length === 1) return first
  if (name === 'replace' && values.length === 3) return second === '' ? first : first.replaceAll(second, () => third)
  if (name === 'char' || name === 'chr') return values.map((value) => wide(Buffer.from(String.fromCodePoint(Math.max(0, Math.min(Math.trunc(Number(value)) || 0, 0x10ffff)))))).join('')
  if (name === 'unistr' && values.length === 1) return unicodeOf(first, /\\(?:u([\da-fA-F]{4})|U([\da-fA-F]{8})|\+([\da-fA-F]{6})|([\da-fA-F]{4})|(\\))/g)
  if (name === 'concat') return values.join('')
  return undefined
}
