// Whether a field longer than 16 bytes holds text that values may be cut out of: sixteen bytes at a time.
import { State } from "./state";

// By the high and by the low half of a byte, one bit a kind: structural characters of each high half (0 to 4), 5 at sign, 6 space, 7 digit.
const structural: i8 = 0x1f;
const at: i8 = 0x20;
const space: i8 = 0x40;
const digit: i8 = -0x80;

// Digits that a field without structural characters must hold to be searched for telephone numbers: an address of a house has fewer.
const digitsMin: i32 = 6;

/**
 * A structural character stands in it, or a space and beside it an at sign or some digits. A time of day is no text; nor is an address of the
 * web, but for what is asked of it.
 */
export function holdsText(s: State, from: usize, to: usize): bool {
  if (load<u32>(from) == 0x70747468) { // http
    from += 8;
    if (to - from < 16) return false;
  }
  //                     0: \t \n \r, 2: " % ' ( ) , and space, 3: : ; < = > and digits, 4: @, 5: [ ], 7: { | }
  const high = i8x16(1, 0, 2 | space, 4 | digit, at, 8, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0);
  const low = i8x16(
    at | space | digit, digit, 2 | digit, digit, digit, 2 | digit, digit, 2 | digit, // 0 to 7
    2 | digit, 1 | 2 | digit, 1 | 4, 4 | 8 | 16, 2 | 4 | 16, 1 | 4 | 8 | 16, 4, 0, // 8 to f
  );
  const halves = i8x16.splat(15);
  let found = i8x16.splat(0);
  const end = to - 16;
  for (let block = from; block < end; block += 16) found = v128.or(found, kinds(block, high, low, halves));
  found = v128.or(found, kinds(end, high, low, halves));
  if (v128.any_true(v128.and(found, i8x16.splat(structural)))) return !isTime(from, to);
  if (!v128.any_true(v128.and(found, i8x16.splat(space)))) return false;
  if (v128.any_true(v128.and(found, i8x16.splat(at)))) return true;
  let digits = 0;
  const nought = i8x16.splat(0x30);
  const nine = i8x16.splat(9);
  for (let block = from; block < to; block += 16) {
    const mask = digitsIn(block, nought, nine);
    digits += popcnt(block + 16 <= to ? mask : mask & (1 << <i32>(to - block)) - 1);
  }
  return digits >= digitsMin;
}

// @ts-ignore: decorator
@inline
function kinds(block: usize, high: v128, low: v128, halves: v128): v128 {
  const bytes = v128.load(block);
  return v128.and(i8x16.swizzle(high, v128.and(i16x8.shr_u(bytes, 4), halves)), i8x16.swizzle(low, v128.and(bytes, halves)));
}

// @ts-ignore: decorator
@inline
function digitsIn(block: usize, nought: v128, nine: v128): i32 {
  return i8x16.bitmask(i8x16.le_u(i8x16.sub(v128.load(block), nought), nine));
}

/** 2019-04-15 12:30:01 and what may follow: a fraction and a zone. */
// @ts-ignore: decorator
@inline
function isTime(from: usize, to: usize): bool {
  return to - from <= 35 && load<u8>(from + 4) == 0x2d && load<u8>(from + 7) == 0x2d && load<u8>(from + 13) == 0x3a && load<u8>(from + 16) == 0x3a;
}
