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
