// Links in the lean layout: for each pair of columns of a dataset a list, whose tokens are sorted into buckets by their top bits. A
// bucket keeps of each token the next 20 bits, two bytes and a half. With some 22 tokens a bucket a strange pair passes for a known one about
// once in 2^15 looks; and a look needs two known values in one row.
import { State } from "./state";

// A list's record, 16 bytes: owners of its two columns u16 u16, bits of the bucket u32 at 4, buckets at u32 8, remainders at u32 12.
// `buckets` holds for each bucket where it starts in the list, u32, and one more at the end.
const listBytes: usize = 16;

/** Whether the list of these two columns, or with 0xffff any list of the first, holds the link. */
export function linkListed(s: State, link: u64, a: u16, b: u16): bool {
  const low = a < b ? a : b;
  const high = a < b ? b : a;
  for (let list = 0; list < s.linkLists; list++) {
    const info = s.linkInfo + <usize>list * listBytes;
    if (b == 0xffff ? load<u16>(info) != a && load<u16>(info + 2) != a : load<u16>(info) != low || load<u16>(info + 2) != high) continue;
    const bits = <u64>load<u32>(info + 4);
    const bucket = <usize>load<u32>(info + 8) + (<usize>(link >> (64 - bits)) << 2);
    const remainders = <usize>load<u32>(info + 12);
    const wanted = remainderOf(link, bits);
    for (let at = load<u32>(bucket), end = load<u32>(bucket + 4); at < end; at++) {
      if (remainderAt(remainders, at) == wanted) return true;
    }
  }
  return false;
}

// @ts-ignore: decorator
@inline
function remainderOf(link: u64, bits: u64): u32 {
  return <u32>(link << bits >> 44);
}

// @ts-ignore: decorator
@inline
function remainderAt(remainders: usize, at: u32): u32 {
  return load<u32>(remainders + (<usize>at * 5 >> 1)) >> ((at & 1) << 2) & 0xfffff;
}

/** Appends `count` sorted links at `from` to a list that holds `held` already. The buckets are complete when all links are in it. */
export function listLinks(s: State, list: i32, from: usize, count: i32, held: u32): void {
  const info = s.linkInfo + <usize>list * listBytes;
  const bits = <u64>load<u32>(info + 4);
  const buckets = <usize>load<u32>(info + 8);
  const remainders = <usize>load<u32>(info + 12);
  for (let i = 0; i < count; i++) {
    const link = load<u64>(from + (<usize>i << 3));
    const at = held + <u32>i;
    const next = remainders + (<usize>at * 5 >> 1);
    store<u32>(next, load<u32>(next) | remainderOf(link, bits) << ((at & 1) << 2)); // what follows is still empty
    store<u32>(buckets + (<usize>(link >> (64 - bits)) + 1 << 2), at + 1); // the bucket's end so far
  }
}

/** Lets empty buckets end where the one before does. */
export function endLinks(s: State, list: i32): void {
  const info = s.linkInfo + <usize>list * listBytes;
  const buckets = <usize>load<u32>(info + 8);
  let end: u32 = 0;
  for (let bucket: u32 = 0, count: u32 = 1 << load<u32>(info + 4); bucket <= count; bucket++) {
    const at = buckets + (<usize>bucket << 2);
    if (load<u32>(at) < end) store<u32>(at, end);
    else end = load<u32>(at);
  }
}
