// The normal form, version 1: white space trimmed, NFC, case folded; numbers without separators and leading zeros. Simple values
// are done here; what the fold table does not hold goes out to the same definition in JavaScript.
import { normaliseText } from "./imports";
import { State, valueBytesMax } from "./state";

const highBits: u64 = 0x8080808080808080;

// @ts-ignore: decorator
@inline
function isSpace(c: u8): bool {
  return c == 0x20 || (c >= 9 && c <= 13);
}

/** Lower case of eight ASCII bytes at once: bit 5 is set in each byte from A to Z. */
// @ts-ignore: decorator
@inline
function lowerWord(x: u64): u64 {
  const low = x & 0x7f7f7f7f7f7f7f7f;
  const aboveZ = low + 0x2525252525252525;
  const fromA = low + 0x3f3f3f3f3f3f3f3f;
  return x | (((~x & highBits) & (fromA ^ aboveZ)) >> 2);
}

/** Writes the normal form of the bytes to scratch, notes its shape, and returns its length; 0 for nothing, or too long to be a value. */
export function normalise(s: State, from: usize, to: usize): i32 {
  while (from < to && isSpace(load<u8>(from))) from++;
  while (to > from && isSpace(load<u8>(to - 1))) to--;
  const length = <i32>(to - from);
  if (length == 0 || length > valueBytesMax) return 0;
  let or: u64 = 0;
  let and: u64 = ~(<u64>0);
  let i: i32 = 0;
  for (; i + 8 <= length; i += 8) {
    const x = load<u64>(from + i);
    if (x & highBits) return wide(s, from, length);
    const y = lowerWord(x);
    store<u64>(s.scratch + i, y);
    or |= y;
    and &= y;
  }
  if (i < length) {
    const mask = (<u64>1 << (<u64>(length - i) << 3)) - 1;
    const x = load<u64>(from + i) & mask;
    if (x & highBits) return wide(s, from, length);
    const y = lowerWord(x);
    store<u64>(s.scratch + i, y);
    or |= y;
    and &= y | ~mask;
  }
  s.orBits = or;
  s.andBits = and;
  return mayBeNumber(load<u8>(s.scratch)) ? number(s, length) : length;
}

// @ts-ignore: decorator
@inline
function mayBeNumber(c: u8): bool {
  return (c >= 0x30 && c <= 0x39) || c == 0x2b || c == 0x28;
}

/** Two-byte UTF-8 by table; anything else by the JavaScript definition. */
function wide(s: State, from: usize, length: i32): i32 {
  let at = from;
  const end = from + length;
  let out = s.scratch;
  while (at < end) {
    const c = load<u8>(at);
    if (c < 0x80) {
      store<u8>(out++, c >= 0x41 && c <= 0x5a ? c | 0x20 : c);
      at++;
      continue;
    }
    let folded: u32 = 0;
    if (c >= 0xc2 && c <= 0xdf && at + 1 < end && (load<u8>(at + 1) & 0xc0) == 0x80) {
      folded = load<u16>(s.fold + ((<usize>(c & 31) << 6 | <usize>(load<u8>(at + 1) & 63)) << 1));
    }
    if (folded == 0) return shaped(s, normaliseText(from, length));
    if (folded < 0x80) store<u8>(out++, <u8>folded);
    else {
      store<u8>(out, <u8>(0xc0 | folded >> 6));
      store<u8>(out + 1, <u8>(0x80 | (folded & 63)));
      out += 2;
    }
    at += 2;
  }
  return shaped(s, <i32>(out - s.scratch));
}

/** Pads what stands in scratch, notes its shape, and sees whether it is a number. */
function shaped(s: State, length: i32): i32 {
  if (length == 0 || length > valueBytesMax) return 0;
  measure(s, length);
  return mayBeNumber(load<u8>(s.scratch)) ? number(s, length) : length;
}

function measure(s: State, length: i32): void {
  store<u64>(s.scratch + length, 0);
  let or: u64 = 0;
  let and: u64 = ~(<u64>0);
  for (let i = 0; i < length; i += 8) {
    const y = load<u64>(s.scratch + i);
    const mask = i + 8 <= length ? ~(<u64>0) : (<u64>1 << (<u64>(length - i) << 3)) - 1;
    or |= y;
    and &= y | ~mask;
  }
  s.orBits = or;
  s.andBits = and;
}

/**
 * A value of digits, spaces, brackets, slashes and hyphens (`+` only in front) with at least seven digits becomes its digits; digits
 * lose leading zeros. Points stay: they part decimals and addresses, where two values would become one.
 */
function number(s: State, length: i32): i32 {
  const base = s.scratch;
  let digits = 0;
  for (let i = 0; i < length; i++) {
    const c = load<u8>(base + i);
    if (c >= 0x30 && c <= 0x39) digits++;
    else if (!(c == 0x20 || c == 0x28 || c == 0x29 || c == 0x2d || c == 0x2f || (c == 0x2b && i == 0))) return length;
  }
  if (digits != length && digits < 7) return length;
  let out = 0;
  for (let i = 0; i < length; i++) {
    const c = load<u8>(base + i);
    if (c < 0x30 || c > 0x39 || (c == 0x30 && out == 0)) continue;
    store<u8>(base + out, c);
    out++;
  }
  if (out == 0) {
    store<u8>(base, 0x30);
    out = 1;
  }
  if (out != length) measure(s, out);
  return out;
}

/** Which of 8,192 shapes the value in scratch has: length, OR of its high nibbles, AND of its bits 4 to 6. */
export function shapeOf(s: State, length: i32): u32 {
  let or = s.orBits | s.orBits >> 32;
  or |= or >> 16;
  or |= or >> 8;
  let and = s.andBits & (s.andBits >> 32);
  and &= and >> 16;
  and &= and >> 8;
  return <u32>(length < 63 ? length : 63) << 7 | <u32>(or >> 4 & 15) << 3 | <u32>(and >> 4 & 7);
}
