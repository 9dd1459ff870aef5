// Escapes of JSON, SQL, HTML and URLs inside text.
import { State } from "./state";

/** Bytes of an entity of HTML between its ampersand and its semicolon. */
export const entityBytesMax: usize = 9;

/** Writes the run with its escapes decoded (JSON, SQL, entities of HTML, percent signs of URLs) to the decoded region: its length, 0 when nothing was decoded. */
export function decode(s: State, from: usize, to: usize): i32 {
  let out = s.decoded;
  let changed = false;
  let at = from;
  while (at < to) {
    const c = load<u8>(at);
    let used: usize = 0;
    let point: u32 = 0;
    if (c == 0x5c) { used = backslash(at, to); point = decodedPoint; }
    else if (c == 0x26) { used = entity(at, to); point = decodedPoint; }
    else if (c == 0x25) { used = percent(at, to); point = decodedPoint; }
    else if (c == 0x27 && at + 1 < to && load<u8>(at + 1) == 0x27) { used = 2; point = 0x27; }
    if (used == 0) {
      store<u8>(out++, c);
      at++;
      continue;
    }
    changed = true;
    at += used;
    out = c == 0x25 ? byteOut(out, <u8>point) : pointOut(out, point);
  }
  return changed ? <i32>(out - s.decoded) : 0;
}

let decodedPoint: u32 = 0;

function backslash(at: usize, to: usize): usize {
  if (at + 1 >= to) return 0;
  const c = load<u8>(at + 1);
  if (c == 0x75) { // a code unit of UTF-16, or two
    const unit = hexAt(at + 2, to, 4);
    if (unit < 0) return 0;
    decodedPoint = <u32>unit;
    if ((unit & 0xfc00) != 0xd800 || at + 12 > to || load<u16>(at + 6) != 0x755c) return 6;
    const low = hexAt(at + 8, to, 4);
    if ((low & 0xfc00) != 0xdc00 || low < 0) return 6;
    decodedPoint = 0x10000 + (<u32>(unit & 0x3ff) << 10 | <u32>(low & 0x3ff));
    return 12;
  }
  if (c == 0x6e || c == 0x72 || c == 0x74) decodedPoint = 0x0a;
  else if (c == 0x22 || c == 0x27 || c == 0x2f || c == 0x5c) decodedPoint = c;
  else return 0;
  return 2;
}

function entity(at: usize, to: usize): usize {
  let end = at + 1;
  while (end < to && end - at <= entityBytesMax && load<u8>(end) != 0x3b) end++;
  if (end >= to || load<u8>(end) != 0x3b) return 0;
  const length = end - at - 1;
  const word = load<u64>(at + 1);
  if (<u8>word == 0x23) {
    let value = 0;
    if (load<u8>(at + 2) == 0x78 || load<u8>(at + 2) == 0x58) value = hexAt(at + 3, end, <i32>(end - at) - 3);
    else for (let digit = at + 2; digit < end && value >= 0; digit++) value = load<u8>(digit) >= 0x30 && load<u8>(digit) <= 0x39 && value < 0x200000 ? value * 10 + <i32>(load<u8>(digit) & 15) : -1;
    if (value <= 0 || value > 0x10ffff) return 0;
    decodedPoint = <u32>value;
  } else if (length == 3 && (word & 0xffffff) == 0x706d61) decodedPoint = 0x26; // amp
  else if (length == 2 && <u16>word == 0x746c) decodedPoint = 0x3c; // lt
  else if (length == 2 && <u16>word == 0x7467) decodedPoint = 0x3e; // gt
  else if (length == 4 && (word & 0xffffffff) == 0x746f7571) decodedPoint = 0x22; // quot
  else if (length == 4 && (word & 0xffffffff) == 0x736f7061) decodedPoint = 0x27; // apos
  else if (length == 4 && (word & 0xffffffff) == 0x7073626e) decodedPoint = 0x20; // nbsp
  else return 0;
  return end + 1 - at;
}

function percent(at: usize, to: usize): usize {
  const value = hexAt(at + 1, to, 2);
  if (value < 0) return 0;
  decodedPoint = <u32>value;
  return 3;
}

function hexAt(at: usize, to: usize, digits: i32): i32 {
  if (digits < 1 || digits > 6 || at + <usize>digits > to) return -1;
  let value = 0;
  for (let i = 0; i < digits; i++) {
    const c = load<u8>(at + i) | 0x20;
    if (c >= 0x30 && c <= 0x39) value = value << 4 | (c & 15);
    else if (c >= 0x61 && c <= 0x66) value = value << 4 | (c - 0x57);
    else return -1;
  }
  return value;
}

function byteOut(out: usize, byte: u8): usize {
  store<u8>(out, byte);
  return out + 1;
}

function pointOut(out: usize, point: u32): usize {
  if (point < 0x80) return byteOut(out, <u8>point);
  if (point < 0x800) return byteOut(byteOut(out, <u8>(0xc0 | point >> 6)), <u8>(0x80 | (point & 63)));
  if (point < 0x10000) return byteOut(byteOut(byteOut(out, <u8>(0xe0 | point >> 12)), <u8>(0x80 | (point >> 6 & 63))), <u8>(0x80 | (point & 63)));
  return byteOut(byteOut(byteOut(byteOut(out, <u8>(0xf0 | point >> 18)), <u8>(0x80 | (point >> 12 & 63))), <u8>(0x80 | (point >> 6 & 63))), <u8>(0x80 | (point & 63)));
}
