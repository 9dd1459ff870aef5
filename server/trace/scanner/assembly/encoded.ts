// Values that stand encoded in text: in base64 and base64url (RFC 4648) or in hexadecimal, whole or wrapped in lines; and in UTF-16 among bytes
// of any kind. What they hold is searched like text, once.
import { State } from "./state";
import { scanDecoded } from "./text";

/** Digits of base64 that are looked at: twelve bytes, as a short address has. */
export const stretchMin: usize = 16;
const stretchMax: usize = 4096;
/** Where the decoded bytes go, in the region of what is decoded, and how many of the line before go in front. */
const encodedAt: usize = 5248;
const tailMax: usize = 512;
/** Bytes between two lines of one encoded text: a line end, and some indentation. */
const gapMax: f64 = 16;
/** Shorter lines are the last. */
const lineMin: usize = 60;

const none: u8 = 255;
// What each byte is worth in base64 and in base64url.
const worth: usize = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 62, 255, 62, 255, 63, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 255, 255, 255, 255, 255, 255,
  255, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 255, 255, 255, 255, 63,
  255, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 255, 255, 255, 255, 255,
]);

// @ts-ignore: decorator
@inline
function worthOf(c: u8): u8 { return c < 0x80 ? load<u8>(worth + <usize>c) : none; }

// The line that was decoded last: where its next one would begin, and how many bytes of a value that it may have begun.
let lineEnd: f64 = -1;
let tail: usize = 0;

/** What comes next belongs to no line before it. */
export function forgetLine(): void { lineEnd = -1; }

/** Whether what stands at this place may go on with the line that was decoded last: the last line of a text has a few digits only. */
// @ts-ignore: decorator
@inline
export function goesOnAt(place: f64): bool { return lineEnd >= 0 && place >= lineEnd && place - lineEnd <= gapMax; }

/** Decodes and searches what is encoded from `from` to `to`; `origin` tells where `from` stands, so that lines which follow one another are known. */
export function encodedIn(s: State, from: usize, to: usize, origin: f64): void {
  let at = from;
  if (to - from < stretchMin) {
    while (at < to && worthOf(load<u8>(at)) != none) at++;
    if (goesOnAt(origin) && at > from + 1) stretch(s, from, at, origin);
    return;
  }
  while (at + stretchMin <= to) {
    let last = at + stretchMin;
    while (last > at && worthOf(load<u8>(last - 1)) != none) last--;
    if (last > at) { at = last; continue; }
    const most = to - at < stretchMax ? to : at + stretchMax;
    let end = at + stretchMin;
    while (end < most && worthOf(load<u8>(end)) != none) end++;
    stretch(s, at, end, origin + <f64>(at - from));
    at = end;
  }
}

function stretch(s: State, from: usize, to: usize, place: f64): void {
  const goesOn = goesOnAt(place);
  const before = goesOn ? tail : 0;
  const out = s.decoded + encodedAt;
  const length = decodeInto(from, to, out + before, goesOn);
  if (length != 0 && isTelling(out + before, length)) {
    const end = out + before + length;
    scanDecoded(s, out, end, from, to);
    const digits = to - from;
    if ((digits & 3) == 0 && digits >= lineMin && !isHex) {
      lineEnd = place + <f64>digits;
      keepTail(out, end);
    } else lineEnd = -1;
    return;
  }
  lineEnd = -1;
  if (!goesOn) pathPieces(s, from, to);
}

/** Moves what stands behind the last separator to the front. */
function keepTail(out: usize, end: usize): void {
  let from = end;
  while (from > out && end - from < tailMax && !isSeparator(load<u8>(from - 1))) from--;
  tail = end - from;
  memory.copy(out, from, tail);
}

// @ts-ignore: decorator
@inline
function isSeparator(c: u8): bool { return c <= 0x20 || c == 0x22 || c == 0x2c || c == 0x3b || c == 0x7c; }

/** The alphabet has a slash, and so have paths: what stands between two of them may be encoded. */
function pathPieces(s: State, from: usize, to: usize): void {
  let piece = from;
  for (let at = from; at <= to; at++) {
    if (at < to && load<u8>(at) != 0x2f) continue;
    if (at - piece >= stretchMin && (piece > from || at < to)) {
      const out = s.decoded + encodedAt;
      const length = decodeInto(piece, at, out, false);
      if (length != 0 && isTelling(out, length)) scanDecoded(s, out, out + length, piece, at);
    }
    piece = at + 1;
  }
}

let isHex: bool = false;

/** Writes the decoded bytes; returns how many, 0 when the stretch is none: all of one case and not hexadecimal, or of both alphabets. */
function decodeInto(from: usize, to: usize, out: usize, goesOn: bool): usize {
  let upper = false, lower = false, standard = false, other = false;
  let hex = true;
  const skip: usize = load<u8>(from) == 0x78 ? 1 : load<u16>(from) == 0x7830 ? 2 : 0; // \x, 0x
  for (let at = from + skip; at < to; at++) {
    const c = load<u8>(at);
    if (c >= 0x61) { lower = true; if (c > 0x66) hex = false; }
    else if (c == 0x5f || c == 0x2d) { other = true; hex = false; }
    else if (c >= 0x41) { upper = true; if (c > 0x46) hex = false; }
    else if (c == 0x2b || c == 0x2f) { standard = true; hex = false; }
  }
  isHex = hex = hex && (!goesOn || to - from >= stretchMin); // the few digits of a last line may look like it
  if (hex) return hexInto(from + skip, to, out);
  if (standard && other) return 0;
  if (!goesOn && !(upper && lower)) return 0;
  let bits: u32 = 0;
  let held = 0;
  let at = out;
  for (let digit = from; digit < to; digit++) {
    bits = bits << 6 | <u32>load<u8>(worth + <usize>load<u8>(digit));
    held += 6;
    if (held < 8) continue;
    held -= 8;
    store<u8>(at++, <u8>(bits >> held));
  }
  return at - out;
}

function hexInto(from: usize, to: usize, out: usize): usize {
  if ((to - from) & 1) return 0;
  let at = out;
  for (let digit = from; digit < to; digit += 2) store<u8>(at++, hexOf(load<u8>(digit)) << 4 | hexOf(load<u8>(digit + 1)));
  return at - out;
}

// @ts-ignore: decorator
@inline
function hexOf(c: u8): u8 { return c < 0x3a ? c & 15 : (c & 7) + 9; }

/** Whether it is text in UTF-8, or holds an at sign: noise is neither, but for one in some. */
function isTelling(from: usize, length: usize): bool {
  let printed: usize = 0;
  const to = from + length;
  for (let at = from; at < to; at++) {
    const c = load<u8>(at);
    if (c == 0x40) return true;
    if ((c >= 0x20 && c < 0x7f) || c == 0x0a || c == 0x0d || c == 0x09) printed++;
    else if (c >= 0xc2 && c < 0xf0) { // letters beyond ASCII, of two and three bytes
      let next: usize = 1;
      const most: usize = c < 0xe0 ? 2 : 3;
      while (next < most && at + next < to && (load<u8>(at + next) & 0xc0) == 0x80) next++;
      if (next == most || at + next == to) { printed += next; at += next - 1; }
    }
  }
  return printed * 8 >= length * 7;
}

/** No addresses, sentences and times: their first 16 bytes have an at sign, a dot or a space. */
// @ts-ignore: decorator
@inline
export function mayBeEncoded(from: usize): bool {
  const bytes = v128.load(from);
  return !v128.any_true(v128.or(v128.or(i8x16.eq(bytes, i8x16.splat(0x40)), i8x16.eq(bytes, i8x16.splat(0x2e))), i8x16.eq(bytes, i8x16.splat(0x20))));
}

/** Whether a field of a table, of 16 bytes or more, may be encoded as a whole: told by its first ones. */
export function looksEncoded(from: usize, to: usize): bool {
  const start = load<u16>(from);
  if (start == 0x7830 || start == 0x785c) from += 2; // 0x, \x
  if (to - from < stretchMin) return false;
  const bytes = v128.load(from);
  const upper = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x41)), i8x16.splat(26));
  const lower = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x61)), i8x16.splat(26));
  const digits = i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(0x30)), i8x16.splat(10));
  const signs = v128.or(
    v128.or(i8x16.eq(bytes, i8x16.splat(0x2b)), i8x16.eq(bytes, i8x16.splat(0x2f))),
    v128.or(i8x16.eq(bytes, i8x16.splat(0x2d)), i8x16.eq(bytes, i8x16.splat(0x5f))),
  );
  if (!i8x16.all_true(v128.or(v128.or(upper, lower), v128.or(digits, signs)))) return false;
  if (v128.any_true(upper) && v128.any_true(lower)) return true;
  // Hexadecimal of text in UTF-8: nearly every first digit of a byte is 2 to 7, but for letters beyond ASCII: c or d, then 8 to b; e, and two of those.
  const plain = firstsFrom(bytes, 0x32, 6);
  const next = (firstsFrom(bytes, 0x38, 2) | firstsFrom(bytes, 0x61, 2)) >> 2;
  const pairs = firstsFrom(bytes, 0x63, 2) & next;
  const triples = firstsFrom(bytes, 0x65, 1) & next & (next >> 2);
  return popcnt(plain) + 2 * popcnt(pairs) + 3 * popcnt(triples) >= 6;
}

/** Which of the first digits of the bytes, which stand at even places, are one of so many that follow one another; capitals count as small letters. */
// @ts-ignore: decorator
@inline
function firstsFrom(bytes: v128, from: u8, count: u8): i32 {
  const small = v128.or(bytes, i8x16.splat(0x20)); // digits have that bit already
  return i8x16.bitmask(i8x16.lt_u(i8x16.sub(small, i8x16.splat(from)), i8x16.splat(count))) & 0x5555;
}

const unitsMax: usize = 1024;
const unitsMin: usize = 4;
/** Of them, those of ASCII: names may begin with two accents. */
const plainMin: usize = 2;

// @ts-ignore: decorator
@inline
function isUnit(unit: u32): bool {
  return (unit >= 0x20 && unit < 0x7f) || (unit >= 0xa0 && unit < 0x250) || unit == 9 || unit == 10 || unit == 13;
}

/** Whether a unit of such a letter may end with this byte. */
// @ts-ignore: decorator
@inline
export function endsUnit(c: u8): bool { return c <= 2; }

/** Where text in UTF-16 that begins at `p` ends, among bytes: 0 when there is none, 1 when that takes more bytes. Told by little-endian units; those of the other order lie one byte beside. */
export function endOfWide(p: usize, to: usize, last: bool): usize {
  if (p + (unitsMin << 1) > to) return last ? 0 : 1;
  let plain: usize = 0;
  for (let unit: usize = 0; unit < unitsMin; unit++) {
    const first = load<u16>(p + (unit << 1));
    if (first < 0x20 || !isUnit(first)) return 0;
    if (first < 0x7f) plain++;
  }
  if (plain < plainMin) return 0;
  let space: usize = 0;
  let at = p;
  const most = p + (unitsMax << 1);
  for (; at + 2 <= to && at < most; at += 2) {
    const unit = load<u16>(at);
    if (!isUnit(unit)) return at;
    if (unit <= 0x20) space = at;
  }
  if (at >= most) return space > p ? space : at;
  return last ? at : 1;
}

/** Searches text in UTF-16. The byte behind it goes with it: of the other order it is the last letter, and else an address ends in front of it. */
export function onWide(s: State, from: usize, end: usize, to: usize): void {
  const out = s.decoded + encodedAt;
  let at = out;
  for (let unit = from; unit < end; unit += 2) {
    const c = load<u16>(unit);
    if (c < 0x80) store<u8>(at++, <u8>c);
    else {
      store<u8>(at++, <u8>(0xc0 | c >> 6));
      store<u8>(at++, <u8>(0x80 | (c & 63)));
    }
  }
  if (end < to && load<u8>(end) > 0x20 && load<u8>(end) < 0x7f) store<u8>(at++, load<u8>(end));
  scanDecoded(s, out, at, from, end);
}
