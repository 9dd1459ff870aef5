// Marks of slots: which known values this search has seen, and in rows of how much evidence. Threads share them. In the wide layout a slot has its own. In the lean one
// the first marks stand in a small set of slots, and what finds no room there in four or eight bits for every slot: most places hold few known values, and marks
// spread over all slots would touch every page of that memory.
import { slotNumber } from "./table";
import { State } from "./state";

/** Entries that a slot may stand in: half a line of the cache. */
const windowEntries: u32 = 8;

/** Raises the mark of a slot; true when it had none. */
export function raise(s: State, slot: usize, value: u8): bool {
  if (!s.lean) return raiseAt(slot + 7, value, 255, 0);
  const place = slotNumber(s, slot);
  const window = place * 0x9e3779b1 >> 12 & s.firstMask & ~(windowEntries - 1);
  for (let entry = window; entry < window + windowEntries; entry++) {
    const at = s.firstSlots + (<usize>entry << 2);
    let found = atomic.load<u32>(at);
    if (found == 0) {
      found = atomic.cmpxchg<u32>(at, 0, place + 1);
      if (found == 0) found = place + 1;
    }
    if (found == place + 1) return raiseAt(s.firstMarks + <usize>entry, value, 255, 0);
  }
  if (s.marksShift == 0) return raiseAt(s.marks + <usize>place, value, 255, 0);
  const shift: u8 = <u8>(place & 1) << 2;
  return raiseAt(s.marks + (<usize>place >> 1), value, 15 << shift, shift);
}

/** What stands in a slot of the wide layout above its token: its owner plus one, and the mark in the bits from 16 on. */
const aboveToken: u64 = 40;
const noMark: u64 = ~(<u64>0xff << 56);
const anyMarks = i64x2(0xff << 56, 0xff << 56);

/**
 * Takes the marks of the wide layout away, from slot number `from` on, and lists what had one: slot numbers (u32), then, behind room for `most` of them, owners (u16), and behind room for those, marks (u8).
 * Returns how many; `takenTo` says which slot is the next.
 */
export function takeMarks(s: State, from: u32, out: usize, most: i32): i32 {
  const owners = out + (<usize>most << 2);
  const marks = owners + (<usize>most << 1);
  let count = 0;
  let number = from;
  const slots = s.slots;
  while (number < slots && count < most) {
    const slot = s.keys + (<usize>number << 3);
    if (number + 8 <= slots) { // most have none
      const some = v128.or(v128.or(v128.load(slot), v128.load(slot, 16)), v128.or(v128.load(slot, 32), v128.load(slot, 48)));
      if (!v128.any_true(v128.and(some, anyMarks))) { number += 8; continue; }
    }
    const end = min<u32>(number + 8, slots);
    for (; number < end && count < most; number++) {
      const at = s.keys + (<usize>number << 3);
      const entry = load<u64>(at);
      const above = <u32>(entry >> aboveToken);
      store<u32>(out + (<usize>count << 2), number);
      store<u16>(owners + (<usize>count << 1), <u16>above - 1);
      store<u8>(marks + <usize>count, <u8>(above >> 16));
      if (above >> 16 != 0) {
        store<u64>(at, entry & noMark);
        count++;
      }
    }
  }
  s.takenTo = number;
  return count;
}

// @ts-ignore: decorator
@inline
function raiseAt(at: usize, value: u8, own: u8, shift: u8): bool {
  let seen: u8 = atomic.load<u8>(at);
  while (value > (seen & own) >> shift) {
    const before: u8 = atomic.cmpxchg<u8>(at, seen, (seen & ~own) | value << shift);
    if (before == seen) return (seen & own) == 0;
    seen = before;
  }
  return false;
}
