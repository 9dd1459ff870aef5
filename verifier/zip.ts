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

/** Inflates raw deflate (RFC 1951) to at most so many bytes; `undefined` for what is damaged or larger. */
export type InflateRaw = (packed: Uint8Array, bytesMax: number) => Uint8Array | undefined

/** The bytes of a zip, whose numbers are little-endian. */
interface Zip {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly length: number
  uint16(at: number): number
  uint32(at: number): number
}

function zipOf(bytes: Uint8Array): Zip {
  const view = viewOf(bytes)
  return { bytes, view, length: bytes.length, uint16: (at) => view.getUint16(at, true), uint32: (at) => view.getUint32(at, true) }
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
export function openZip(bytes: Uint8Array, inflateRaw: InflateRaw): BundleSource {
  const zip = zipOf(bytes)
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
      return member === undefined ? undefined : memberOf(zip, member, inflateRaw)
    },
    list: (folder) => folders.get(folder) ?? [],
  }
}

/** Members that must be inflated, by their packed bytes: for whoever has to inflate them beforehand. Throws as `openZip` does. */
export function packedMembers(bytes: Uint8Array): { readonly packed: Uint8Array; readonly inflatedBytes: number }[] {
  const zip = zipOf(bytes)
  return [...membersOf(zip).values()].filter(({ method }) => method !== 0).map((member) => ({ packed: packedOf(zip, member), inflatedBytes: member.inflated }))
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index
  for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
  return value
})

/** CRC-32 as zip has it (reflected, 0xedb88320). */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let at = 0; at < bytes.length; at += 1) crc = crcTable[(crc ^ bytes[at]!) & 255]! ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

function membersOf(zip: Zip): Map<string, Member> {
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

function centralOf(zip: Zip): Central {
  // The end record is 22 bytes and a comment of at most 65,535 that must reach exactly to the end of the file.
  for (let at = zip.length - 22; at >= 0 && at >= zip.length - 22 - 65_535; at -= 1) {
    if (zip.uint32(at) !== endSignature || at + 22 + zip.uint16(at + 20) !== zip.length) continue
    const central = { count: zip.uint16(at + 10), size: zip.uint32(at + 12), offset: zip.uint32(at + 16) }
    if (zip.uint16(at + 4) !== 0 || zip.uint16(at + 6) !== 0) malformed('zip/split', 'a zip in several volumes')
    const wide = central.count === 0xffff || central.size === 0xffffffff || central.offset === 0xffffffff
    return within(zip, wide ? central64Of(zip, at) : central)
  }
  return malformed('zip/end', 'not a zip: it has no end record')
}

function central64Of(zip: Zip, end: number): Central {
  const locator = end - 20
  if (locator < 0 || zip.uint32(locator) !== end64LocatorSignature) malformed('zip/end', 'the ZIP64 locator is missing')
  const at = numberAt(zip, locator + 8)
  if (at + 56 > zip.length || zip.uint32(at) !== end64Signature) malformed('zip/end', 'the ZIP64 end record is missing')
  return { count: numberAt(zip, at + 32), size: numberAt(zip, at + 40), offset: numberAt(zip, at + 48) }
}

function within(zip: Zip, central: Central): Central {
  return central.offset + central.size <= zip.length ? central : malformed('zip/central', 'the central directory lies beyond the file')
}

function memberAt(zip: Zip, at: number): { member: Member; next: number } {
  if (at + 46 > zip.length || zip.uint32(at) !== centralSignature) malformed('zip/central', 'the central directory ends early')
  const nameLength = zip.uint16(at + 28)
  const extraLength = zip.uint16(at + 30)
  const next = at + 46 + nameLength + extraLength + zip.uint16(at + 32)
  if (next > zip.length) malformed('zip/central', 'the central directory ends early')
  const flags = zip.uint16(at + 8)
  if (flags % 2 === 1) malformed('zip/encrypted', 'an encrypted member')
  const method = zip.uint16(at + 10)
  if (method !== 0 && method !== 8) malformed('zip/method', 'a member neither stored nor deflated')
  const name = utf8Of(zip.bytes.subarray(at + 46, at + 46 + nameLength), 'zip/name')
  const short = { packed: zip.uint32(at + 20), inflated: zip.uint32(at + 24), offset: zip.uint32(at + 42) }
  const sizes = widened(short, zip.bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength))
  return { member: { name, method, crc: zip.uint32(at + 16), ...sizes }, next }
}

/** ZIP64: each 32-bit field that is all ones stands in the extra field 0x0001, in this order. */
function widened(short: { inflated: number; packed: number; offset: number }, bytes: Uint8Array): { inflated: number; packed: number; offset: number } {
  const wide = (['inflated', 'packed', 'offset'] as const).filter((field) => short[field] === 0xffffffff)
  if (wide.length === 0) return short
  const extra = zipOf(bytes)
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.uint16(at + 2)) {
    if (extra.uint16(at) !== 1) continue
    if (at + 4 + wide.length * 8 > extra.length) break
    return { ...short, ...Object.fromEntries(wide.map((field, place) => [field, numberAt(extra, at + 4 + place * 8)])) }
  }
  return malformed('zip/central', 'a ZIP64 field is missing')
}

function memberOf(zip: Zip, member: Member, inflateRaw: InflateRaw): Uint8Array {
  const { method, inflated } = member
  const bytes = method === 0 ? packedOf(zip, member) : inflateRaw(packedOf(zip, member), inflated)
  if (bytes === undefined) malformed('zip/damaged', 'a member does not inflate to what it claims')
  if (bytes.length !== inflated || crc32(bytes) !== member.crc) malformed('zip/damaged', 'a member is damaged')
  return bytes
}

function packedOf(zip: Zip, member: Member): Uint8Array {
  const { offset, packed } = member
  if (offset + 30 > zip.length || zip.uint32(offset) !== localSignature) malformed('zip/local', 'a member is not where the directory says')
  const nameLength = zip.uint16(offset + 26)
  const begin = offset + 30 + nameLength + zip.uint16(offset + 28)
  if (begin + packed > zip.length) malformed('zip/local', 'a member lies beyond the file')
  if (utf8Of(zip.bytes.subarray(offset + 30, offset + 30 + nameLength), 'zip/local') !== member.name) malformed('zip/local', 'a member has two names')
  return zip.bytes.subarray(begin, begin + packed)
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

function numberAt(zip: Zip, at: number): number {
  const value = at + 8 <= zip.length ? zip.view.getBigUint64(at, true) : malformed('zip/end', 'a number beyond the file')
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : malformed('zip/end', 'a number beyond 2^53')
}
