// A sample of all values, known or not: their tokens below a bound, each once a field. Tokens are as good as random, so that the same values are in
// every sample that is made with this key. When there is no more room the bound is halved: what is left is the sample of the smaller bound.
import { State } from "./state";

/** Values shorter than this name nothing: they stand everywhere. */
export const sketchBytesMin: i32 = 5;

// An entry is a token, which is below 2^54, and above it the field.
const tokenBits: u64 = 54;
const tokenMask: u64 = (1 << tokenBits) - 1;
/** Fields from here on count as one. */
const lastField: i32 = 1023;

// Short values that were tried lately, of which columns of few values are full: the bytes as they stand, their number, and the field; 16 bytes each.
const triedEntries: u32 = 1024;
const triedBytesMax: usize = 13;

/** Whether a field of these bytes was tried lately, so that it is in the sample or will never be; from now on it was. */
export function wasTried(s: State, from: usize, to: usize, field: i32): bool {
  const length = to - from;
  if (length > triedBytesMax) return false;
  const within = i8x16.lt_u(i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), i8x16.splat(<i8>length));
  const value = v128.and(v128.load(from), within);
  const entry = i16x8.replace_lane(i8x16.replace_lane(value, 13, <i8>length), 7, <i16>field);
  const mixed = (i64x2.extract_lane(entry, 0) ^ i64x2.extract_lane(entry, 1) * 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
  const at = s.tried + (<usize>(<u64>mixed >> 54) << 4);
  if (v128.all_true<u8>(i8x16.eq(v128.load(at), entry))) return true;
  v128.store(at, entry);
  return false;
}

/** Samples a value by its token. */
// @ts-ignore: decorator
@inline
export function sample(s: State, token: u64, field: i32): void {
  if (token < s.sketchBelow) keepSample(s, token | <u64>(field < lastField ? field : lastField) << tokenBits);
}

function keepSample(s: State, entry: u64): void {
  const slot = slotFor(s, entry);
  if (load<u64>(slot) == entry) return;
  if (s.sketchCount < s.sketchMax) {
    store<u64>(slot, entry);
    store<u64>(s.sketchList + (<usize>s.sketchCount << 3), entry);
    s.sketchCount++;
    return;
  }
  halve(s);
  if ((entry & tokenMask) < s.sketchBelow) keepSample(s, entry);
}

// @ts-ignore: decorator
@inline
function homeOf(s: State, entry: u64): u32 {
  return (<u32>entry + <u32>(entry >> tokenBits) * 0x9e3779b1) & s.sketchMask;
}

/** Where the entry stands, or may stand. */
function slotFor(s: State, entry: u64): usize {
  let at = homeOf(s, entry);
  let held = load<u64>(s.sketch + (<usize>at << 3));
  while (held != 0 && held != entry) {
    at = (at + 1) & s.sketchMask;
    held = load<u64>(s.sketch + (<usize>at << 3));
  }
  return s.sketch + (<usize>at << 3);
}

function halve(s: State): void {
  s.sketchBelow >>= 1;
  memory.fill(s.sketch, 0, (<usize>s.sketchMask + 1) << 3);
  let kept: u32 = 0;
  for (let i: u32 = 0; i < s.sketchCount; i++) {
    const entry = load<u64>(s.sketchList + (<usize>i << 3));
    if ((entry & tokenMask) >= s.sketchBelow) continue;
    store<u64>(slotFor(s, entry), entry);
    store<u64>(s.sketchList + (<usize>kept << 3), entry);
    kept++;
  }
  s.sketchCount = kept;
}

/** Forgets the sample, at the cost of what is in it. */
export function forgetSamples(s: State): void {
  for (let i: u32 = 0; i < s.sketchCount; i++) {
    // Up to the next empty slot: whoever stood behind in the same run goes with it, and his own home is then empty.
    for (let at = homeOf(s, load<u64>(s.sketchList + (<usize>i << 3)));; at = (at + 1) & s.sketchMask) {
      const slot = s.sketch + (<usize>at << 3);
      if (load<u64>(slot) == 0) break;
      store<u64>(slot, 0);
    }
  }
  s.sketchCount = 0;
  if (s.sketchMax != 0) memory.fill(s.tried, 0, <usize>triedEntries << 4);
  s.sketchBelow = s.sketchMax == 0 ? 0 : tokenMask + 1;
}
