// Writing tokens out for an index: per column its tokens, per pair of columns of one record its link, and what the column looks like.
import { drain } from "./imports";
import { combineRecord } from "./combine";
import { mix } from "./siphash";
import { State, valueBytesMax } from "./state";

// A column's profile, 2,640 bytes: values f64, all digits f64, e-mail-like f64, sum of lengths f64, longest u32 at 32, values longer
// than each of 64 positions u32 at 40, and at 296 the bytes seen at each of 64 positions (256 bits each, 32 bytes).
export const profileBytes: usize = 2640;
const positions: i32 = 64;

/** Notes the value in scratch and its token for a column of the record. */
export function note(s: State, column: i32, length: i32, token: u64): void {
  store<u64>(s.rowTokens + (<usize>column << 3), token);
  const profile = s.profiles + <usize>column * profileBytes;
  let digits = 0;
  let at = -1;
  let ats = 0;
  for (let i = 0; i < length; i++) {
    const c = load<u8>(s.scratch + i);
    if (c >= 0x30 && c <= 0x39) digits++;
    else if (c == 0x40) { at = i; ats++; }
    if (i < positions) {
      const word = profile + 296 + (<usize>i << 5) + <usize>(c >> 3);
      store<u8>(word, load<u8>(word) | <u8>(1 << (c & 7)));
    }
  }
  const last = profile + 40 + (<usize>(length < positions ? length - 1 : positions - 1) << 2);
  store<u32>(last, load<u32>(last) + 1);
  bump(profile, 1);
  if (digits == length) bump(profile + 8, 1);
  if (ats == 1 && at > 0 && at < length - 3 && dotAfter(s, at, length)) bump(profile + 16, 1);
  bump(profile + 24, <f64>length);
  if (<u32>length > load<u32>(profile + 32)) store<u32>(profile + 32, <u32>length);
}

// @ts-ignore: decorator
@inline
function bump(at: usize, by: f64): void {
  store<f64>(at, load<f64>(at) + by);
}

function dotAfter(s: State, at: i32, length: i32): bool {
  for (let i = at + 2; i < length - 1; i++) if (load<u8>(s.scratch + i) == 0x2e) return true;
  return false;
}

/** The end of a record: its tokens and links go out. Each out region starts with its own count. */
export function emit(s: State): void {
  let full = false;
  if (s.combinations != 0) combineRecord(s);
  for (let column = 0; column < s.columns; column++) {
    const token = load<u64>(s.rowTokens + (<usize>column << 3));
    if (token != 0 && push(s, column, token)) full = true;
  }
  for (let link = 0; link < s.linkCount; link++) {
    const a = load<u64>(s.rowTokens + (<usize>load<u8>(s.links + (<usize>link << 1)) << 3));
    const b = load<u64>(s.rowTokens + (<usize>load<u8>(s.links + (<usize>link << 1) + 1) << 3));
    if (a != 0 && b != 0 && push(s, s.columns + link, mix(a + b))) full = true;
  }
  for (let component = 0; component < s.componentCount; component++) {
    const token = load<u64>(s.rowTokens + 64 + (<usize>component << 3));
    if (token != 0 && push(s, s.componentRegion + component, token)) full = true;
  }
  memory.fill(s.rowTokens, 0, 128);
  if (full) drain();
}

/** Writes a token out at once, beside those of the record. */
export function pushNow(s: State, region: i32, token: u64): void {
  if (push(s, region, token)) drain();
}

function push(s: State, region: i32, token: u64): bool {
  const base = s.out + <usize>region * (8 + (<usize>s.outRows << 3));
  const count = load<u32>(base) + 1;
  store<u32>(base, count);
  store<u64>(base + (<usize>count << 3), token);
  return count == s.outRows;
}
