// Known tokens: open addressing with the top bits as home, so that sorted segments are inserted in memory order. A token that
// several datasets or columns share has one slot for each. There are two layouts.
//
// Wide, 8 bytes a slot, one cache miss: the token's low 40 bits, its owner plus one (16 bits), and the mark of this search (8 bits).
// Links stand among the other tokens. A strange value passes for a known one about once in 2^37 looks.
//
// Lean, 4 bytes a slot: the token's low bits, and above them its owner plus one; marks stand beside (see marks.ts); links
// stand in lists of their own (see links.ts). On the way from its home to an empty slot no token's low bits rise (an ordered hash table: Amble and
// Knuth, 1974): a strange value is told at the first lower one, so that the table can be fuller than one without order. With 29 bits left of a token and 93 % of the slots full, a strange value passes for a
// known one about once in 2^26 looks: the verdict counts with that. Where memory allows, sixteen bits more of each token stand in an array of their own, and are
// looked at where the others agree: then it is as seldom as in the wide layout.
import { addToBloom } from "./bloom";
import { linkListed } from "./links";
import { datasetBytes, partnersAt } from "./row";
import { State } from "./state";

export const wideTokenMask: u64 = (1 << 40) - 1;

// @ts-ignore: decorator
@inline
export function slotOf(s: State, token: u64): usize {
  return s.keys + (<usize>((token >> 32) * <u64>s.slots >> 32) << s.slotShift);
}

// @ts-ignore: decorator
@inline
export function nextSlot(s: State, slot: usize): usize {
  const next = slot + (<usize>1 << s.slotShift);
  return next == s.keysEnd ? s.keys : next;
}

/** What stands in a slot, as the wide layout has it but for the mark: 0 when it is empty. */
// @ts-ignore: decorator
@inline
export function entryOf(s: State, slot: usize): u64 {
  return s.lean ? <u64>load<u32>(slot) : load<u64>(slot);
}

// @ts-ignore: decorator
@inline
export function holds(s: State, slot: usize, entry: u64, token: u64): bool {
  return ((entry ^ token) & s.tokenMask) == 0 && agrees(s, slot, token);
}

/** Whether what more is known of the token in a slot is of this one. */
// @ts-ignore: decorator
@inline
export function agrees(s: State, slot: usize, token: u64): bool {
  return s.checks == 0 || load<u16>(checkAt(s, slot)) == checkOf(s, token);
}

// @ts-ignore: decorator
@inline
function checkAt(s: State, slot: usize): usize { return s.checks + (slot - s.keys >> 1); }

/** The bits above those that stand in a slot of the lean layout. */
// @ts-ignore: decorator
@inline
function checkOf(s: State, token: u64): u16 { return <u16>(token >> <u64>s.tokenBits); }

/** Whether the token may stand behind this entry on its way. */
// @ts-ignore: decorator
@inline
export function goesOn(s: State, entry: u64, token: u64): bool {
  return entry != 0 && !(s.lean && (entry & s.tokenMask) < (token & s.tokenMask));
}

// @ts-ignore: decorator
@inline
export function ownerOf(s: State, entry: u64): u16 {
  return <u16>(entry >> <u64>s.tokenBits) - 1;
}

// @ts-ignore: decorator
@inline
export function slotNumber(s: State, slot: usize): u32 {
  return <u32>(slot - s.keys >> s.slotShift);
}

/** Sets the layout: how many bits of a token stand in a slot. */
export function layOut(s: State): void {
  s.slotShift = s.lean ? 2 : 3;
  s.keysEnd = s.keys + (<usize>s.slots << s.slotShift);
  s.tokenMask = s.lean ? (<u64>1 << <u64>s.tokenBits) - 1 : wideTokenMask;
  if (!s.lean) s.tokenBits = 40;
}

/** Inserts `count` tokens at `from`, owned by `owner`. The caller leaves slots empty. */
export function insertAll(s: State, from: usize, count: i32, owner: i32): void {
  layOut(s);
  const above = <u64>(owner + 1) << <u64>s.tokenBits;
  const sifts = s.bloomWords != 0 && (ownerFlags(s, <u16>owner) & ownerLink) == 0;
  for (let i = 0; i < count; i++) {
    const token = load<u64>(from + (<usize>i << 3));
    if (sifts) addToBloom(s, token);
    const entry = (token & s.tokenMask) | above;
    if (s.lean) insertLean(s, slotOf(s, token), <u32>entry, checkOf(s, token));
    else {
      let slot = slotOf(s, token);
      while (load<u64>(slot) != 0) slot = nextSlot(s, slot);
      store<u64>(slot, entry);
    }
  }
}

/** Puts an entry before the first that is lower, which goes on in its place, and so on to an empty slot. Four slots at a time, but for the last of the table. */
function insertLean(s: State, from: usize, first: u32, firstCheck: u16): void {
  const mask = <u32>s.tokenMask;
  const masks = i32x4.splat(<i32>mask);
  const nothing = i32x4.splat(0);
  let entry = first;
  let check = firstCheck;
  let slot = from;
  for (;;) {
    if (slot + 16 <= s.keysEnd) {
      const entries = v128.load(slot);
      const lower = i32x4.lt_s(v128.and(entries, masks), i32x4.splat(<i32>(entry & mask)));
      const places = i32x4.bitmask(v128.or(lower, i32x4.eq(entries, nothing)));
      if (places == 0) {
        slot += 16;
        if (slot == s.keysEnd) slot = s.keys;
        continue;
      }
      slot += <usize>ctz(places) << 2;
    }
    const other = load<u32>(slot);
    if (other == 0 || (other & mask) < (entry & mask)) {
      store<u32>(slot, entry);
      if (s.checks != 0) {
        const at = checkAt(s, slot);
        const before = load<u16>(at);
        store<u16>(at, check);
        check = before;
      }
      if (other == 0) return;
      entry = other;
    }
    slot = nextSlot(s, slot);
  }
}

// An owner's record, 8 bytes: dataset u16, column u8 (or first column of a link), flags u8, bits f32.
export const ownerWeak: u8 = 1;
export const ownerLink: u8 = 2;
/** Another value of this column begins another row of text. */
export const ownerCloses: u8 = 4;

// @ts-ignore: decorator
@inline
export function ownerDataset(s: State, owner: u16): u16 {
  return load<u16>(s.ownerInfo + (<usize>owner << 3));
}

// @ts-ignore: decorator
@inline
export function ownerColumn(s: State, owner: u16): u8 {
  return load<u8>(s.ownerInfo + (<usize>owner << 3) + 2);
}

// @ts-ignore: decorator
@inline
export function ownerFlags(s: State, owner: u16): u8 {
  return load<u8>(s.ownerInfo + (<usize>owner << 3) + 3);
}

/** Whether the fingerprints of one dataset hold links between the columns of these two owners. */
export function mayBeLinked(s: State, a: u16, b: u16): bool {
  const dataset = ownerDataset(s, a);
  if (dataset != ownerDataset(s, b)) return false;
  return (load<u8>(s.datasetInfo + <usize>dataset * datasetBytes + partnersAt + <usize>ownerColumn(s, a)) >> ownerColumn(s, b) & 1) != 0;
}

/** Where the owner of one of two linked values is not known. */
export const anyOwner: u16 = 0xffff;

/** Whether the dataset of owner `a`, and of `b` unless it is any of that dataset, has a record that holds both values of the link. */
export function isLinked(s: State, link: u64, a: u16, b: u16): bool {
  if (s.lean) return linkListed(s, link, a, b);
  const dataset = ownerDataset(s, a);
  let slot = slotOf(s, link);
  for (let entry = load<u64>(slot); entry != 0; entry = load<u64>(slot)) {
    if (holds(s, slot, entry, link)) {
      const owner = ownerOf(s, entry);
      if (ownerFlags(s, owner) & ownerLink && ownerDataset(s, owner) == dataset) return true;
    }
    slot = nextSlot(s, slot);
  }
  return false;
}
