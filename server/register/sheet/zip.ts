import { crc32 } from 'node:zlib'

/** One file of the archive. Its text is made twice: to be measured, and to be written. */
export interface Member { readonly name: string; readonly text: Iterable<string> }

/** 1980-01-01, the first day a zip archive can name: no archive says when it was made. */
const firstDay = 0x0021

/** A zip archive of stored members in the order given, piece by piece: the same members give the same bytes, whatever compresses elsewhere. */
export function* zip(members: readonly Member[]): Generator<Buffer> {
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, text } of members) {
    const path = Buffer.from(name)
    const measured = measure(text)
    const fields = fieldsOf(measured, path.length)
    yield Buffer.concat([signature(0x04034b50), fields, path])
    for (const piece of text) yield Buffer.from(piece)
    directory.push(Buffer.concat([signature(0x02014b50), Buffer.from([20, 0]), fields, Buffer.alloc(10), offsetOf(offset), path]))
    offset += 4 + fields.length + path.length + measured.bytes
  }
  const size = directory.reduce((total, one) => total + one.length, 0)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(offset, 16)
  yield* directory
  yield end
}

interface Measured { readonly bytes: number; readonly crc: number }

function measure(text: Iterable<string>): Measured {
  let [bytes, crc] = [0, 0]
  for (const piece of text) {
    const data = Buffer.from(piece)
    bytes += data.length
    crc = crc32(data, crc)
  }
  return { bytes, crc }
}

const utf8Names = 0x0800

function fieldsOf({ bytes, crc }: Measured, nameBytes: number): Buffer {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE(utf8Names, 2)
  fields.writeUInt16LE(firstDay, 8)
  fields.writeUInt32LE(crc, 10)
  fields.writeUInt32LE(bytes, 14)
  fields.writeUInt32LE(bytes, 18)
  fields.writeUInt16LE(nameBytes, 22)
  return fields
}

function signature(number: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(number)
  return bytes
}

const offsetOf = signature
