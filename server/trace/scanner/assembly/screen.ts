// Screening: rows with a value that the union filter knows go out with all their tokens; the rest is forgotten.
import { drain, screen } from "./imports";
import { batchTokens, State, waitingBytes, waitingRowBytes } from "./state";

/**
 * Asks the filter about what waits. Of a row that has ended and has a token that passes, all tokens go out (token u64, field u16, whether it
 * passed u8 at 10, number of the row u32 at 12); the tokens of the row still open wait on. A row of more tokens than can wait goes out in
 * pieces, whole: what passes may come later.
 */
export function screenRows(s: State): void {
  const count = s.waitingCount;
  const passed = screen(s.waiting, count);
  s.probes += count;
  let at = 0;
  while (at < count) {
    const row = rowAt(s, at);
    if (row == <u32>s.waitingRowCount) break;
    let end = at;
    let passes: u8 = 0;
    for (; end < count && rowAt(s, end) == row; end++) passes |= load<u8>(s.waiting + <usize>(end * waitingBytes) + 10);
    if (passed > 0 && passes) send(s, at, end, <u32>load<f64>(s.waitingRows + <usize>(<i32>row * waitingRowBytes) + 16));
    at = end;
  }
  let open = count - at;
  if (open == batchTokens) {
    send(s, at, count, <u32>s.rows);
    open = 0;
  }
  memory.copy(s.waiting, s.waiting + <usize>(at * waitingBytes), <usize>(open * waitingBytes));
  for (let entry = 0; entry < open; entry++) store<u32>(s.waiting + <usize>(entry * waitingBytes) + 12, 0);
  s.waitingCount = open;
  s.waitingRowCount = 0;
}

// @ts-ignore: decorator
@inline
function rowAt(s: State, entry: i32): u32 { return load<u32>(s.waiting + <usize>(entry * waitingBytes) + 12); }

/** Hands over what is kept so far. */
export function sendOut(s: State): void {
  drain();
  s.outCount = 0;
}

function send(s: State, from: i32, to: i32, row: u32): void {
  if (s.outCount + <u32>(to - from) > s.outRows) sendOut(s);
  for (let entry = from; entry < to; entry++) {
    const out = s.out + (<usize>s.outCount << 4);
    memory.copy(out, s.waiting + <usize>(entry * waitingBytes), 12);
    store<u32>(out + 12, row);
    s.outCount++;
  }
}
