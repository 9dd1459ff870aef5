/** Numbers and arrays as PostgreSQL reads and writes them in binary (`array_recv`, `src/backend/utils/adt/arrayfuncs.c`): in text, bytes would be sent as digits and taken apart again. */

/** Types of elements (`pg_type.dat`). */
const [bytea, int8, int4, text] = [17, 20, 23, 25]

/** Dimensions, whether there are nulls, the type, how many, the index of the first. */
const headerBytes = 20
const lengthBytes = 4

function begin(type: number, count: number, bytes: number): Buffer {
  const array = Buffer.allocUnsafe(headerBytes + count * lengthBytes + bytes)
  array.writeInt32BE(1, 0)
  array.writeInt32BE(0, 4)
  array.writeInt32BE(type, 8)
  array.writeInt32BE(count, 12)
  array.writeInt32BE(1, 16)
  return array
}

function ofNumbers(type: number, bytes: number, { values, write }: { readonly values: readonly number[]; readonly write: (array: Buffer, value: number, at: number) => void }): Buffer {
  const array = begin(type, values.length, values.length * bytes)
  let at = headerBytes
  for (const value of values) {
    array.writeInt32BE(bytes, at)
    write(array, value, at + lengthBytes)
    at += lengthBytes + bytes
  }
  return array
}

/** One `integer`. */
export function integer(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value, 0)
  return bytes
}

/** One `bigint`, a whole number from 0 to 2^53 - 1. */
export function biginteger(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeUInt32BE(value % 2 ** 32, bytes.writeUInt32BE(Math.floor(value / 2 ** 32), 0))
  return bytes
}

/** An `integer[]`. */
export const integers = (values: readonly number[]): Buffer => ofNumbers(int4, 4, { values, write: (array, value, at) => array.writeInt32BE(value, at) })

/** A `bigint[]` of whole numbers from 0 to 2^53 - 1. */
export const bigintegers = (values: readonly number[]): Buffer => ofNumbers(int8, 8, { values, write: (array, value, at) => array.writeUInt32BE(value % 2 ** 32, array.writeUInt32BE(Math.floor(value / 2 ** 32), at)) })

/** Says that one is null: in the place of its length (`ReadArrayBinary`), and in the header that there are any. */
function writeNull(array: Buffer, at: number): number {
  array.writeInt32BE(1, 4)
  return array.writeInt32BE(-1, at)
}

function ofBytes(type: number, values: readonly (Uint8Array | undefined)[]): Buffer {
  let bytes = 0
  for (const value of values) if (value !== undefined) bytes += value.length
  const array = begin(type, values.length, bytes)
  let at = headerBytes
  for (const value of values) {
    if (value === undefined) {
      at = writeNull(array, at)
      continue
    }
    array.writeInt32BE(value.length, at)
    array.set(value, at + lengthBytes)
    at += lengthBytes + value.length
  }
  return array
}

/** A `bytea[]`; nothing is null. */
export const byteStrings = (values: readonly (Uint8Array | undefined)[]): Buffer => ofBytes(bytea, values)

/** A `text[]` in a database whose encoding is UTF-8; nothing is null. */
export function texts(values: readonly (string | undefined)[]): Buffer {
  let bytes = 0
  for (const value of values) if (value !== undefined) bytes += value.length * 3 // no character takes more than 3 bytes a unit
  const array = begin(text, values.length, bytes)
  let at = headerBytes
  for (const value of values) {
    if (value === undefined) {
      at = writeNull(array, at)
      continue
    }
    const length = array.write(value, at + lengthBytes)
    array.writeInt32BE(length, at)
    at += lengthBytes + length
  }
  return array.subarray(0, at)
}
