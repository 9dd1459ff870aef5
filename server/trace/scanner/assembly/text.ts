// Values cut out of free text: whole runs between structural characters, and inside them words, the pieces of words, e-mail addresses and
// telephone numbers. A cell of delimited rows that holds text goes the same way.
import { addresses } from "./addresses";
import { base64Bytes } from "./base64";
import { encodedIn, goesOnAt, endOfWide, endsUnit, forgetLine, onWide, stretchMin } from "./encoded";
import { decode, entityBytesMax } from "./escapes";
import { bareInstead, mayBeVaried } from "./forms";
import { measure, normalise, shapeOf, writeDay } from "./normal";
import { lookUp, wait } from "./row";
import { siphash } from "./siphash";
import { sample, sketchBytesMin } from "./sketch";
import { shapeBytes, shapeRows, State } from "./state";
import { endScreened, endText, waitInText } from "./textRow";

/** A run this long without a structural character is cut, at a space where it has one: nothing that long is one value. */
export const runBytesMax: usize = 4096;

// What a byte is in text.
const isSpaceByte: u8 = 1;
const isEnd: u8 = 2; // always ends a run
const isSoft: u8 = 4; // ends a run, but for what stands beside it: ' ( ) ;
const isDigit: u8 = 8;
const isAt: u8 = 16;
const isEscape: u8 = 32; // \ & %
const isPart: u8 = 64; // parts a word: / & ? # % \ ! * ~ ^ $
const isLetter: u8 = 128; // letters of ASCII, and bytes of others

const classes: usize = memory.data<u8>([
  2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2,
  1, 64, 2, 64, 64, 96, 96, 4, 4, 4, 64, 0, 2, 0, 0, 64, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 2, 4, 2, 2, 2, 64,
  16, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 2, 96, 2, 64, 0,
  2, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 2, 2, 2, 64, 2,
  128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
  128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
  128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
  128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
]);

// @ts-ignore: decorator
@inline
function classOf(at: usize): u8 { return load<u8>(classes + <usize>load<u8>(at)); }

// @ts-ignore: decorator
@inline
export function isWordByte(c: u8): bool { return (load<u8>(classes + <usize>c) & (isDigit | isLetter)) != 0; }

/** Where in the stream the values come from, when they are decoded elsewhere; 0 where they stand in the stream's own bytes. */
let spanFrom: usize = 0;
let spanTo: usize = 0;
let field: i32 = 0;
/** The values were encoded: what is encoded once more in them is left. */
let inEncoded: bool = false;

// What the run that was measured last holds, as classes.
let runHolds: u8 = 0;
let softOpen: bool = false;

/**
 * Scans text from `from` to `to`, of which the first byte stands at offset `base` of the stream; `last` when there are no more. Returns where
 * the first unfinished run starts: the caller shows it again with more bytes behind it.
 */
export function scanText(s: State, from: usize, to: usize, base: f64, last: bool): usize {
  s.windowFrom = from;
  s.windowBase = base;
  field = 0;
  if (base == 0 && s.atStart && to > from) { s.atStart = false; s.rows = 1; forgetLine(); }
  const bytes = s.shape == shapeBytes;
  let p = from;
  while (p < to) {
    if (bytes && endsUnit(load<u8>(p + 1))) {
      const end = endOfWide(p, to, last);
      if (end == 1) break;
      if (end != 0) {
        endScreened(s, base + <f64>(p - from), false);
        onWide(s, p, end, to);
        p = end;
        continue;
      }
    }
    if (startsRun(p, to)) {
      endScreened(s, base + <f64>(p - from), false);
      const end = endOfRun(p, from, to, last);
      if (end == 0) break;
      // The last byte of a run may be the first letter of text in UTF-16.
      const wide = bytes && end > p + 1 && endsUnit(load<u8>(end)) ? endOfWide(end - 1, to, last) : 0;
      if (wide == 1) break;
      onRun(s, p, end);
      p = wide != 0 ? end - 1 : end;
    } else {
      if (!last && p + 1 >= to) break; // what a bracket is, its neighbour tells
      if (load<u8>(p) == 0x0a && (!last || p + 1 < to)) s.rows += 1;
      p++;
    }
  }
  if (last) endScreened(s, base + <f64>(to - from), true);
  lookUp(s);
  if (last) endText(s);
  return p;
}

/** Cuts values out of one cell of a row; they belong to this field. */
export function scanCell(s: State, from: usize, to: usize, ofField: i32): void {
  if (load<u8>(to - 1) == 0x3d && isDigest(s, from, to)) { scanEncoded(s, from, to, ofField); return; }
  field = ofField;
  forgetLine();
  runsIn(s, from, to);
}

/** Whether the cell may be a digest in base64 with its padding: it was looked up as a whole. An address of as many bytes, encoded, looks the same. */
function isDigest(s: State, from: usize, to: usize): bool {
  const length = to - from;
  return (length == 24 || length == 28 || length == 44) && <usize>normalise(s, from, to) > length;
}

/** Searches what one cell of a row holds encoded, as a whole. */
export function scanEncoded(s: State, from: usize, to: usize, ofField: i32): void {
  field = ofField;
  forgetLine();
  encodedIn(s, from, to, 0);
}

/** Cuts values out of what was decoded elsewhere; they stand where it stood, from `place` to `end`. */
export function scanDecoded(s: State, from: usize, to: usize, place: usize, end: usize): void {
  const outside = spanFrom == 0;
  if (outside) {
    spanFrom = place;
    spanTo = end;
  }
  inEncoded = true;
  runsIn(s, from, to);
  inEncoded = false;
  if (outside) spanFrom = 0;
}

function runsIn(s: State, from: usize, to: usize): void {
  let p = from;
  while (p < to) {
    if (!startsRun(p, to)) { p++; continue; }
    const end = endOfRun(p, from, to, true);
    onRun(s, p, end);
    p = end;
  }
}

// @ts-ignore: decorator
@inline
function startsRun(p: usize, to: usize): bool {
  const kind = classOf(p);
  return (kind & (isEnd | isSoft)) == 0 || (load<u8>(p) == 0x28 && opensNumber(p, to));
}

/** A bracket in front of a digit or plus may belong to a telephone number. */
// @ts-ignore: decorator
@inline
function opensNumber(p: usize, to: usize): bool {
  const next: u8 = p + 1 < to ? load<u8>(p + 1) : 0;
  return (next >= 0x30 && next <= 0x39) || next == 0x2b;
}

/** Where the run that starts at `p` ends; 0 when that takes more bytes. What it holds is left in runHolds. */
function endOfRun(p: usize, from: usize, to: usize, last: bool): usize {
  let holds: u8 = 0;
  let space: usize = 0;
  softOpen = false;
  const limit = p + runBytesMax;
  let at = p;
  for (; at < to; at++) {
    const kind = classOf(at);
    holds |= kind;
    if (kind & (isEnd | isSoft)) {
      if (kind & isEnd) break;
      if (at + 1 >= to && !last) return 0;
      if (!staysInside(p, at, to)) break;
    }
    if (kind & isSpaceByte) space = at;
    if (at >= limit) {
      runHolds = holds;
      return space > p ? space : at;
    }
  }
  if (at >= to && !last) return 0;
  runHolds = holds;
  return at;
}

/** Whether a soft character at `at` is part of the value around it. */
function staysInside(p: usize, at: usize, to: usize): bool {
  const c = load<u8>(at);
  const before: u8 = at > p ? load<u8>(at - 1) : 0;
  const after: u8 = at + 1 < to ? load<u8>(at + 1) : 0;
  if (c == 0x28) {
    const opens = opensNumber(at, to) && (load<u8>(classes + <usize>before) & (isLetter | isDigit)) == 0;
    if (opens) softOpen = true;
    return opens;
  }
  if (c == 0x29) {
    const closes = softOpen && before >= 0x30 && before <= 0x39;
    softOpen = false;
    return closes;
  }
  if (c == 0x3b) return endsEntity(p, at);
  // An apostrophe: doubled or behind a backslash inside a string of SQL, or between two letters.
  if (at == p) return false;
  if (before == 0x5c || after == 0x27 || (before == 0x27 && at - 1 > p)) return true;
  return (load<u8>(classes + <usize>before) & isLetter) != 0 && (load<u8>(classes + <usize>after) & isLetter) != 0;
}

function endsEntity(p: usize, at: usize): bool {
  for (let from = at - 1; from >= p && at - from <= entityBytesMax; from--) {
    const c = load<u8>(from);
    if (c == 0x26) return at - from > 2;
    if (c != 0x23 && (load<u8>(classes + <usize>c) & (isLetter | isDigit)) == 0) return false;
  }
  return false;
}

function onRun(s: State, from: usize, to: usize): void {
  const holds = runHolds;
  const quotes = (holds & isSoft) != 0;
  cut(s, from, to, holds);
  const place = placeOf(s, from);
  if (!inEncoded && (to - from >= stretchMin || goesOnAt(place))) encodedIn(s, from, to, place);
  if ((holds & isEscape) == 0 && !quotes) return;
  if (spanFrom != 0) return; // decoded once
  const length = decode(s, from, to);
  if (length == 0) return;
  spanFrom = from;
  spanTo = to;
  forgetLine();
  runsIn(s, s.decoded, s.decoded + length);
  forgetLine();
  spanFrom = 0;
}

/** Where a run stands: in the stream, or in what was decoded or a cell, of which only the order tells. */
// @ts-ignore: decorator
@inline
function placeOf(s: State, from: usize): f64 {
  return s.shape == shapeRows || spanFrom != 0 ? <f64>from : s.windowBase + <f64>(from - s.windowFrom);
}

/** A run, its words, and what is inside the words. */
function cut(s: State, from: usize, to: usize, holds: u8): void {
  while (from < to && (load<u8>(from) == 0x20 || load<u8>(from) == 0x5c)) from++;
  while (to > from && (load<u8>(to - 1) == 0x20 || load<u8>(to - 1) == 0x5c)) to--;
  if (from == to) return;
  candidate(s, from, to);
  if (load<u8>(from) == 0x28) unbracket(s, from, to);
  words(s, from, to, holds);
}

/** `(123` of `(123, 'x')`, and `(123)`: the number without its bracket. */
function unbracket(s: State, from: usize, to: usize): void {
  const end = load<u8>(to - 1) == 0x29 ? to - 1 : to;
  if (end > from + 1) candidate(s, from + 1, end);
}

// Groups of digits of one telephone number, and its digits at least and at most: up to 15 (ITU-T E.164), and two noughts in front.
const groupsMax: i32 = 6;
const phoneDigitsMin: i32 = 7;
const phoneDigitsMax: i32 = 17;
const groupsAt: usize = 5120; // in the region of what is decoded, behind the longest run

function words(s: State, from: usize, to: usize, holds: u8): void {
  const single = (holds & isSpaceByte) == 0;
  let grouped = 0; // groups of digits that follow one another, whose places lie in the region of what is decoded
  let at = from;
  while (at < to) {
    if (load<u8>(at) == 0x20) { at++; continue; }
    let end = at;
    let kinds: u8 = 0;
    let numeric = true;
    while (end < to && load<u8>(end) != 0x20) {
      const kind = classOf(end);
      kinds |= kind;
      if ((kind & isDigit) == 0 && !partsNumber(load<u8>(end))) numeric = false;
      end++;
    }
    word(s, at, end, kinds, single);
    if (!numeric || (kinds & isDigit) == 0) grouped = 0;
    else if (!single) {
      if (load<u8>(at) == 0x2b || (at > from + 1 && load<u8>(at - 2) == 0x20)) grouped = 0;
      grouped = phones(s, grouped, at, end);
    }
    at = end;
  }
}

// @ts-ignore: decorator
@inline
function partsNumber(c: u8): bool {
  return c == 0x2b || c == 0x28 || c == 0x29 || c == 0x2d || c == 0x2f || c == 0x2e;
}

/** Joins the group from `at` to `end` with those before it; returns how many groups there are now. */
function phones(s: State, grouped: i32, at: usize, end: usize): i32 {
  if (grouped == groupsMax) {
    memory.copy(s.decoded + groupsAt, s.decoded + groupsAt + 8, <usize>(groupsMax - 1) << 3);
    grouped--;
  }
  store<usize>(s.decoded + groupsAt + (<usize>grouped << 3), at);
  let until = end;
  while (until > at && load<u8>(until - 1) != 0x29 && (classOf(until - 1) & isDigit) == 0) until--;
  let digits = 0;
  let counted = until;
  for (let group = grouped; group >= 0; group--) {
    const first = load<usize>(s.decoded + groupsAt + (<usize>group << 3));
    while (counted > first) if (classOf(--counted) & isDigit) digits++;
    if (digits > phoneDigitsMax) break;
    if (digits >= phoneDigitsMin && group < grouped) candidate(s, first, until);
  }
  return until == end ? grouped + 1 : 0;
}

/** A word without the punctuation around it, its pieces, and the e-mail addresses in it. */
function word(s: State, from: usize, to: usize, kinds: u8, tried: bool): void {
  let a = from;
  let b = to;
  while (a < b && isMark(load<u8>(a))) a++;
  while (b > a && isMark(load<u8>(b - 1))) b--;
  const telling = (kinds & (isDigit | isAt)) != 0;
  // In a cell of a table only what looks like an address, a number or an id is cut out of a sentence: names have columns of their own there.
  if (b - a >= 3 && (!tried || a != from || b != to) && (telling || s.shape != shapeRows)) candidate(s, a, b);
  if (!telling) return;
  if (kinds & isAt) addresses(s, a, b);
  if (kinds & isPart) {
    let piece = a;
    for (let at = a; at <= b; at++) {
      if (at < b && (classOf(at) & isPart) == 0) continue;
      if (at - piece >= 3 && (piece > a || at < b)) candidate(s, piece, at);
      piece = at + 1;
    }
  }
}

// Punctuation around a word: ! # * , . ? @ \ _ ` ~ ( ) ' - and what marks bold or code.
// @ts-ignore: decorator
@inline
function isMark(c: u8): bool {
  return c < 0x80 && c != 0x2b && !isWordByte(c);
}

/** One value that may be known: its token waits to be looked up, and that of its other readings. */
export function candidate(s: State, from: usize, to: usize): void {
  const length = normalise(s, from, to);
  if (length == 0) return;
  s.inner += 1;
  if (s.shape != shapeRows) s.values += 1;
  offer(s, length, from, to);
  otherReadings(s, length, from, to);
}

function offer(s: State, length: i32, from: usize, to: usize): void {
  const known = (load<u8>(s.shapes + shapeOf(s, length)) & 1) != 0; // as part of a combination only a whole field counts
  if (!known && (s.sketchBelow == 0 || length < sketchBytesMin)) return;
  const token = siphash(s.scratch, length, s.key0, s.key1);
  if (length >= sketchBytesMin) sample(s, token, s.shape == shapeRows ? field : 0);
  if (known) keep(s, token, from, to);
}

/** The token of what stands from `from` to `to` waits to be looked up. */
function keep(s: State, token: u64, from: usize, to: usize): void {
  if (s.shape == shapeRows) wait(s, token, field);
  else if (spanFrom != 0) waitInText(s, token, spanFrom, spanTo);
  else waitInText(s, token, from, to);
}

/** A day with its month first, a digest in base64 without its padding, and an address without its tag. */
// @ts-ignore: decorator
@inline
export function otherReadings(s: State, length: i32, from: usize, to: usize): void {
  if (s.otherDay != 0) {
    writeDay(s, s.otherDay);
    offer(s, 8, from, to);
  } else if (length == 22 || length == 27) unpadded(s, length, from, to);
  else if (mayBeVaried(s, length)) untagged(s, length, from, to);
}

/** Looked up only: the sample holds values as they stand. */
function untagged(s: State, length: i32, from: usize, to: usize): void {
  const bare = bareInstead(s, length);
  if (bare != 0 && (load<u8>(s.shapes + shapeOf(s, bare)) & 1) != 0) keep(s, siphash(s.scratch, bare, s.key0, s.key1), from, to);
}

function unpadded(s: State, length: i32, from: usize, to: usize): void {
  if (to - from != <usize>length) return;
  const bytes = base64Bytes(from, length, s.scratch);
  if (bytes == 0) return;
  measure(s, bytes << 1);
  offer(s, bytes << 1, from, to);
}

/** Another reading of a whole field. */
export function otherReadingsOfField(s: State, length: i32, from: usize, to: usize, ofField: i32): void {
  field = ofField;
  otherReadings(s, length, from, to);
}
