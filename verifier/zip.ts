import { crc32, inflateRawSync } from 'node:zlib'
import { malformed } from './malformed.ts'
import { bundleFileBytesMax } from './source.ts'
import type { BundleSource } from './source.ts'
import { utf8Of, viewOf } from './text.ts'

// A zip file, read only (PKWARE APPNOTE 6.3): stored and deflated members, and ZIP64, which long logs need for the number
// of their files. Nothing is inflated before it is asked for.

/** Most members: a head file a minute for seven years. */
export const zipMembersMax = 4_000_000
/** Most bytes that all members together may claim to inflate to: a log of fifty million entries with its tiles. */
export const zipInflatedBytesMax = 16 * 1024 ** 3

const endSignature = 0x06054b50
const end64LocatorSignature = 0x07064b50
const end64Signature = 0x06064b50
const centralSignature = 0x02014b50
const localSignature = 0x04034b50

interface Member {
  readonly name: string
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly inflated: number
  readonly offset: number
}

/** Where the central directory says it is. */
interface Central {
  readonly count: number
  readonly size: number
  readonly offset: number
}

/**
 * A bundle in a zip, all of whose bytes are given. One folder around everything is looked through. Throws `Malformed`
 * `zip/...` for what is no zip, for names that leave the bundle or come twice, and past the limits.
 */
export function openZip(bytes: Uint8Array): BundleSource {
  const zip = viewOf(bytes)
  const members = membersOf(zip)
  const prefix = commonFolder([...members.keys()])
  const folders = new Map<string, string[]>()
  for (const name of members.keys()) {
    const path = name.slice(prefix.length)
    const folder = path.slice(0, path.lastIndexOf('/') + 1)
    const names = folders.get(folder)
    if (names === undefined) folders.set(folder, [path])
    else names.push(path)
  }
  return {
    read: (path) => {
      const member = members.get(`${prefix}${path}`)
      return member === undefined ? undefined : inflate(zip, member)
    },
    list: (folder) => folders.get(folder) ?? [],
  }
}

function membersOf(zip: Buffer): Map<string, Member> {
  const central = centralOf(zip)
  if (central.count > zipMembersMax) malformed('zip/members', 'more members than a bundle may have')
  const members = new Map<string, Member>()
  let at = central.offset
  let total = 0
  for (let seen = 0; seen < central.count; seen += 1) {
    const { member, next } = memberAt(zip, at)
    at = next
    if (member.name.endsWith('/')) continue
    checkName(member.name)
    if (members.has(member.name)) malformed('zip/twice', 'one name for two members')
    total += member.inflated
    if (member.inflated > bundleFileBytesMax || total > zipInflatedBytesMax) malformed('zip/bomb', 'members inflate to more than a bundle may hold')
    members.set(member.name, member)
  }
  return at === central.offset + central.size ? members : malformed('zip/central', 'the central directory has another size than it says')
}

function centralOf(zip: Buffer): Central {
  // The end record is 22 bytes and a comment of at most 65,535 that must reach exactly to the end of the file.
  for (let at = zip.length - 22; at >= 0 && at >= zip.length - 22 - 65_535; at -= 1) {
    if (zip.readUInt32LE(at) !== endSignature || at + 22 + zip.readUInt16LE(at + 20) !== zip.length) continue
    const central = { count: zip.readUInt16LE(at + 10), size: zip.readUInt32LE(at + 12), offset: zip.readUInt32LE(at + 16) }
    if (zip.readUInt16LE(at + 4) !== 0 || zip.readUInt16LE(at + 6) !== 0) malformed('zip/split', 'a zip in several volumes')
    const wide = central.count === 0xffff || central.size === 0xffffffff || central.offset === 0xffffffff
    return within(zip, wide ? central64Of(zip, at) : central)
  }
  return malformed('zip/end', 'not a zip: it has no end record')
}

function central64Of(zip: Buffer, end: number): Central {
  const locator = end - 20
  if (locator < 0 || zip.readUInt32LE(locator) !== end64LocatorSignature) malformed('zip/end', 'the ZIP64 locator is missing')
  const at = numberAt(zip, locator + 8)
  if (at + 56 > zip.length || zip.readUInt32LE(at) !== end64Signature) malformed('zip/end', 'the ZIP64 end record is missing')
  return { count: numberAt(zip, at + 32), size: numberAt(zip, at + 40), offset: numberAt(zip, at + 48) }
}

function within(zip: Buffer, central: Central): Central {
  return central.offset + central.size <= zip.length ? central : malformed('zip/central', 'the central directory lies beyond the file')
}

function memberAt(zip: Buffer, at: number): { member: Member; next: number } {
  if (at + 46 > zip.length || zip.readUInt32LE(at) !== centralSignature) malformed('zip/central', 'the central directory ends early')
  const nameLength = zip.readUInt16LE(at + 28)
  const extraLength = zip.readUInt16LE(at + 30)
  const next = at + 46 + nameLength + extraLength + zip.readUInt16LE(at + 32)
  if (next > zip.length) malformed('zip/central', 'the central directory ends early')
  const flags = zip.readUInt16LE(at + 8)
  if (flags % 2 === 1) malformed('zip/encrypted', 'an encrypted member')
  const method = zip.readUInt16LE(at + 10)
  if (method !== 0 && method !== 8) malformed('zip/method', 'a member neither stored nor deflated')
  const name = utf8Of(zip.subarray(at + 46, at + 46 + nameLength), 'zip/name')
  const short = { packed: zip.readUInt32LE(at + 20), inflated: zip.readUInt32LE(at + 24), offset: zip.readUInt32LE(at + 42) }
  const sizes = widened(short, zip.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength))
  return { member: { name, method, crc: zip.readUInt32LE(at + 16), ...sizes }, next }
}

/** ZIP64: each 32-bit field that is all ones stands in the extra field 0x0001, in this order. */
function widened(short: { inflated: number; packed: number; offset: number }, extra: Buffer): { inflated: number; packed: number; offset: number } {
  const wide = (['inflated', 'packed', 'offset'] as const).filter((field) => short[field] === 0xffffffff)
  if (wide.length === 0) return short
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    if (at + 4 + wide.length * 8 > extra.length) break
    return { ...short, ...Object.fromEntries(wide.map((field, place) => [field, numberAt(extra, at + 4 + place * 8)])) }
  }
  return malformed('zip/central', 'a ZIP64 field is missing')
}

function inflate(zip: Buffer, member: Member): Uint8Array {
  const { offset, packed, inflated } = member
  if (offset + 30 > zip.length || zip.readUInt32LE(offset) !== localSignature) malformed('zip/local', 'a member is not where the directory says')
  const nameLength = zip.readUInt16LE(offset + 26)
  const begin = offset + 30 + nameLength + zip.readUInt16LE(offset + 28)
  if (begin + packed > zip.length) malformed('zip/local', 'a member lies beyond the file')
  if (zip.toString('utf8', offset + 30, offset + 30 + nameLength) !== member.name) malformed('zip/local', 'a member has two names')
  const bytes = unpack(zip.subarray(begin, begin + packed), member)
  if (bytes.length !== inflated || crc32(bytes) !== member.crc) malformed('zip/damaged', 'a member is damaged')
  return bytes
}

function unpack(packed: Buffer, { method, inflated }: Member): Uint8Array {
  if (method === 0) return packed
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, inflated) }) // what it claims is all it gets
  } catch {
    return malformed('zip/damaged', 'a member does not inflate to what it claims')
  }
}

function checkName(name: string): void {
  const parts = name.split('/')
  if (name.includes('\\') || name.includes('\0') || parts.some((part) => part === '' || part === '.' || part === '..')) malformed('zip/name', 'a name that leaves the bundle')
}

/** `bundle/` when everything lies in that one folder, as most tools pack a directory. */
function commonFolder(names: readonly string[]): string {
  const first = names[0]
  if (first === undefined || !first.includes('/')) return ''
  const folder = first.slice(0, first.indexOf('/') + 1)
  return names.includes(`${folder}policy`) && names.every((name) => name.startsWith(folder)) ? folder : ''
}

function numberAt(bytes: Buffer, at: number): number {
  const value = at + 8 <= bytes.length ? bytes.readBigUInt64LE(at) : malformed('zip/end', 'a number beyond the file')
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : malformed('zip/end', 'a number beyond 2^53')
}
