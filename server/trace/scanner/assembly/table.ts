// Known tokens: open addressing with the top bits as home, so that sorted segments are inserted in memory order. A token that
// several datasets or columns share has one slot for each. A slot is one word, and so one cache miss: the token's low 40 bits, its
// owner plus one (16 bits), and the mark of this search (8 bits). With the home that is the token but for a few bits: a strange value
// passes for a known one about once in 2^39 looks.
import { State } from "./state";

const tokenMask: u64 = (1 << 40) - 1;

// @ts-ignore: decorator
@inline
export function slotOf(s: State, token: u64): usize {
  return s.keys + (<usize>(token >> <u64>(64 - s.slotBits)) << 3);
}

// @ts-ignore: decorator
@inline
export function nextSlot(s: State, slot: usize): usize {
  return slot + 8 == s.keysEnd ? s.keys : slot + 8;
}

// @ts-ignore: decorator
@inline
export function holds(entry: u64, token: u64): bool {
  return ((entry ^ token) & tokenMask) == 0;
}

// @ts-ignore: decorator
@inline
export function ownerOf(entry: u64): u16 {
  return <u16>(entry >> 40) - 1;
}

/** Where the mark of a slot lies. */
// @ts-ignore: decorator
@inline
export function markOf(slot: usize): usize {
  return slot + 7;
}

/** Inserts `count` tokens at `from`, owned by `owner`. The caller keeps the table at most 70 % full. */
export function insertAll(s: State, from: usize, count: i32, owner: i32): void {
  s.keysEnd = s.keys + (<usize>8 << s.slotBits);
  for (let i = 0; i < count; i++) {
    const token = load<u64>(from + (<usize>i << 3));
    let slot = slotOf(s, token);
    while (load<u64>(slot) != 0) slot = nextSlot(s, slot);
    store<u64>(slot, (token & tokenMask) | <u64>(owner + 1) << 40);
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

/** Whether this dataset has a record that holds both values of the link. */
export function isLinked(s: State, link: u64, dataset: u16): bool {
  let slot = slotOf(s, link);
  for (let entry = load<u64>(slot); entry != 0; entry = load<u64>(slot)) {
    if (holds(entry, link)) {
      const owner = ownerOf(entry);
      if (ownerFlags(s, owner) & ownerLink && ownerDataset(s, owner) == dataset) return true;
    }
    slot = nextSlot(s, slot);
  }
  return false;
}
