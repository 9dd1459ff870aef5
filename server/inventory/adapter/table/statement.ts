/** What stands at the start of an SQL statement, and where a statement ends. Pure: bytes in, positions out. */

export interface Dialect {
  /** Backslashes escape inside every literal: MySQL and MariaDB, old PostgreSQL. */
  escaped: boolean
  /** `#` opens a comment: MySQL and MariaDB. */
  readonly hash: boolean
  /** Ends statements; `DELIMITER` changes it. */
  delimiter: string
}

/** The dialect, from the first bytes of a dump. */
export function dialectOf(sample: Uint8Array): Dialect {
  const text = Buffer.from(sample).toString('latin1', 0, 64 * 1024)
  const mysql = /^-- (?:MySQL|MariaDB) dump|\/\*!\d{5}|\/\*M!|\bENGINE\s*=\s*\w|(?:CREATE TABLE|INSERT INTO|DROP TABLE IF EXISTS|CREATE DATABASE)[^"'\n]{0,40}`/im.test(text)
  return { escaped: mysql, hash: mysql, delimiter: ';' }
}

/** What the last lines of a dump hold, of the programs that write such lines; undefined where nothing tells a whole dump from a cut one. */
export function endOf(beginning: string): RegExp | undefined {
  if (/^-- PostgreSQL database cluster dump$/m.test(beginning)) return /^-- PostgreSQL database cluster dump complete$/m
  if (/^-- PostgreSQL database dump$/m.test(beginning)) return /^-- PostgreSQL database dump complete$/m
  if (/^-- (?:MySQL|MariaDB) dump /m.test(beginning)) return /^-- Dump completed/m
  return /^\s*PRAGMA foreign_keys=OFF;\s*(?:B|$)/.test(beginning) ? /^COMMIT;\s*$/m : undefined // after an error it ends with ROLLBACK
}

const identifier = String.raw`(?:\x60(?:[^\x60]|\x60\x60)+\x60|"(?:[^"]|"")+"|\[[^\]\n]+\]|[\w$\x80-\xff]+)`
const qualified = String.raw`${identifier}(?:\s*\.\s*${identifier}){0,2}`
const columnList = String.raw`\(\s*((?:${identifier}\s*,\s*)*${identifier})\s*\)`
const insertPattern = new RegExp(String.raw`^(?:insert|replace)\s+(?:(?:low_priority|delayed|high_priority|ignore|or\s+\w+)\s+)*(?:into\s+)?(${qualified})(?:\s*${columnList})?\s*(?:overriding\s+\w+\s+value\s*)?values?\s*(?=\()`, 'i')
const copyPattern = new RegExp(String.raw`^copy\s+(${qualified})(?:\s*${columnList})?\s+from\s+stdin\b([^;\n]*)(?:;[ \t]*\r?)?\n`, 'i')
const createPattern = new RegExp(String.raw`^create\s+(?:(?:global|local|temp|temporary|unlogged|foreign|virtual|or\s+replace)\s+)*table\s+(?:if\s+not\s+exists\s+)?(${qualified})\s*\(`, 'i')
const identifiers = new RegExp(identifier, 'g')

// Quotes, brackets and comments of a statement that do not close: a few are another dialect's, more are made to be looked for in vain.
const unclosedMax = 16

export interface Head {
  readonly kind: 'insert' | 'copy'
  /** The parts of the table's name, as the database knows them. */
  readonly table: readonly string[]
  readonly columns: readonly string[] | undefined
  /** Bytes of the head: up to the first row. */
  readonly length: number
  /** Options of COPY. */
  readonly options: string
}

/** A name as the database knows it: quotes of any dialect taken off. */
function plain(name: string): string {
  const text = Buffer.from(name, 'latin1').toString('utf8')
  const first = text[0]
  if (first === '[') return text.slice(1, -1)
  if (first !== '"' && first !== '`') return text
  return text.slice(1, -1).replaceAll(first + first, first)
}

const namesIn = (text: string): string[] => [...text.matchAll(identifiers)].map(([name]) => plain(name))

/** Whether the bytes may begin a statement with rows. Cheap: looked at for every statement. */
export function mayHoldRows(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at]! | 0x20
  return first === 0x69 || first === 0x72 || first === 0x63 // insert, replace, copy
}

/** The head of a statement that brings rows; undefined for any other. `text` holds one character a byte. */
export function headOf(text: string): Head | undefined {
  const insert = insertPattern.exec(text)
  const found = insert ?? copyPattern.exec(text)
  if (found === null) return undefined
  return {
    kind: insert === null ? 'copy' : 'insert', table: namesIn(found[1]!), columns: found[2] === undefined ? undefined : namesIn(found[2]),
    length: found[0].length, options: insert === null ? (found[3] ?? '') : '',
  }
}

const noColumn = /^(?:primary|constraint|key|unique|index|foreign|check|fulltext|spatial|exclude|like|period)$/i

/** Table and columns that a `CREATE TABLE` statement declares; undefined for any other. `text` holds one character a byte. */
export function declaredIn(text: string): { table: string[]; columns: string[] } | undefined {
  const found = createPattern.exec(text)
  if (found === null) return undefined
  const columns: string[] = []
  let depth = 1
  let expected = true
  const token = new RegExp(String.raw`'(?:[^'\\]|\\.|'')*'|(?:--|#)[^\n]*|\/\*[\s\S]*?\*\/|${identifier}|[(),'"\x60[]|\/\*`, 'g')
  let unclosed = 0
  token.lastIndex = found[0].length
  for (let match = token.exec(text); match !== null && depth > 0; match = token.exec(text)) {
    const [word] = match
    if (word === '(') depth += 1
    else if (word === ')') depth -= 1
    else if (word === ',' && depth === 1) expected = true
    else if (/^(?:['"`[]|\/\*)$/.test(word)) {
      unclosed += 1
      if (unclosed > unclosedMax) break
    } else if (expected && !/^(?:'|--|#|\/\*|,)/.test(word)) {
      expected = false
      if (!noColumn.test(word)) columns.push(plain(word))
    }
  }
  return { table: namesIn(found[1]!), columns }
}

/** Where in a statement the reading stands, when it is longer than what is held. */
export interface Inside {
  readonly mode: 'plain' | 'quoted' | 'line' | 'block' | 'dollar'
  /** The quote, or the tag of a dollar quote. */
  readonly mark: string
}

export const outside: Inside = { mode: 'plain', mark: '' }

// A token that decides something is no longer: dollar tags, delimiters, the keyword of the next statement.
const tokenBytesMax = 80

const boundaryPattern = /^\r?\n[ \t]*(?:insert\s+(?:into\s+)?[\w"`[.\x80-\xff]|go[ \t]*(?:\r?\n|$))/i

/** Reads a statement from `at`: to where it ends, or to where more bytes are needed to go on, with the state to go on in. */
export function readStatement(bytes: Buffer, at: number, state: { readonly dialect: Dialect; readonly inside: Inside; readonly ended: boolean }): { to: number; done: boolean; inside: Inside } {
  const { dialect, ended } = state
  const stop = ended ? bytes.length : bytes.length - tokenBytesMax
  let { mode, mark } = state.inside
  let i = at
  for (; i < stop; i += 1) {
    const byte = bytes[i]!
    if (mode === 'plain') {
      if (isWord(byte)) continue
      if (byte === dialect.delimiter.charCodeAt(0) && startsWith(bytes, i, dialect.delimiter)) return { to: i + dialect.delimiter.length, done: true, inside: outside }
      if (byte === 0x0a && dialect.delimiter === ';' && boundaryPattern.test(bytes.toString('latin1', i, i + 64))) return { to: i + 1, done: true, inside: outside }
      const opened = opening(bytes, i, dialect)
      if (opened === undefined) continue
      mode = opened.mode
      mark = opened.mark
      i += opened.length - 1
    } else if (mode === 'quoted') {
      if (byte === 0x5c && mark === '\'' && dialect.escaped) i += 1
      else if (byte === mark.charCodeAt(0)) mode = 'plain' // a doubled quote opens again at once
    } else if (mode === 'line') {
      if (byte === 0x0a) { mode = 'plain'; i -= 1 }
    } else if (startsWith(bytes, i, mark)) {
      i += mark.length - 1
      mode = 'plain'
    }
  }
  return { to: Math.min(i, bytes.length), done: ended, inside: { mode, mark } }
}

const isWord = (byte: number): boolean => byte === 0x20 || byte >= 0x61 && byte <= 0x7a || byte >= 0x30 && byte <= 0x39 || byte >= 0x41 && byte <= 0x5a || byte >= 0x80

function opening(bytes: Buffer, at: number, dialect: Dialect): (Inside & { length: number }) | undefined {
  const byte = bytes[at]!
  if (byte === 0x27 || byte === 0x22 || byte === 0x60) return { mode: 'quoted', mark: String.fromCharCode(byte), length: 1 }
  if (byte === 0x2d && bytes[at + 1] === 0x2d) return { mode: 'line', mark: '', length: 2 }
  if (byte === 0x23 && dialect.hash) return { mode: 'line', mark: '', length: 1 }
  if (byte === 0x2f && bytes[at + 1] === 0x2a) return { mode: 'block', mark: '*/', length: 2 }
  if (byte !== 0x24 || dialect.hash) return undefined
  const tag = /^\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]{0,62})?\$/.exec(bytes.toString('latin1', at, at + 66))?.[0]
  return tag === undefined ? undefined : { mode: 'dollar', mark: tag, length: tag.length }
}

function startsWith(bytes: Buffer, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i += 1) if (bytes[at + i] !== text.charCodeAt(i)) return false
  return true
}
