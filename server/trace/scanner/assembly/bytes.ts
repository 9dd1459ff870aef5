// E-mail addresses in bytes of any kind, where a value has no mark at its ends: what stands before and behind it is glued to it.
import { State } from "./state";
import { candidate } from "./text";

// Bytes tried on each side of an at sign: longer than nearly all addresses, and so few that a file full of at signs still ends.
const sideBytesMax: usize = 40;

/**
 * Tries the addresses around the at sign at `at`, within a word from `from` to `to`: every start with the last possible end, every end with the
 * first possible start, and where the byte in front tells a length (a short value of PostgreSQL's pages, or a plain length) just that.
 */
export function gluedAddresses(s: State, from: usize, at: usize, to: usize): void {
  let first = at;
  while (first > from && at - first < sideBytesMax && (isAddress(load<u8>(first - 1)) || load<u8>(first - 1) >= 0x80)) first--;
  let last = at + 1;
  while (last < to && last - at < sideBytesMax && isAddress(load<u8>(last))) last++;
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
