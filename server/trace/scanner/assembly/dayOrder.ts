// Which of two readings a column means, where its values are days whose order may be read both ways.
import { writeDay } from "./normal";
import { State } from "./state";

// By column, and from 16 on by component: days that only day first gives u32, that only month first gives u32, and whether month first is meant u8 at 8.
const orderBytes: usize = 12;

/** Counts what the value in scratch, a day, tells of its column's order, and lets its other reading stand there when the column means that. Returns its length. */
export function ownDay(s: State, column: u8, length: i32): i32 {
  const order = s.dayOrders + <usize>(column & 0x80 ? 16 + (column & 7) : column) * orderBytes;
  if (s.dayOrder != 3) {
    const counted = order + (s.dayOrder == 1 ? 0 : 4);
    store<u32>(counted, load<u32>(counted) + 1);
  } else if (s.otherDay != 0 && load<u8>(order + 8)) writeDay(s, s.otherDay);
  return length;
}
