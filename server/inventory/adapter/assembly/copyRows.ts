// Rows of COPY, each of which comes in a message of its own, put together (PostgreSQL documentation, "Message Formats", CopyData). Built into ../copyRows.wasm; see ../postgresCopy.ts, which lays out the memory.

const copyData: u8 = 0x64;
/** Of a message, before what it carries: its kind, and its length, which counts itself. */
const headBytes: usize = 5;

let rowsEnd: usize = 0;

/** Where the rows end that the last call put together. */
export function end(): usize {
  return rowsEnd;
}

/**
 * Puts the rows of the messages from `from` on one behind another at `out`. Returns the address of the first message that is none of a row, or is not whole before `to`, or whose row holds one of the two bytes (-1: none).
 * Up to 15 bytes behind `to` are read, and behind the rows written.
 */
export function gather(from: usize, to: usize, out: usize, one: i32, other: i32): usize {
  const ones = i8x16.splat(<i8>one);
  const others = i8x16.splat(<i8>other);
  const asks = one >= 0;
  let at = from;
  while (at + headBytes <= to && load<u8>(at) == copyData) {
    const length = <usize>bswap<u32>(load<u32>(at + 1));
    if (length < 4 || length > to - at - 1) break;
    const row = at + headBytes;
    const bytes = length - 4;
    let held = false;
    for (let done: usize = 0; done < bytes; done += 16) {
      const piece = v128.load(row + done);
      v128.store(out + done, piece);
      if (!asks) continue;
      const found = <u32>i8x16.bitmask(v128.or(i8x16.eq(piece, ones), i8x16.eq(piece, others)));
      if (found == 0) continue;
      if (done + <usize>ctz(found) < bytes) { held = true; break; }
    }
    if (held) break;
    out += bytes;
    at = row + bytes;
  }
  rowsEnd = out;
  return at;
}
