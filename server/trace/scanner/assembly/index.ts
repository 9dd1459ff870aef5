// One pass over delimited text: fields, normal form, shape, token, table. Built into ../scanner.wasm; see ../compile.ts.
import { emit, note } from "./build";
import { combine, noteComponent, setComponent, shapeComponent, shapeKnown } from "./combine";
import { ownDay } from "./dayOrder";
import { beginStream, readCount, setSetting } from "./door";
import { endLinks, listLinks } from "./links";
import { digestOf } from "./digest";
import { looksEncoded, mayBeEncoded } from "./encoded";
import { addForms, digestWaiting, mayBeVaried } from "./forms";
import { isShortAscii, notKnown, notTold, readingOf, readShapes } from "./gate";
import { normalise, shapeOf } from "./normal";
import { takeMarks as takeMarksOf } from "./marks";
import { endWaitingRow, lookUp, wait } from "./row";
import { mix, siphash } from "./siphash";
import { otherReadingsOfField, scanCell, scanEncoded, scanText } from "./text";
import { holdsText } from "./textTest";
import { modeBuild, modeScreen, modeCut, shapeRows, State } from "./state";
import { newline, quote } from "./quotes";
import { replayRows, sendOut } from "./screen";
import { forgetSamples, sample, sketchBytesMin, wasTried } from "./sketch";
import { insertAll, layOut } from "./table";

export { countQuotes, lastEvenLine } from "./quotes";

const sideBytesMax: usize = 4096;

// Several instances share one memory, each with its own state: see place.
let s: State = changetype<State>(0);

/** Bytes of one state. */
export function stateBytes(): i32 { return <i32>offsetof<State>(); }

/** From here on this instance works on the state at `at`: zeroed memory is a state without regions. */
export function place(at: usize): void { s = changetype<State>(at); }

/** Sets a region or a setting; the numbers are the order of `settings` on the JavaScript side. */
export function set(setting: i32, value: f64): void { setSetting(s, setting, value); }

/** Reads a count; the numbers are the order of `counts` on the JavaScript side. */
export function count(which: i32): f64 { return readCount(s, which); }

export function setKey(key0: u64, key1: u64): void { s.key0 = key0; s.key1 = key1; }

/** Begins a new stream. */
export function begin(): void {
  beginStream(s);
  readShapes(s);
}

/** Goes on at the start of a record that another lane's bytes ended before: `base` is its offset. Counts go on. */
export function resume(base: f64): void {
  s.atStart = false;
  s.skipping = false;
  s.literal = false;
  s.field = 0;
  s.rowDays = 0;
  s.rowNames = 0;
  s.rowStart = base;
}

/** Looks up what waits. Whether the bytes so far end inside a record, when they are a piece cut out of a stream. */
export function endPiece(): bool {
  lookUp(s);
  if (s.mode == modeScreen && s.outCount > 0) sendOut(s);
  return s.field != 0 || s.skipping || s.literal;
}

/** Where the record starts that the bytes so far have not ended. */
export function recordStart(): f64 { return s.rowStart; }

/** Looks up entries that a screening pass kept (see screen.ts); `last` when the stream has no more. */
export function replay(from: usize, count: i32, last: bool): void { replayRows(s, from, count, last); }

/** Begins the sample of all values anew. */
export function clearSketch(): void { forgetSamples(s); }

/** The stream has ended: what waits to be digested goes out. */
export function endForms(): void { digestWaiting(s); }

/** Takes up the layout of the table that is set. */
export function attachTable(): void { layOut(s); }
export function addLinks(list: i32, from: usize, count: i32, held: u32): void { listLinks(s, list, from, count, held); }
export function closeLinks(list: i32): void { endLinks(s, list); }
/** Takes marks away (see marks.ts), and where that stopped. */
export function takeMarks(from: u32, out: usize, most: i32): i32 { return takeMarksOf(s, from, out, most); }
export function takenTo(): f64 { return <f64>s.takenTo; }
export function insert(from: usize, count: i32, owner: i32): void { insertAll(s, from, count, owner); }

/** Normal form of `length` bytes at `from` into scratch; for tests and single values. */
export function normaliseOne(from: usize, length: i32): i32 { return normalise(s, from, from + length); }

/** Token of what stands in scratch. */
export function tokenOne(length: i32): u64 { return siphash(s.scratch, length, s.key0, s.key1); }

/** Digest (0 MD5, 1 SHA-1, 2 SHA-256) of what stands in scratch, in its place and in hex; for tests. */
export function digestOne(kind: i32, length: i32): i32 {
  memory.copy(s.side, s.scratch, <usize>length);
  return digestOf(s, kind, length);
}

export function linkOne(a: u64, b: u64): u64 { return mix(a + b); }

// In columnOfField: the field is a component of combinations, by its number.
const isComponent: u8 = 0x80;

function onField(from: usize, to: usize): void {
  const field = s.field - s.idFields;
  if (field < 0 || from == to) return;
  s.values += 1;
  if (s.mode >= modeBuild) {
    if (s.mode == modeCut) return;
    if (field >= s.columnFieldsMax) return;
    const column = load<u8>(s.columnOfField + field);
    if (column == 0xff) return;
    s.dayOrder = 0;
    let length = normalise(s, from, to);
    if (length == 0) return;
    if (s.dayOrder != 0) length = ownDay(s, column, length);
    const shape = s.shapes + shapeOf(s, length);
    store<u8>(shape, load<u8>(shape) | (column & isComponent ? shapeComponent : shapeKnown));
    if (column & isComponent) {
      setComponent(s, column & 7, siphash(s.scratch, length, s.key0, s.key1));
      return;
    }
    note(s, column, length, siphash(s.scratch, length, s.key0, s.key1));
    const forms = load<u8>(s.forms + column);
    if (forms != 0) addForms(s, forms, length, from, to);
    return;
  }
  searchValue(from, to, field, s.sketchBelow != 0 && to - from >= <usize>sketchBytesMin);
}

/** Looks up a value that is not empty, when it may be known; samples it when it is to be. */
// @ts-ignore: decorator
@inline
function searchValue(from: usize, to: usize, field: i32, sampling: bool): void {
  const reading = readingOf(s, from, to);
  if (reading == notTold || (sampling && reading == notKnown && !wasTried(s, from, to, field))) searchNormalised(from, to, field, sampling, reading);
  else if (reading != notKnown) searchPlain(<i32>(to - from) - <i32>(load<u8>(from) == 0x2b), field, <u8>reading);
  if (to - from < 16) return;
  if (to - from > 16 && holdsText(s, from, to)) scanCell(s, from, to, field);
  else if (mayBeEncoded(from)) searchEncoded(from, to, field);
}

// Exported so that it is not drawn into the loop over fields.
export function searchEncoded(from: usize, to: usize, field: i32): void {
  if (looksEncoded(from, to)) scanEncoded(s, from, to, field);
}

/** Looks up what stands in scratch. */
// @ts-ignore: decorator
@inline
function searchPlain(length: i32, field: i32, known: u8): void {
  const token = siphash(s.scratch, length, s.key0, s.key1);
  if (length >= sketchBytesMin) sample(s, token, field);
  if (known & shapeKnown) wait(s, token, field);
  if (known & shapeComponent) {
    s.otherDay = 0;
    noteComponent(s, token, length, field);
  }
}

// Exported so that it is not drawn into the loop over fields, which it would crowd.
export function searchNormalised(from: usize, to: usize, field: i32, sampling: bool, reading: i32): void {
  const length = normalise(s, from, to);
  if (length == 0) return;
  const known = load<u8>(s.shapes + shapeOf(s, length));
  if (known != 0 || sampling) {
    const token = siphash(s.scratch, length, s.key0, s.key1);
    if (known & shapeKnown) wait(s, token, field);
    if (known & shapeComponent) noteComponent(s, token, length, field);
    if (length >= sketchBytesMin) sample(s, token, field);
  }
  if (s.otherDay != 0 || length == 22 || length == 27 || (reading == notTold && mayBeVaried(s, length))) otherReadingsOfField(s, length, from, to, field);
}

/** A field without quotes: counted only, when it is too long to be a value, so that it is the same whether or not it is seen whole. */
// @ts-ignore: decorator
@inline
function plain(from: usize, to: usize): void {
  if (to - from >= <usize>s.fieldBytesMax) skip();
  else onField(from, to);
}

function skip(): void {
  s.tooLong += 1;
  if (s.field >= s.idFields) s.values += 1;
}

/** Where a field ends that is followed by `end`: a carriage return before a line feed belongs to the line end. */
// @ts-ignore: decorator
@inline
function beforeReturn(from: usize, at: usize, end: u8): usize {
  return end == newline && at > from && load<u8>(at - 1) == 0x0d ? at - 1 : at;
}

/** Ends the row whose line end stands before `next`. An empty line is no row. */
function endRow(next: f64, lineBytes: f64): void {
  const fields = s.field;
  s.field = 0;
  if (lineBytes > 0) {
    if (fields > s.fieldsMax) s.fieldsMax = fields;
    if (s.mode == modeBuild) emit(s);
    else {
      if (s.rowDays + s.rowNames > 0) combine(s);
      if (s.rowWaits || s.hits > 0) endWaitingRow(s, next);
    }
    s.rows += 1;
  }
  s.rowStart = next;
}

// @ts-ignore: decorator
@inline
function structure(block: usize, to: usize, delimiters: v128, newlines: v128, quotes: v128): u32 {
  const bytes = v128.load(block);
  const found = v128.or(v128.or(i8x16.eq(bytes, delimiters), i8x16.eq(bytes, newlines)), i8x16.eq(bytes, quotes));
  let mask = <u32>i8x16.bitmask(found);
  if (block + 16 > to) mask &= (1 << <u32>(to - block)) - 1;
  return mask;
}

/**
 * Scans the bytes from `from` to `to`, of which the first stands at offset `base` of the stream; `last` when there are no more.
 * Returns where the first unfinished field starts: the caller shows it again with more bytes behind it.
 */
export function scan(from: usize, to: usize, base: f64, last: bool): usize {
  if (s.shape != shapeRows) return scanText(s, from, to, base, last);
  const delimiter = s.delimiter;
  // Most fields are searched right here: those that end with a delimiter.
  const directMax = s.mode < modeBuild ? s.fieldBytesMax : 0;
  const samples = s.sketchBelow != 0;
  const idFields = s.idFields;
  const shortMax = s.lengthMin;
  let values = 0;
  let field = s.field;
  let literal = s.literal;
  const delimiters = i8x16.splat(<i8>delimiter);
  const newlines = i8x16.splat(<i8>newline);
  const quotes = i8x16.splat(<i8>(s.quoteless ? newline : quote)); // a quote that means nothing is never looked at
  let p = from;
  if (s.atStart) {
    if (to - from < 3 && !last) return from;
    s.atStart = false;
    if (to - from >= 3 && (load<u32>(from) & 0xffffff) == 0xbfbbef) p += 3;
    s.rowStart = <f64>(p - from) + base;
  }
  if (p < to) {
    let block = p;
    let mask = structure(block, to, delimiters, newlines, quotes);
    for (;;) {
      while (mask == 0) {
        block += 16;
        if (block >= to) break;
        mask = structure(block, to, delimiters, newlines, quotes);
      }
      if (mask == 0) break;
      let at = block + <usize>ctz(mask);
      mask &= mask - 1;
      let c = load<u8>(at);
      if (c == quote) {
        if (at != p || s.skipping || literal) continue;
        s.field = field;
        at = quoted(p, to, last);
        if (at == 0) {
          s.literal = false;
          s.values += values;
          return p;
        }
        if (at == 1) {
          literal = true;
          continue;
        }
        if (at >= to) {
          p = to;
          break;
        }
        c = load<u8>(at);
        block = at + 1;
        mask = block < to ? structure(block, to, delimiters, newlines, quotes) : 0;
      } else if (s.skipping) s.skipping = false;
      else if (c == delimiter && <i32>(at - p) < directMax) {
        if (field >= idFields && at != p) {
          values++;
          const length = <i32>(at - p);
          const sampling = samples && length >= sketchBytesMin;
          if (sampling || length >= shortMax || !isShortAscii(p, length)) searchValue(p, at, field - idFields, sampling); // else it is shorter than all that is known
        }
      } else {
        s.field = field;
        plain(p, beforeReturn(p, at, c));
      }
      literal = false;
      field++;
      p = at + 1;
      if (c == newline) {
        const next = base + <f64>(p - from);
        let line = next - 1 - s.rowStart;
        if (line == 1 && field == 1 && load<u8>(at - 1) == 0x0d) line = 0;
        s.field = field;
        endRow(next, line);
        field = 0;
      }
    }
  }
  s.field = field;
  s.literal = literal;
  s.values += values;
  return finish(p, from, to, base, last);
}

/** What is left when the bytes end inside a field. */
function finish(p: usize, from: usize, to: usize, base: f64, last: bool): usize {
  if (last) {
    const line = base + <f64>(to - from) - s.rowStart;
    if (p < to && !s.skipping) plain(p, to);
    if (line > 0) s.field++;
    s.skipping = false;
    s.literal = false;
    endRow(base + <f64>(to - from), line);
    lookUp(s);
    return to;
  }
  if (s.skipping) return to;
  if (to - p >= <usize>s.fieldBytesMax) { // far too long to be a value: forget it, keep to the structure
    s.skipping = true;
    s.literal = false;
    skip();
    return to;
  }
  return p;
}

/**
 * A field that opens with a quote at `from`. Returns where its delimiter or line end stands (or `to` at the end of the stream), 0 when
 * more bytes are needed, 1 when it does not close within the longest field: then the quote means itself.
 */
function quoted(from: usize, to: usize, last: bool): usize {
  const limit = from + <usize>s.fieldBytesMax;
  const stop = to < limit ? to : limit;
  const open: usize = last || to >= limit ? 1 : 0;
  let close = from + 1;
  let doubled = false;
  for (;; close += 2) {
    close = find(close, stop, quote, quote);
    if (close >= stop) {
      if (last && stop == to) s.endedInside = true;
      if (open) s.brokenQuotes += 1;
      return open;
    }
    if (close + 1 >= to) { if (!last) return 0; break; }
    if (load<u8>(close + 1) != quote) break;
    doubled = true;
  }
  const end = find(close + 1, stop, s.delimiter, newline);
  if (end >= stop && !(last && stop == to)) { if (open) s.brokenQuotes += 1; return open; }
  const textEnd = end < to ? beforeReturn(close + 1, end, load<u8>(end)) : end;
  if (!doubled && textEnd == close + 1) onField(from + 1, close);
  else unquote(from + 1, close, textEnd);
  return end;
}

function find(from: usize, to: usize, a: u8, b: u8): usize {
  const as = i8x16.splat(<i8>a);
  const bs = i8x16.splat(<i8>b);
  for (; from < to; from += 16) {
    const bytes = v128.load(from);
    const mask = i8x16.bitmask(v128.or(i8x16.eq(bytes, as), i8x16.eq(bytes, bs)));
    if (mask == 0) continue;
    const at = from + <usize>ctz(mask);
    return at < to ? at : to;
  }
  return to;
}

/** Doubled quotes become one; what stands between the closing quote and the delimiter is kept as it is. */
function unquote(from: usize, close: usize, end: usize): void {
  if (s.mode == modeCut) return;
  if (end - from > sideBytesMax) { // no value is that long; inside it a doubled quote parts values as one does
    const field = s.field - s.idFields;
    if (field < 0) return;
    s.values += 1;
    if (s.mode != modeBuild) scanCell(s, from, end, field);
    return;
  }
  let out = s.side;
  for (let at = from; at < end; at++) {
    if (at == close) continue;
    const c = load<u8>(at);
    store<u8>(out++, c);
    if (c == quote && at < close) at++;
  }
  onField(s.side, out);
}
