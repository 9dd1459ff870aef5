// What quotes tell of where a piece of delimited text may be cut.

export const quote: u8 = 0x22;
export const newline: u8 = 0x0a;

/** Quotes between two addresses. */
export function countQuotes(from: usize, to: usize): i32 {
  const quotes = i8x16.splat(<i8>quote);
  let count = 0;
  for (let at = from; at < to; at += 16) {
    let mask = <u32>i8x16.bitmask(i8x16.eq(v128.load(at), quotes));
    if (at + 16 > to) mask &= (1 << <u32>(to - at)) - 1;
    count += popcnt(mask);
  }
  return count;
}

/** Behind the last line feed with an even number of quotes before it, when `odd` tells whether there is an odd number before `to`; `from` when there is none. */
export function lastEvenLine(from: usize, to: usize, odd: bool): usize {
  for (let at = to; at > from; at--) {
    const c = load<u8>(at - 1);
    if (c == quote) odd = !odd;
    else if (c == newline && !odd) return at;
  }
  return from;
}
