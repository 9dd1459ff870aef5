import { crc32 } from 'node:zlib'

export interface Member { readonly name: string; readonly text: string }

/** 1980-01-01, the first day a zip archive can name: no archive says when it was made. */
const firstDay = 0x0021

/** A zip archive of stored members in the order given: the same members give the same bytes, whatever compresses elsewhere. */
export function zip(members: readonly Member[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, text } of members) {
    const data = Buffer.from(text)
    const path = Buffer.from(name)
    const fields = fieldsOf(data, path.length)
    const local = Buffer.concat([signature(0x04034b50), fields, path, data])
    parts.push(local)
    directory.push(Buffer.concat([signature(0x02014b50), Buffer.from([20, 0]), fields, Buffer.alloc(10), offsetOf(offset), path]))
    offset += local.length
  }
  const size = directory.reduce((total, one) => total + one.length, 0)
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(members.length, 8)
  end.writeUInt16LE(members.length, 10)
  end.writeUInt32LE(size, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, ...directory, end])
}

const utf8Names = 0x0800

function fieldsOf(data: Buffer, nameBytes: number): Buffer {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE(utf8Names, 2)
  fields.writeUInt16LE(firstDay, 8)
  fields.writeUInt32LE(crc32(data), 10)
  fields.writeUInt32LE(data.length, 14)
  fields.writeUInt32LE(data.length, 18)
  fields.writeUInt16LE(nameBytes, 22)
  return fields
}

function signature(number: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(number)
  return bytes
}

const offsetOf = signature
