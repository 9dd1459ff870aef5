// The normal form, version 2, as ../normal.ts defines it. Simple values are done here; what the fold table does not hold goes out to
// the same definition in JavaScript.
import { base64Bytes } from "./base64";
import { dayIn } from "./dates";
import { digitsIn } from "./gate";
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
  s.otherDay = 0;
  while (from < to && isSpace(load<u8>(from))) from++;
  while (to > from && isSpace(load<u8>(to - 1))) to--;
  let length = <i32>(to - from);
  if (length == 0) return 0;
  let first = firstOf(load<u8>(from));
  if (first & mayBeWrapped) {
    from = unwrap(from, to);
    length = unwrappedLength;
    if (length == 0) return 0;
    first = firstOf(load<u8>(from));
  }
  if (length > valueBytesMax) return 0;
  if (<u32>length <= 44 && (base64Lengths >> <u64>length & 1) && base64(s, from, length)) return shaped(s, hexLength);
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
  return mayChange(s, length, first) ? canonical(s, length, first) : length;
}

// What a value may be by its first byte: wrapped (a quote, an angle bracket, the m or t of a scheme), a number, behind a prefix of hex, a
// UUID, a day with its month in front.
const mayBeWrapped: u8 = 1;
const mayBeNumber: u8 = 2;
const mayBePrefix: u8 = 4;
const mayBeUuid: u8 = 8;
const mayBeMonth: u8 = 16;
const firsts: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 1, 0, 0, 0, 0, 1, 2, 0, 0, 2, 0, 0, 0, 0, 14, 10, 10, 10, 10, 10, 10, 10, 10, 10, 0, 0, 1, 0, 0, 0,
  0, 24, 8, 8, 24, 8, 24, 0, 0, 0, 16, 0, 0, 21, 16, 16, 0, 0, 0, 20, 1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0,
  0, 24, 8, 8, 24, 8, 24, 0, 0, 0, 16, 0, 0, 21, 16, 16, 0, 0, 0, 20, 1, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0,
]);

// @ts-ignore: decorator
@inline
function firstOf(c: u8): u8 { return c < 0x80 ? load<u8>(firsts + <usize>c) : 0; }

/** Whether what stands in scratch may be anything but itself: seldom, beside numbers. */
// @ts-ignore: decorator
@inline
function mayChange(s: State, length: i32, first: u8): bool {
  if (first & mayBeNumber) return true;
  if (first & mayBePrefix && (load<u8>(s.scratch) == 0x5c || hasColon(load<u64>(s.scratch)))) return true;
  if (first & mayBeUuid && (length == 36 || length == 38)) return true;
  return (first & mayBeMonth) != 0 && length >= 10 && endsDay(load<u8>(s.scratch + length - 1));
}

// @ts-ignore: decorator
@inline
function hasColon(word: u64): bool {
  const colon = word ^ colons;
  return (colon - ones & ~colon & highBits) != 0;
}

/** A day ends with a digit, or with the zone of its midnight. */
// @ts-ignore: decorator
@inline
function endsDay(c: u8): bool { return (c >= 0x30 && c <= 0x39) || c == 0x7a; }

let unwrappedLength: i32 = 0;

/** Drops quotes, angle brackets and schemes around the value, as often as they stand there: where it starts, its length beside. */
function unwrap(from: usize, to: usize): usize {
  for (;;) {
    while (from < to && isSpace(load<u8>(from))) from++;
    while (to > from && isSpace(load<u8>(to - 1))) to--;
    const length = to - from;
    if (length < 2) break;
    const first = load<u8>(from);
    const last = load<u8>(to - 1);
    const word = load<u64>(from) | 0x2020202020202020;
    if (((first == 0x22 || first == 0x27) && last == first) || (first == 0x3c && last == 0x3e && load<u8>(from + 1) < 0x80)) {
      from++;
      to--;
    } else if (length >= 7 && load<u8>(from + 6) == 0x3a && (word & 0xffffffffffff) == 0x6f746c69616d) from += 7; // mailto
    else if (length >= 4 && load<u8>(from + 3) == 0x3a && (word & 0xffffff) == 0x6c6574) from += 4; // tel
    else break;
  }
  unwrappedLength = <i32>(to - from);
  return from;
}

// Lengths of base64 with padding of 16, 20 and 32 bytes, and of 32 without.
const base64Lengths: u64 = 1 << 24 | 1 << 28 | 1 << 43 | 1 << 44;
let hexLength: i32 = 0;

function base64(s: State, from: usize, length: i32): bool {
  const padding = <i32>(load<u8>(from + length - 1) == 0x3d) + <i32>(load<u16>(from + length - 2) == 0x3d3d);
  if (padding != (length == 24 ? 2 : length == 43 ? 0 : 1)) return false;
  const bytes = base64Bytes(from, length - padding, s.scratch);
  if (bytes == 0) return false;
  hexLength = bytes << 1;
  return true;
}

const colons: u64 = 0x3a3a3a3a3a3a3a3a;
const ones: u64 = 0x0101010101010101;

/** What stands in scratch, folded, without the prefix of hex, the hyphens of a UUID, the order of a day, the separators of a number. */
function canonical(s: State, length: i32, first: u8): i32 {
  const word = load<u64>(s.scratch);
  if (first & mayBePrefix) length = withoutPrefix(s, length, word);
  if (first & mayBeUuid && ((length == 36 && load<u8>(s.scratch + 8) == 0x2d) || length == 38)) length = withoutHyphens(s, length);
  if (length >= 8 && length <= 40 && mayBeDay(s, length, word)) {
    s.dayOrder = 0;
    const day = dayIn(s, length);
    if (day != 0) {
      writeDay(s, day);
      return 8;
    }
  }
  return firstOf(load<u8>(s.scratch)) & mayBeNumber ? number(s, length) : length;
}

/** Whether a separator stands where one of a day would, or a month may be named in front of a year. */
// @ts-ignore: decorator
@inline
function mayBeDay(s: State, length: i32, word: u64): bool {
  const first = <u8>word;
  if (first > 0x39) return first <= 0x73 && first >= 0x61 && endsDay(load<u8>(s.scratch + length - 1)) && nameAndDigit(s, length);
  if (first < 0x30) return false;
  if (isParting(<u8>(word >> 8)) || isParting(<u8>(word >> 16))) return true;
  if (!isParting(<u8>(word >> 32))) return false;
  // 2019-04-15 12:30: a time of day, and not midnight
  return length < 16 || <u8>(word >> 56) != 0x2d || load<u8>(s.scratch + 13) != 0x3a || load<u16>(s.scratch + 11) == 0x3030;
}

/** A space behind three to nine letters, and a digit behind it. */
function nameAndDigit(s: State, length: i32): bool {
  let at: usize = 3;
  while (at < 10 && load<u8>(s.scratch + at) >= 0x61) at++;
  const digit = load<u8>(s.scratch + at + 1);
  return <i32>at < length && load<u8>(s.scratch + at) == 0x20 && digit >= 0x30 && digit <= 0x39;
}

// @ts-ignore: decorator
@inline
function isParting(c: u8): bool {
  return (c >= 0x2d && c <= 0x2f) || c == 0x20;
}

/** Writes a day as eight digits, with its shape. */
export function writeDay(s: State, day: i32): void {
  let rest = day;
  for (let i = 7; i >= 0; i--) {
    store<u8>(s.scratch + i, <u8>(0x30 + rest % 10));
    rest /= 10;
  }
  measure(s, 8);
}

const md5: u64 = 0x3a35646d; // md5: and so on, as their bytes lie in a word
const sha1: u64 = 0x3a31616873;
const sha256: u64 = 0x3a363532616873;

function withoutPrefix(s: State, length: i32, word: u64): i32 {
  let prefix = 0;
  if (<u16>word == 0x7830 || <u16>word == 0x785c) prefix = 2;
  else if ((word & 0xffffffff) == md5) prefix = 4;
  else if ((word & 0xffffffffff) == sha1) prefix = 5;
  else if ((word & 0xffffffffffffff) == sha256) prefix = 7;
  const digits = length - prefix;
  if (prefix == 0 || digits < 16 || digits & 1 || !areHex(s.scratch + prefix, digits)) return length;
  memory.copy(s.scratch, s.scratch + prefix, digits);
  measure(s, digits);
  return digits;
}

function areHex(from: usize, length: i32): bool {
  for (let i = 0; i < length; i++) {
    const c = load<u8>(from + i);
    if (!((c >= 0x30 && c <= 0x39) || (c >= 0x61 && c <= 0x66))) return false;
  }
  return true;
}

/** The 32 digits of a UUID, in braces or not; anything else stays. */
function withoutHyphens(s: State, length: i32): i32 {
  const base = length == 38 ? s.scratch + 1 : s.scratch;
  if (length == 38 && load<u8>(base + 36) != 0x7d) return length;
  for (let i = 0; i < 36; i++) {
    const hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? load<u8>(base + i) != 0x2d : !areHex(base + i, 1)) return length;
  }
  let out = s.scratch;
  for (let i = 0; i < 36; i++) if (load<u8>(base + i) != 0x2d) store<u8>(out++, load<u8>(base + i));
  measure(s, 32);
  return 32;
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

/** Pads what stands in scratch, notes its shape, and makes it canonical. */
function shaped(s: State, length: i32): i32 {
  if (length == 0 || length > valueBytesMax) return 0;
  measure(s, length);
  return canonical(s, length, firstOf(load<u8>(s.scratch)));
}

export function measure(s: State, length: i32): void {
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
  if (length <= 16) {
    const signed = <i32>(load<u8>(base) == 0x2b);
    const all = (1 << <u32>length) - 1;
    if ((digitsIn(v128.load(base)) & all | signed) == all && load<u8>(base + signed) != 0x30 && length > signed) return signed ? unsigned(s, length) : length;
  }
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

/** The digits behind a sign. */
function unsigned(s: State, length: i32): i32 {
  if (length < 8) return length; // too few to be a telephone number
  v128.store(s.scratch, v128.load(s.scratch + 1));
  measure(s, length - 1);
  return length - 1;
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
