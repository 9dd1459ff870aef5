// One pass over the rows of a table: their fields, one spelling of each, a code of each. Built into ../coding.wasm; see ../coding.ts, which lays out the memory, and
// ../coding.test.ts, which builds it. What a spelling is, ../code.ts defines.
import { siphash } from "../../scanner/assembly/siphash";
import { canonical } from "./spelling";

// @ts-ignore: decorator
@external("env", "spell")
declare function spell(from: usize, length: i32, doubled: i32): i32;

const comma: u8 = 0x2c;
const newline: u8 = 0x0a;
const quote: u8 = 0x22;
const highBits: u64 = 0x8080808080808080;

// Of a field, 48 bytes: what it is, where its codes stand in a row (in words), its keys as what identifies somebody, and as a cell.
const planBytes: usize = 48;
const isOther: u32 = 1;
const isCell: u32 = 2;

let plan: usize = 0;
let fields: i32 = 0;
let text: usize = 0; // where spellings are written; eight bytes before it are free
let fold: usize = 0;
let out: usize = 0;
let rowsMax: i32 = 0;
let rowBytes: usize = 0;
let maskLow: u32 = 0;
let maskHigh: u32 = 0;
let usedTo: usize = 0;
let isMalformed: bool = false;

export function place(planAt: usize, fieldCount: i32, textAt: usize, foldAt: usize): void {
  plan = planAt;
  fields = fieldCount;
  text = textAt;
  fold = foldAt;
}

export function placeOut(outAt: usize, most: i32, words: i32): void {
  out = outAt;
  rowsMax = most;
  rowBytes = <usize>words << 2;
}

/** Subjects whose codes have one of these bits are not followed. */
export function follow(low: u32, high: u32): void {
  maskLow = low;
  maskHigh = high;
}

/** Where the first row begins that was not read. */
export function used(): usize { return usedTo; }

/** Whether what begins there is no row. */
export function malformed(): bool { return isMalformed; }

/** The code of the spelling that was written to `text`, under the key at `key`: of what identifies somebody. */
export function subjectOne(length: i32, key: usize): u64 {
  store<u64>(text + length, 0);
  return siphash(text, length, load<u64>(key), load<u64>(key, 8));
}

/** The same of a cell of the subject whose code stands in the eight bytes before `text`. */
export function cellOne(length: i32, key: usize): u32 {
  store<u64>(text + length, 0);
  return cellCode(text, length, key);
}

// @ts-ignore: decorator
@inline
function cellCode(at: usize, length: i32, key: usize): u32 {
  const code = <u32>(siphash(at - 8, length + 8, load<u64>(key), load<u64>(key, 8)) >> 32);
  return code == 0 ? 1 : code;
}

let spelledAt: usize = 0;
let spelledLength: i32 = 0;

/** Reads whole rows from `from` on, as many as there is room for, and writes those that are followed. Returns how many. */
export function read(from: usize, to: usize): i32 {
  let rows = 0;
  let at = from;
  usedTo = from;
  isMalformed = false;
  while (rows < rowsMax && at < to) {
    const row = out + <usize>rows * rowBytes;
    memory.fill(row, 0, rowBytes);
    let field = 0;
    let followed = false;
    for (;;) {
      if (at >= to) return rows;
      let start = at;
      let end: usize;
      let next: usize;
      let quoted = false;
      let doubled = 0;
      if (load<u8>(at) == quote) {
        quoted = true;
        start = at + 1;
        end = start;
        for (;;) {
          while (end < to && load<u8>(end) != quote) end++;
          next = end + 1;
          if (next >= to) return rows;
          if (load<u8>(next) != quote) break;
          doubled = 1;
          end += 2;
        }
      } else {
        end = at;
        while (end < to) {
          const c = load<u8>(end);
          if (c == comma || c == newline) break;
          if (c == quote) { isMalformed = true; return rows; }
          end++;
        }
        if (end >= to) return rows;
        next = end;
      }
      const c = load<u8>(next);
      if (c != comma && c != newline) { isMalformed = true; return rows; }
      at = next + 1;
      if (field == 0) followed = (quoted || end != start) && isFollowed(row, start, end, doubled);
      else if (followed && field < fields && (quoted || end != start)) code(field, row, start, end, doubled);
      field++;
      if (c == newline) break;
    }
    usedTo = at;
    if (followed) rows++;
  }
  return rows;
}

function isFollowed(row: usize, start: usize, end: usize, doubled: i32): bool {
  spelled(start, end, doubled);
  const subject = siphash(spelledAt, spelledLength, load<u64>(plan, 16), load<u64>(plan, 24));
  if (<u32>subject & maskLow || <u32>(subject >> 32) & maskHigh) return false;
  store<u64>(row, subject);
  return true;
}

function code(field: i32, row: usize, start: usize, end: usize, doubled: i32): void {
  const one = plan + <usize>field * planBytes;
  const what = load<u32>(one);
  spelled(start, end, doubled);
  if (what & isOther) store<u64>(row + (<usize>load<u32>(one, 4) << 2), siphash(spelledAt, spelledLength, load<u64>(one, 16), load<u64>(one, 24)));
  if (!(what & isCell) || spelledLength == 0) return;
  store<u64>(spelledAt - 8, load<u64>(row));
  store<u32>(row + (<usize>load<u32>(one, 8) << 2), cellCode(spelledAt, spelledLength, one + 32));
}

/** Finds the spelling of a field: where it stands and how long it is, with eight noughts behind it. What the table of folds does not hold goes out to the definition. */
function spelled(start: usize, end: usize, doubled: i32): void {
  const length = <i32>(end - start);
  const folded = doubled ? -1 : foldTo(start, length);
  if (folded < 0) {
    spelledAt = text;
    spelledLength = spell(start, length, doubled);
  } else {
    const found = canonical(text, text + folded);
    spelledAt = <usize>(found >> 32);
    spelledLength = <i32>found;
  }
  store<u64>(spelledAt + spelledLength, 0);
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

/** Writes the bytes folded to `text` and returns their length; less than nothing where the table does not tell. */
function foldTo(from: usize, length: i32): i32 {
  let i: i32 = 0;
  for (; i + 8 <= length; i += 8) {
    const x = load<u64>(from + i);
    if (x & highBits) return wide(from, length, i);
    store<u64>(text + i, lowerWord(x));
  }
  if (i < length) {
    const x = load<u64>(from + i) & (<u64>1 << (<u64>(length - i) << 3)) - 1;
    if (x & highBits) return wide(from, length, i);
    store<u64>(text + i, lowerWord(x));
  }
  return length;
}

/** Two-byte UTF-8 by the table, from `done` on. */
function wide(from: usize, length: i32, done: i32): i32 {
  let at = from + done;
  const end = from + length;
  let to = text + done;
  while (at < end) {
    const c = load<u8>(at);
    if (c < 0x80) {
      store<u8>(to++, c >= 0x41 && c <= 0x5a ? c | 0x20 : c);
      at++;
      continue;
    }
    let folded: u32 = 0;
    if (c >= 0xc2 && c <= 0xdf && at + 1 < end && (load<u8>(at + 1) & 0xc0) == 0x80) folded = load<u16>(fold + ((<usize>(c & 31) << 6 | <usize>(load<u8>(at + 1) & 63)) << 1));
    if (folded == 0) return -1;
    if (folded < 0x80) store<u8>(to++, <u8>folded);
    else {
      store<u8>(to, <u8>(0xc0 | folded >> 6));
      store<u8>(to + 1, <u8>(0x80 | (folded & 63)));
      to += 2;
    }
    at += 2;
  }
  return <i32>(to - text);
}
