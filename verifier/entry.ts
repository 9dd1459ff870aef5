import { malformed } from './malformed.ts'
import { sha256 } from './merkle.ts'
import { bytesOf, hexOf, utf8Of } from './text.ts'

/** Length of the salt in front of a payload, in bytes. Random, so that a short payload cannot be guessed from its commitment. */
export const saltBytes = 32

const commitmentDomain = bytesOf('bailee/commit/v1\n')

/** What a leaf promises about one payload: its name (a retention class) and the commitment, 64 hexadecimal digits. */
export interface EntryPart {
  readonly c: string
  readonly n: string
}

/** A leaf of a controller's log or the common log. `at` is Unix seconds and only a claim; `common` the size of slot 0's log when it was decided. */
export interface Entry {
  readonly at: number
  readonly type: string
  readonly parts: readonly EntryPart[]
  readonly common?: number
}

/** SHA-256("bailee/commit/v1\n" || salt || payload), as 64 lower-case hexadecimal digits. Throws `RangeError` for a salt of another length. */
export function commitmentOf(salt: Uint8Array, payload: Uint8Array): string {
  if (salt.length !== saltBytes) throw new RangeError('a salt has 32 bytes')
  return hexOf(sha256(commitmentDomain, salt, payload))
}

/**
 * Reads a leaf from the bytes as they were hashed; they are never written again from what was read. Fields it does not
 * know are left alone (a genesis entry names its log). Throws `Malformed` `entry/...`.
 */
export function parseEntry(bytes: Uint8Array): Entry {
  const value = jsonObjectOf(utf8Of(bytes, 'entry/utf8'), 'entry/json')
  if (value['v'] !== 1) malformed('entry/version', 'not an entry of version 1')
  const type = value['type']
  if (typeof type !== 'string' || !/^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$/.test(type)) malformed('entry/type', 'not a noun and a past participle')
  const at = value['at']
  if (!isCount(at)) malformed('entry/at', 'not Unix seconds')
  const common = value['common']
  if (common !== undefined && !isCount(common)) malformed('entry/common', 'not a size')
  const parts = partsOf(value['parts'])
  return common === undefined ? { at, type, parts } : { at, type, parts, common }
}

function partsOf(value: unknown): EntryPart[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) malformed('entry/parts', 'not a list')
  const parts = value.map(partOf)
  const names = new Set(parts.map((part) => part.n))
  return names.size === parts.length ? parts : malformed('entry/parts', 'two parts of one name')
}

function partOf(value: unknown): EntryPart {
  if (!isObject(value)) malformed('entry/parts', 'not an object')
  const { c, n } = value as { c?: unknown; n?: unknown }
  if (typeof c !== 'string' || !/^[0-9a-f]{64}$/.test(c)) malformed('entry/parts', 'a commitment is 64 lower-case hexadecimal digits')
  if (typeof n !== 'string' || !isPartName(n)) malformed('entry/parts', 'a part is named by a lower-case word')
  return { c, n }
}

/** True for a name that a part may have: it is also the end of a file's name. */
export function isPartName(name: string): boolean {
  return /^[a-z][a-z0-9_-]{0,63}$/.test(name)
}

/** Parses JSON that must be an object, and says nothing twice: of two values under one name, readers take one or the other (RFC 8259 4). Throws `Malformed` with the code given. The parser's own message would quote the bytes. */
export function jsonObjectOf(text: string, code: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    malformed(code, 'not JSON')
  }
  const fault = faultIn(text)
  if (fault !== undefined) malformed(code, fault)
  return isObject(value) ? value : malformed(code, 'not a JSON object')
}

/** Deepest that objects and lists may lie in each other: whoever writes them again goes down into each, and a machine goes no deeper than it has memory for. */
const depthMax = 200

/** What two readers could read two ways, or one not to its end, in text that is JSON: an object, at any depth, with two members of one name; or what lies too deep. Undefined where nothing is. */
export function faultIn(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at]
    if (sign === '{') open.push(new Set())
    else if (sign === '[') open.push(undefined)
    else if (sign === '}' || sign === ']') open.pop()
    else if (sign === '"') {
      const begins = at
      for (at += 1; text[at] !== '"'; at += 1) if (text[at] === '\\') at += 1
      const names = open.at(-1)
      let next = at + 1
      while (' \t\n\r'.includes(text[next] ?? ',')) next += 1
      if (names === undefined || text[next] !== ':') continue
      const name = JSON.parse(text.slice(begins, at + 1)) as string
      if (names.has(name)) return 'it says one thing twice'
      names.add(name)
    }
    if (open.length > depthMax) return 'it lies too deep in itself'
  }
  return undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
