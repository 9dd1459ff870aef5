// Screening: rows with a value that the union filter knows go out with all their tokens; the rest is forgotten. And the way back: what went out
// is looked up in a table of what it can hit, as if it were read again.
import { drain, screen } from "./imports";
import { endWaitingRow, lookUp, wait } from "./row";
import { batchTokens, State, waitingBytes, waitingRowBytes } from "./state";

/**
 * Asks the filter about what waits. A row that has ended and has a token that passes goes out: an entry with no token that tells where it starts
 * (zero u64, start f64 at 8), then all its tokens (token u64, field u16 at 8, whether it passed u8 at 10); the tokens of the row still open wait on. A row
 * of more tokens than can wait goes out in pieces, whole: what passes may come later.
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
    if (passed > 0 && passes) send(s, at, end, load<f64>(s.waitingRows + <usize>(<i32>row * waitingRowBytes)));
    at = end;
  }
  let open = count - at;
  if (open == batchTokens) {
    send(s, at, count, s.rowStart);
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

function send(s: State, from: i32, to: i32, start: f64): void {
  if (s.outCount + <u32>(to - from) + 1 > s.outRows) sendOut(s);
  let out = s.out + (<usize>s.outCount << 4);
  store<u64>(out, 0);
  store<f64>(out + 8, start);
  for (let entry = from; entry < to; entry++) {
    out += <usize>waitingBytes;
    memory.copy(out, s.waiting + <usize>(entry * waitingBytes), 12);
    store<u32>(out + 12, 0);
  }
  s.outCount += <u32>(to - from) + 1;
}

/** Looks up what went out: `count` entries from `at`, of one stream, in its order. A row may go on in the next call, unless that was the `last`. */
export function replayRows(s: State, at: usize, count: i32, last: bool): void {
  for (const end = at + (<usize>count << 4); at < end; at += <usize>waitingBytes) {
    const token = load<u64>(at);
    if (token != 0) {
      wait(s, token, load<u16>(at + 8));
      continue;
    }
    const start = load<f64>(at + 8);
    if (start == s.rowStart) continue;
    endReplayed(s);
    s.rowStart = start;
  }
  if (!last) return;
  endReplayed(s);
  lookUp(s);
}

function endReplayed(s: State): void {
  if (s.rowWaits || s.hits > 0) endWaitingRow(s, s.rowStart);
}
