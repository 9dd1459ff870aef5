// Of every word of a piece of memory the gram that begins there is looked up in a set, four at a time. Where one may be known, the windows that it may stand in are looked up in a
// second set, and those that may be known are listed. Built into ../grams.wasm; see ../needles.ts, which lays out the memory and hashes grams and windows as it is done here.

let grams: usize = 0;
let places: usize = 0;
let windows: usize = 0;
let list: usize = 0;
let most: u32 = 0;
let listed: u32 = 0;

/** Where things lie: the set of grams, and behind it the places that a gram may have in a window and the set of windows; and the list, of so many addresses. */
export function layOut(sets: usize, listed: usize, room: u32): void {
  grams = sets;
  places = grams + (4 << 16);
  windows = places + (1 << 18);
  list = listed;
  most = room;
}

/** How many addresses the last call listed. */
export function count(): u32 {
  return listed;
}

// @ts-ignore: decorator
@inline
function isKnown(gram: u32): bool {
  const bits = load<u32>(grams + (<usize>(gram >> 16) << 2));
  return <bool>(bits >> (gram & 31) & (bits >> (gram >> 5 & 31)) & 1);
}

// @ts-ignore: decorator
@inline
function mixed(word: v128, next: v128): v128 {
  const value = v128.xor(
    i32x4.mul(v128.xor(word, i32x4.splat(0x27d4eb2f)), i32x4.splat(0x9e3779b1)),
    i32x4.mul(v128.and(next, i32x4.splat(0xffffff)), i32x4.splat(0x85ebca6b)));
  return v128.xor(value, i32x4.shr_u(value, 15));
}

/** Lists the windows that a gram may stand in, if they may be known: each in its first four bytes, within the bytes from `low` up to before `end`. */
function look(gram: u32, at: usize, low: usize, end: usize): void {
  const those = load<u8>(places + <usize>(gram >> 14));
  for (let place: usize = 0; place < 4; place++) {
    const start = at - place;
    if ((those >> <u8>place & 1) == 0 || at < low + place || start + 10 > end) continue;
    const value = load<u32>(start) * 0x9e3779b1 ^ load<u32>(start + 4) * 0x85ebca6b ^ load<u32>(start + 6) * 0xc2b2ae35;
    const hash = value ^ value >> 15;
    if ((load<u8>(windows + <usize>(hash >> 15)) >> <u8>(hash >> 12 & 7) & 1) == 0) continue;
    store<u32>(list + (<usize>listed << 2), <u32>start);
    listed++;
  }
}

/**
 * Looks at the words from `from` up to before `to`, which are whole words; twenty bytes behind `to` may be read. Lists the addresses of windows that may be known, in the bytes from `low` up to
 * before `end`. Returns the address that it came to: before `to` when there was no room for those of four words more.
 */
export function sift(from: usize, to: usize, low: usize, end: usize): usize {
  listed = 0;
  for (let at = from; at < to; at += 16) {
    const four = mixed(v128.load(at), v128.load(at + 4));
    const a = <u32>v128.extract_lane<i32>(four, 0);
    const b = <u32>v128.extract_lane<i32>(four, 1);
    const c = <u32>v128.extract_lane<i32>(four, 2);
    const d = <u32>v128.extract_lane<i32>(four, 3);
    const isA = isKnown(a);
    const isB = isKnown(b);
    const isC = isKnown(c);
    const isD = isKnown(d);
    if (!(isA | isB | isC | isD)) continue;
    if (listed + 16 > most) return at;
    if (isA) look(a, at, low, end);
    if (isB && at + 4 < to) look(b, at + 4, low, end);
    if (isC && at + 8 < to) look(c, at + 8, low, end);
    if (isD && at + 12 < to) look(d, at + 12, low, end);
  }
  return to;
}
