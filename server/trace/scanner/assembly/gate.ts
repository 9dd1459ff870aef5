// Which fields cannot be known, and what the plain ones are, told by their bytes as they stand: their length, their digits and the shape of what they would be in normal
// form. Most fields of a table end here, before anything of them is written.
import { State } from "./state";

// What a field may be by its first byte: not told here (other than ASCII, a space, a quote, an angle bracket), a number, behind a prefix of
// hex, a day with its month in front, behind a scheme. The normal form's own table has the same bytes.
const untold: u8 = 1;
const mayBeNumber: u8 = 2;
const mayBePrefix: u8 = 4;
const mayBeMonth: u8 = 8;
const mayBeScheme: u8 = 16;
const kinds: usize = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  1, 0, 1, 0, 0, 0, 0, 1, 2, 0, 0, 2, 0, 0, 0, 0, 6, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 1, 0, 0, 0,
  0, 8, 0, 0, 8, 0, 8, 0, 0, 0, 8, 0, 0, 28, 8, 8, 0, 0, 0, 12, 16, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0,
  0, 8, 0, 0, 8, 0, 8, 0, 0, 0, 8, 0, 0, 28, 8, 8, 0, 0, 0, 12, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);

/** Bytes of the longest field that is told here: two vectors, or four where it begins as an address of e-mail may. */
const bytesMax: i32 = 32;
const longBytesMax: i32 = 62;

// Lengths in hex of an MD5 and a SHA-1, which 22 and 27 digits of base64 may stand for.
const hexLengths: u64 = 1 << 32 | 1 << 40;

/** Takes up the lengths of the shapes that are known, and those of them that are digits only. */
export function readShapes(s: State): void {
  let lengths: u64 = 0;
  let digits: u64 = 0;
  let wide = i8x16.splat(0);
  for (let length: usize = 0; length < 64; length++) {
    const at = s.shapes + (length << 7);
    let any = v128.load(at);
    for (let more: usize = 16; more < 128; more += 16) any = v128.or(any, v128.load(at + more));
    for (let more: usize = 64; more < 128; more += 16) wide = v128.or(wide, v128.load(at + more));
    if (v128.any_true(any)) lengths |= <u64>1 << length;
    if (load<u8>(at + (3 << 3 | 3))) digits |= <u64>1 << length;
  }
  s.lengths = lengths;
  s.lengthMin = <i32>ctz(lengths | 1 << 8);
  s.digitLengths = digits;
  s.wideKnown = v128.any_true(wide);
}

/** False when a letter stands in it that is not ASCII in any reading, and nothing but ASCII is known. Called where some byte is not ASCII. */
function mayBeWide(s: State, from: usize, to: usize): bool {
  if (s.wideKnown) return true;
  for (let block = from; block < to; block += 16) {
    let mask = <u32>i8x16.bitmask(v128.load(block));
    if (block + 16 > to) mask &= (1 << <u32>(to - block)) - 1;
    for (; mask != 0; mask &= mask - 1) {
      const at = block + <usize>ctz(mask);
      const c = load<u8>(at);
      if (c < 0xc2 || c > 0xde || at + 1 == to) continue; // as windows-1252 these are letters too, and none that folds to ASCII
      const next = load<u8>(at + 1);
      if ((next & 0xc0) == 0x80 && load<u16>(s.fold + ((<usize>(c & 31) << 6 | <usize>(next & 63)) << 1)) >= 0x80) return false;
    }
  }
  return true;
}

/** Whether one to seven bytes are ASCII. */
// @ts-ignore: decorator
@inline
export function isShortAscii(from: usize, length: i32): bool {
  return (load<u64>(from) << (64 - (<u64>length << 3)) & 0x8080808080808080) == 0;
}

/** No reading of the field has a shape that is known. */
export const notKnown: i32 = 0;
/** Its normal form has to tell. */
export const notTold: i32 = -1;

/**
 * `notKnown`, `notTold`, or what the shape of the field is known for: then its normal form, which is its letters in lower case or its digits without a sign, stands in scratch. The field is
 * not empty.
 */
export function readingOf(s: State, from: usize, to: usize): i32 {
  const length = <i32>(to - from);
  // No reading of ASCII is longer than it, but of base64: shorter than all that is known, it is told at once.
  if (length < s.lengthMin) return isShortAscii(from, length) ? notKnown : wide(s, from, to);
  if (length > bytesMax) return length > longBytesMax ? notTold : longReading(s, from, length);
  const c = load<u8>(from);
  const last = load<u8>(to - 1);
  if (last <= 0x20) return notTold;
  if (c >= 0x80) return wide(s, from, to);
  const kind = load<u8>(kinds + <usize>c);
  if (kind & untold) return notTold;
  const short = length <= 16;
  const within = i8x16.lt_u(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>length));
  const one = short ? v128.and(v128.load(from), within) : v128.load(from);
  const two = short ? one : v128.load(to - 16);
  if (i8x16.bitmask(v128.or(one, two)) != 0) return wide(s, from, to);
  if (kind & mayBeScheme && (load<u8>(from + 3) == 0x3a || load<u8>(from + 6) == 0x3a)) return notTold;
  if (!short) {
    if (kind & mayBePrefix || last == 0x3d) return notTold; // hex behind a prefix, base64 with its padding
    if ((length == 22 || length == 27) && (s.lengths & hexLengths) != 0) return notTold;
  }
  if (kind & mayBeNumber) {
    let digits = popcnt(digitsIn(one));
    if (short && c > 0x30 && digits == length) return digitsReading(s, one, length);
    if (short && c == 0x2b && digits == length - 1 && length >= 8 && load<u8>(from + 1) > 0x30) return digitsReading(s, behindSign(from, length), length - 1);
    if (short && digits + popcnt(pointsIn(one)) == length && popcnt(pointsIn(one)) >= 3 && last != 0x2e) return plainReading(s, one, within, length); // an address of the net: no day, no number
    if (!short) digits += popcnt(digitsIn(two) >> (32 - length));
    // Digits alone are a number of as many digits, or of fewer behind noughts and signs; a day has eight.
    const numbers: u64 = c > 0x30 ? <u64>1 << <u64>digits : (<u64>2 << <u64>digits) - 1;
    if (s.digitLengths & (numbers | 1 << 8)) {
      if (digits != length || c == 0x30 || s.digitLengths & numbers) return notTold;
    }
    if (digits == length || (short && digits >= 7 && digits + popcnt(separatorsIn(one)) == length)) return notKnown; // it would be digits only
  } else if (kind & mayBeMonth && length >= 10 && (s.digitLengths >> 8 & 1) != 0) return notTold;
  if (mayBeVaried(one, two, to)) return notTold;
  if ((s.lengths >> <u64>length & 1) == 0) return notKnown;
  const known = <i32>load<u8>(s.shapes + shapeAsItStands(one, two, short ? v128.not(within) : i8x16.splat(0), length));
  if (known == notKnown) return notKnown;
  if (kind & (mayBeNumber | mayBeMonth)) return notTold; // a day, if it is one, would be written another way
  v128.store(s.scratch, lower(one));
  if (!short) {
    v128.store(s.scratch + length - 16, lower(two));
    store<u64>(s.scratch + length, 0);
  }
  return known;
}

/** Of 33 to 62 bytes that begin with a letter: told where no other form is in question than letters in lower case. */
function longReading(s: State, from: usize, length: i32): i32 {
  const c = load<u8>(from);
  const end = from + length;
  const last = load<u8>(end - 1);
  if (last <= 0x20 || last == 0x3d || last == 0x7d || c >= 0x80) return notTold;
  const kind = load<u8>(kinds + <usize>c);
  if (kind & (untold | mayBeNumber | mayBePrefix)) return notTold;
  if (kind & mayBeScheme && (load<u8>(from + 3) == 0x3a || load<u8>(from + 6) == 0x3a)) return notTold;
  if (kind & mayBeMonth && (s.digitLengths >> 8 & 1) != 0) return notTold;
  if (length == 43 || (length == 36 && load<u8>(from + 8) == 0x2d)) return notTold; // base64 of a digest, a UUID
  const one = lower(v128.load(from));
  const two = lower(v128.load(from + 16));
  const three = lower(v128.load(end - 32));
  const four = lower(v128.load(end - 16));
  const either = v128.or(v128.or(one, two), v128.or(three, four));
  if (i8x16.bitmask(either) != 0) return notTold;
  if (v128.any_true(v128.or(v128.or(sameAs(one, 0x2b), sameAs(two, 0x2b)), v128.or(sameAs(three, 0x2b), sameAs(four, 0x2b)))) || endsWithMail(end)) return notTold; // an address that may have another form
  if ((s.lengths >> <u64>length & 1) == 0) return notKnown;
  const known = <i32>load<u8>(s.shapes + shapeOfBits(either, v128.and(v128.and(one, two), v128.and(three, four)), length));
  if (known == notKnown) return notKnown;
  v128.store(s.scratch, one);
  v128.store(s.scratch + 16, two);
  v128.store(s.scratch + length - 32, three);
  v128.store(s.scratch + length - 16, four);
  store<u64>(s.scratch + length, 0);
  return known;
}

/** Of up to sixteen digits and points. */
// @ts-ignore: decorator
@inline
function plainReading(s: State, bytes: v128, within: v128, length: i32): i32 {
  const known = <i32>load<u8>(s.shapes + shapeOfBits(bytes, v128.or(bytes, v128.not(within)), length));
  if (known != notKnown) v128.store(s.scratch, bytes);
  return known;
}

/** The bytes of a field of up to sixteen but the first. */
// @ts-ignore: decorator
@inline
function behindSign(from: usize, length: i32): v128 {
  const within = i8x16.lt_u(i8x16(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16), i8x16.splat(<i8>length));
  return v128.and(v128.load(from + 1), within);
}

/** Of up to sixteen digits that do not begin with a nought. */
// @ts-ignore: decorator
@inline
function digitsReading(s: State, digits: v128, length: i32): i32 {
  const known = <i32>load<u8>(s.shapes + (<usize>length << 7 | (3 << 3 | 3)));
  if (known != notKnown) v128.store(s.scratch, digits);
  return known;
}

// @ts-ignore: decorator
@inline
function wide(s: State, from: usize, to: usize): i32 { return mayBeWide(s, from, to) ? notTold : notKnown; }

/** An address with a plus, or of the provider that ignores dots: another address may be known. */
// @ts-ignore: decorator
@inline
function mayBeVaried(one: v128, two: v128, to: usize): bool {
  return v128.any_true(v128.or(sameAs(one, 0x40), sameAs(two, 0x40))) && (v128.any_true(v128.or(sameAs(one, 0x2b), sameAs(two, 0x2b))) || endsWithMail(to));
}

// @ts-ignore: decorator
@inline
function endsWithMail(to: usize): bool { return (load<u64>(to - 8) | 0x2020202020202020) == 0x6d6f632e6c69616d; } // mail.com

// @ts-ignore: decorator
@inline
function sameAs(bytes: v128, c: u8): v128 { return i8x16.eq(bytes, i8x16.splat(<i8>c)); }

/** Which of sixteen bytes are digits, a bit each. */
// @ts-ignore: decorator
@inline
export function digitsIn(bytes: v128): u32 {
  return <u32>i8x16.bitmask(i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(10)));
}

// @ts-ignore: decorator
@inline
function pointsIn(bytes: v128): u32 { return <u32>i8x16.bitmask(sameAs(bytes, 0x2e)); }

/** Spaces, brackets, hyphens and slashes, which part the digits of a number. */
// @ts-ignore: decorator
@inline
function separatorsIn(bytes: v128): u32 {
  const brackets = i8x16.eq(v128.and(bytes, i8x16.splat(-2)), i8x16.splat(0x28));
  const others = v128.or(i8x16.eq(bytes, i8x16.splat(0x20)), v128.or(i8x16.eq(bytes, i8x16.splat(0x2d)), i8x16.eq(bytes, i8x16.splat(0x2f))));
  return <u32>i8x16.bitmask(v128.or(brackets, others));
}

// @ts-ignore: decorator
@inline
function lower(bytes: v128): v128 {
  return v128.or(bytes, v128.and(i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x41)), i8x16.splat(26)), i8x16.splat(0x20)));
}

/** The shape, as shapeOf has it, of two vectors of ASCII that together are the value. */
// @ts-ignore: decorator
@inline
function shapeAsItStands(one: v128, two: v128, beyond: v128, length: i32): u32 {
  const a = lower(one);
  const b = lower(two);
  return shapeOfBits(v128.or(a, b), v128.or(v128.and(a, b), beyond), length);
}

/** The shape of what has these bits in some, and in all of its bytes. */
// @ts-ignore: decorator
@inline
function shapeOfBits(either: v128, both: v128, length: i32): u32 {
  let or = i64x2.extract_lane(either, 0) | i64x2.extract_lane(either, 1);
  let and = i64x2.extract_lane(both, 0) & i64x2.extract_lane(both, 1);
  or |= or >> 32;
  and &= and >> 32;
  or |= or >> 16;
  and &= and >> 16;
  or |= or >> 8;
  and &= and >> 8;
  return <u32>length << 7 | <u32>(or >> 4 & 15) << 3 | <u32>(and >> 4 & 7);
}
