import { crc32, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Malformed, openZip } from './index.ts'
import { codeOf } from './testing.ts'

const runs = process.env['BAILEE_FULL'] === '1' ? 5_000 : process.env['BAILEE_LONG'] === '1' ? 1_500 : 300

// A small writer of our own, so that every field can be set wrong.
interface Written { readonly name: string; readonly bytes: Uint8Array; readonly stored?: boolean; readonly claimed?: number; readonly localName?: string; readonly flags?: number; readonly wide?: boolean; readonly method?: number }
const u16 = (value: number): Buffer => { const bytes = Buffer.alloc(2); bytes.writeUInt16LE(value); return bytes }
const u32 = (value: number): Buffer => { const bytes = Buffer.alloc(4); bytes.writeUInt32LE(value); return bytes }
const u64 = (value: number): Buffer => { const bytes = Buffer.alloc(8); bytes.writeBigUInt64LE(BigInt(value)); return bytes }

function makeZip(files: readonly Written[], end: { wide?: boolean; comment?: string; count?: number } = {}): Buffer {
  const locals: Buffer[] = []
  const centrals: Buffer[] = []
  let offset = 0
  for (const file of files) {
    const packed = file.stored === true ? Buffer.from(file.bytes) : deflateRawSync(file.bytes)
    const method = file.method ?? (file.stored === true ? 0 : 8)
    const inflated = file.claimed ?? file.bytes.length
    const name = Buffer.from(file.name)
    const localName = Buffer.from(file.localName ?? file.name)
    const local = Buffer.concat([u32(0x04034b50), u16(20), u16(0), u16(method), u32(0), u32(crc32(file.bytes)), u32(packed.length), u32(inflated), u16(localName.length), u16(0), localName, packed])
    const extra = file.wide === true ? Buffer.concat([u16(0x5455), u16(1), Buffer.alloc(1), u16(1), u16(24), u64(inflated), u64(packed.length), u64(offset)]) : Buffer.alloc(0)
    const all = 0xffffffff
    const sizes = file.wide === true ? [u32(all), u32(all)] : [u32(packed.length), u32(inflated)]
    centrals.push(Buffer.concat([u32(0x02014b50), u16(20), u16(20), u16(file.flags ?? 0), u16(method), u32(0), u32(crc32(file.bytes)), ...sizes, u16(name.length), u16(extra.length), u16(0), u16(0), u16(0), u32(0), u32(file.wide === true ? all : offset), name, extra]))
    locals.push(local)
    offset += local.length
  }
  const central = Buffer.concat(centrals)
  const count = end.count ?? files.length
  const comment = Buffer.from(end.comment ?? '')
  const end64 = Buffer.concat([u32(0x06064b50), u64(44), u16(45), u16(45), u32(0), u32(0), u64(count), u64(count), u64(central.length), u64(offset), u32(0x07064b50), u32(0), u64(offset + central.length), u32(1)])
  const last = end.wide === true ? [end64, u32(0x06054b50), u16(0), u16(0), u16(0xffff), u16(0xffff), u32(0xffffffff), u32(0xffffffff)] : [u32(0x06054b50), u16(0), u16(0), u16(count), u16(count), u32(central.length), u32(offset)]
  return Buffer.concat([...locals, central, ...last, u16(comment.length), comment])
}
const text = (bytes: Uint8Array | undefined): string | undefined => (bytes === undefined ? undefined : Buffer.from(bytes).toString())
const file = (name: string, content = name.repeat(50)): Written => ({ name, bytes: Buffer.from(content) })
const bundle = [file('policy', 'quorum none\n'), { ...file('heads/0'), stored: true }, file('heads/1'), file('client/tile/0/000')]

describe('a zip as it should be', () => {
  test('gives its files, stored and deflated, and lists a folder', () => {
    const source = openZip(makeZip(bundle))
    expect(text(source.read('policy'))).toBe('quorum none\n')
    expect(text(source.read('heads/0'))).toBe('heads/0'.repeat(50))
    expect(source.read('heads/2')).toBeUndefined()
    expect([...source.list('heads/')].sort()).toEqual(['heads/0', 'heads/1'])
    expect(source.list('proofs/')).toEqual([])
  })
  test('may have everything in one folder, directories of its own, and a comment', () => {
    const source = openZip(makeZip([{ name: 'evidence/', bytes: Buffer.alloc(0), stored: true }, ...bundle.map((one) => ({ ...one, name: `evidence/${one.name}` }))], { comment: 'PK as in a comment' }))
    expect(text(source.read('policy'))).toBe('quorum none\n')
    expect([...source.list('heads/')].sort()).toEqual(['heads/0', 'heads/1'])
  })
  test('may be ZIP64, in its members and at its end', () => {
    const source = openZip(makeZip(bundle.map((one) => ({ ...one, wide: true })), { wide: true }))
    expect(text(source.read('client/tile/0/000'))).toBe('client/tile/0/000'.repeat(50))
  })
})

describe('a zip that lies is refused', () => {
  const rows: readonly (readonly [string, () => unknown, string])[] = [
    ['no zip at all', () => openZip(Buffer.from('not a zip')), 'zip/end'],
    ['cut at its end', () => openZip(makeZip(bundle).subarray(0, -1)), 'zip/end'],
    ['bytes after its end', () => openZip(Buffer.concat([makeZip(bundle), Buffer.alloc(1)])), 'zip/end'],
    ['fewer members than it counts', () => openZip(makeZip(bundle, { count: 5 })), 'zip/central'],
    ['more members than it counts', () => openZip(makeZip(bundle, { count: 3 })), 'zip/central'],
    ['more members than any bundle', () => openZip(makeZip(bundle, { wide: true, count: 4_000_001 })), 'zip/members'],
    ['a name twice', () => openZip(makeZip([...bundle, file('policy', 'quorum w\n')])), 'zip/twice'],
    ['a name that climbs out', () => openZip(makeZip([file('../policy')])), 'zip/name'],
    ['an absolute name', () => openZip(makeZip([file('/policy')])), 'zip/name'],
    ['a name with backslashes', () => openZip(makeZip([file('heads\\0')])), 'zip/name'],
    ['an encrypted member', () => openZip(makeZip([{ ...file('policy'), flags: 1 }])), 'zip/encrypted'],
    ['an unknown method', () => openZip(makeZip([{ ...file('policy'), method: 14 }])), 'zip/method'],
    ['two names for a member', () => openZip(makeZip([{ ...file('policy'), localName: 'polici' }])).read('policy'), 'zip/local'],
    ['a member that claims too much', () => openZip(makeZip([{ ...file('policy'), claimed: 17_000_000 }])), 'zip/bomb'],
    ['many members that claim too much together', () => openZip(makeZip(Array.from({ length: 1100 }, (_, index) => ({ ...file(`heads/${index}`, 'x'), claimed: 16_700_000 })))), 'zip/bomb'],
    ['a member that inflates to more than it claims', () => openZip(makeZip([{ name: 'policy', bytes: Buffer.alloc(10_000_000), claimed: 100 }])).read('policy'), 'zip/damaged'],
    ['a member that inflates to less than it claims', () => openZip(makeZip([{ ...file('policy'), claimed: 1000 }])).read('policy'), 'zip/damaged'],
  ]
  test.each(rows)('%s', (_, run, code) => expect(codeOf(run)).toBe(code))

  test('one byte changed or cut anywhere is never another content, and never a crash', () => {
    const zip = makeZip(bundle)
    fc.assert(fc.property(fc.nat(zip.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), (place, mask, cut) => {
      const changed = cut ? Buffer.from(zip.subarray(0, place)) : Buffer.from(zip)
      if (!cut) changed[place]! ^= mask
      try {
        const source = openZip(changed)
        for (const { name, bytes } of bundle) {
          const read = source.read(name)
          if (read !== undefined) expect(text(read)).toBe(text(bytes))
        }
      } catch (error) {
        if (!(error instanceof Malformed)) throw error
      }
    }), { numRuns: runs })
  })
})
