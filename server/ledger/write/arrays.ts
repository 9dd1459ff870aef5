/** Arrays as PostgreSQL reads and writes them in binary (`array_recv`, `src/backend/utils/adt/arrayfuncs.c`): in text, bytes would be sent as digits and taken apart again. */

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

/** An `integer[]`. */
export function integers(values: readonly number[]): Buffer {
  const array = begin(int4, values.length, values.length * 4)
  let at = headerBytes
  for (const value of values) {
    array.writeInt32BE(4, at)
    array.writeInt32BE(value, at + 4)
    at += 8
  }
  return array
}

/** A `bigint[]` of whole numbers from 0 to 2^53 - 1. */
export function bigintegers(values: readonly number[]): Buffer {
  const array = begin(int8, values.length, values.length * 8)
  let at = headerBytes
  for (const value of values) {
    array.writeInt32BE(8, at)
    array.writeUInt32BE(Math.floor(value / 2 ** 32), at + 4)
    array.writeUInt32BE(value % 2 ** 32, at + 8)
    at += 12
  }
  return array
}

function ofBytes(type: number, values: readonly Uint8Array[]): Buffer {
  let bytes = 0
  for (const value of values) bytes += value.length
  const array = begin(type, values.length, bytes)
  let at = headerBytes
  for (const value of values) {
    array.writeInt32BE(value.length, at)
    array.set(value, at + lengthBytes)
    at += lengthBytes + value.length
  }
  return array
}

/** A `bytea[]`. */
export const byteStrings = (values: readonly Uint8Array[]): Buffer => ofBytes(bytea, values)

/** A `text[]` in a database whose encoding is UTF-8. */
export const texts = (values: readonly string[]): Buffer => ofBytes(text, values.map((value) => Buffer.from(value)))
