// Known tokens: open addressing with the top bits as home, so that sorted segments are inserted in memory order. A token that
// several datasets or columns share has one slot for each.
import { State } from "./state";

// @ts-ignore: decorator
@inline
export function homeOf(s: State, token: u64): usize {
  return <usize>(token >> <u64>(64 - s.slotBits));
}

/** Inserts `count` tokens at `from`, owned by `owner`. The caller keeps the table at most 70 % full. */
export function insertAll(s: State, from: usize, count: i32, owner: i32): void {
  const mask = (<usize>1 << s.slotBits) - 1;
  for (let i = 0; i < count; i++) {
    const token = load<u64>(from + (<usize>i << 3));
    let slot = homeOf(s, token);
    while (load<u64>(s.keys + (slot << 3)) != 0) slot = (slot + 1) & mask;
    store<u64>(s.keys + (slot << 3), token);
    store<u16>(s.owners + (slot << 1), <u16>owner);
  }
}

// An owner's record, 8 bytes: dataset u16, column u8 (or first column of a link), flags u8, bits f32.
export const ownerWeak: u8 = 1;
export const ownerLink: u8 = 2;

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
  const mask = (<usize>1 << s.slotBits) - 1;
  let slot = homeOf(s, link);
  for (let key = load<u64>(s.keys + (slot << 3)); key != 0; key = load<u64>(s.keys + (slot << 3))) {
    if (key == link) {
      const owner = load<u16>(s.owners + (slot << 1));
      if (ownerFlags(s, owner) & ownerLink && ownerDataset(s, owner) == dataset) return true;
    }
    slot = (slot + 1) & mask;
  }
  return false;
}
