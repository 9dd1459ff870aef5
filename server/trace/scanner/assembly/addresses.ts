// E-mail addresses inside words, and in bytes of any kind, where a value has no mark at its ends: what stands before and behind it is glued to it.
import { shapeBytes, State } from "./state";
import { candidate, isWordByte } from "./text";

const addressesMax = 4; // of one word: a list has separators
const addressSideMax: usize = 254; // bytes (RFC 5321)

/** E-mail addresses around each at sign, as far as their characters go. */
export function addresses(s: State, from: usize, to: usize): void {
  let found = 0;
  for (let at = from + 1; at + 1 < to && found < addressesMax; at++) {
    if (load<u8>(at) != 0x40) continue;
    found++;
    if (s.shape == shapeBytes) gluedAddresses(s, from, at, to);
    let a = at;
    while (a > from && at - a < addressSideMax && isLocal(load<u8>(a - 1))) a--;
    while (a < at && (load<u8>(a) == 0x2e || load<u8>(a) == 0x2d)) a++;
    let b = at + 1;
    while (b < to && b - at < addressSideMax && isDomain(load<u8>(b))) b++;
    while (b > at + 1 && (load<u8>(b - 1) == 0x2e || load<u8>(b - 1) == 0x2d)) b--;
    if (a < at && b > at + 3 && (a != from || b != to)) candidate(s, a, b);
  }
}

// @ts-ignore: decorator
@inline
function isLocal(c: u8): bool {
  return isWordByte(c) || c == 0x2e || c == 0x5f || c == 0x2b || c == 0x2d || c == 0x27;
}

// @ts-ignore: decorator
@inline
function isDomain(c: u8): bool {
  return isWordByte(c) || c == 0x2e || c == 0x2d;
}

// Bytes tried on each side of an at sign: longer than nearly all addresses, and so few that a file full of at signs still ends.
const gluedBytesMax: usize = 40;

/**
 * Tries the addresses around the at sign at `at`, within a word from `from` to `to`: every start with the last possible end, every end with the
 * first possible start, and where the byte in front tells a length (a short value of PostgreSQL's pages, or a plain length) just that.
 */
function gluedAddresses(s: State, from: usize, at: usize, to: usize): void {
  let first = at;
  while (first > from && at - first < gluedBytesMax && (isAddress(load<u8>(first - 1)) || load<u8>(first - 1) >= 0x80)) first--;
  let last = at + 1;
  while (last < to && last - at < gluedBytesMax && isAddress(load<u8>(last))) last++;
  for (let start = first; start < at; start++) {
    candidate(s, start, last);
    if (start == from) continue;
    const told = load<u8>(start - 1);
    lengthTold(s, start, at, last, <usize>told);
    if (told & 1) lengthTold(s, start, at, last, <usize>(told >> 1) - 1);
  }
  for (let end = at + 4; end < last; end++) candidate(s, first, end);
}

// @ts-ignore: decorator
@inline
function lengthTold(s: State, start: usize, at: usize, last: usize, length: usize): void {
  const end = start + length;
  if (length < 512 && end > at + 3 && end < last) candidate(s, start, end);
}

// @ts-ignore: decorator
@inline
function isAddress(c: u8): bool {
  return (c >= 0x61 && c <= 0x7a) || (c >= 0x41 && c <= 0x5a) || (c >= 0x30 && c <= 0x39) || c == 0x2e || c == 0x2d || c == 0x5f || c == 0x2b;
}
