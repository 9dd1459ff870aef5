// Further forms of an e-mail address, for its column's further lists: its MD5, SHA-1 and SHA-256, and the address without its tag; and the same
// digests of a telephone number.
import { pushNow } from "./build";
import { digestOf } from "./digest";
import { digestLanes, hexOfLane, laneBytesMax, lanes, putMessage } from "./digests";
import { measure, shapeOf } from "./normal";
import { siphash } from "./siphash";
import { State, valueBytesMax } from "./state";

// The lists of a column, in this order from its first region on: three digests, then the bare address.
const digests: i32 = 3;

// Digits of a telephone number with its country code (ITU-T E.164).
const telephoneDigitsMin: i32 = 7;
const telephoneDigitsMax: i32 = 15;

/**
 * Forms of the address, or telephone number, whose normal form of `length` bytes stands in scratch, and whose own bytes stand from `from` to `to`: digests of
 * the normal form, of the value as it stands, and of the bare address, where these differ; and the bare address. Of a number also the digest with a plus.
 */
export function addForms(s: State, region: i32, length: i32, from: usize, to: usize): void {
  const normal = s.decoded;
  memory.copy(normal, s.scratch, <usize>length);
  while (from < to && load<u8>(from) <= 0x20) from++;
  while (to > from && load<u8>(to - 1) <= 0x20) to--;
  const own = <i32>(to - from);
  const telephone = isTelephone(normal, length);
  const same = (own == length && memory.compare(from, normal, length) == 0) || (telephone && isSigned(from, own, normal, length));
  const copy = normal + 2048; // the field may stand in the side region, where messages go
  if (!same && own <= valueBytesMax) memory.copy(copy, from, <usize>own);
  addDigests(s, region, normal, length);
  if (!same && own <= valueBytesMax) addDigests(s, region, copy, own);
  const other = normal + 1024;
  if (telephone) {
    store<u8>(other, 0x2b);
    memory.copy(other + 1, normal, <usize>length);
    addDigests(s, region, other, length + 1);
    return;
  }
  const bareLength = bareOf(normal, length, other);
  if (bareLength == 0 || bareLength == length) return;
  addDigests(s, region, other, bareLength);
  memory.copy(s.scratch, other, <usize>bareLength);
  measure(s, bareLength);
  add(s, region + digests, bareLength);
}

function isTelephone(from: usize, length: i32): bool {
  if (length < telephoneDigitsMin || length > telephoneDigitsMax) return false;
  for (let at = from; at < from + <usize>length; at++) if (<u8>(load<u8>(at) - 0x30) > 9) return false;
  return true;
}

/** Whether what stands there is the digits behind a plus. */
function isSigned(from: usize, length: i32, digits: usize, count: i32): bool {
  return length == count + 1 && load<u8>(from) == 0x2b && memory.compare(from + 1, digits, count) == 0;
}

function addDigests(s: State, region: i32, from: usize, length: i32): void {
  if (length <= laneBytesMax) {
    putMessage(s, s.digestsWaiting, from, length);
    s.digestRegions |= region << (s.digestsWaiting << 3);
    s.digestsWaiting++;
    if (s.digestsWaiting == lanes) digestWaiting(s);
    return;
  }
  memory.copy(s.side, from, <usize>length);
  for (let kind = 0; kind < digests; kind++) add(s, region + kind, digestOf(s, kind, length));
}

/** Digests what waits for that: what stands in the other lanes is nothing of this stream, and left. */
export function digestWaiting(s: State): void {
  if (s.digestsWaiting == 0) return;
  for (let kind = 0; kind < digests; kind++) {
    digestLanes(s, kind);
    for (let lane = 0; lane < s.digestsWaiting; lane++) add(s, (s.digestRegions >> (lane << 3) & 0xff) + kind, hexOfLane(s, kind, lane));
  }
  s.digestsWaiting = 0;
  s.digestRegions = 0;
}

/** The token of what stands in scratch. */
function add(s: State, region: i32, length: i32): void {
  const shape = s.shapes + shapeOf(s, length);
  store<u8>(shape, load<u8>(shape) | 1);
  pushNow(s, region, siphash(s.scratch, length, s.key0, s.key1));
}

// Domains of the one large provider that takes no notice of dots before the at sign.
const dotless: usize = memory.data<u8>([103, 109, 97, 105, 108, 46, 99, 111, 109, 103, 111, 111, 103, 108, 101, 109, 97, 105, 108, 46, 99, 111, 109]);

/** Whether what stands in scratch may be an address with a tag behind a plus, or of the provider that ignores dots: what stands behind it counts too. */
export function mayBeVaried(s: State, length: i32): bool {
  let signs = i8x16.splat(0);
  let pluses = signs;
  for (let at = 0; at < length; at += 16) {
    const bytes = v128.load(s.scratch + at);
    signs = v128.or(signs, i8x16.eq(bytes, i8x16.splat(0x40)));
    pluses = v128.or(pluses, i8x16.eq(bytes, i8x16.splat(0x2b)));
  }
  if (length < 8 || !v128.any_true(signs)) return false;
  return v128.any_true(pluses) || load<u64>(s.scratch + length - 8) == 0x6d6f632e6c69616d; // mail.com
}

/** Puts the address without its tag, and without dots where its domain ignores them, into scratch; returns its length, 0 when that is the address itself. */
export function bareInstead(s: State, length: i32): i32 {
  const bare = bareOf(s.scratch, length, s.scratch);
  if (bare == 0 || bare == length) return 0;
  measure(s, bare);
  return bare;
}

/** Writes the address without the tag behind a plus, and without dots where its domain ignores them; returns its length, 0 when it is no address. */
function bareOf(from: usize, length: i32, out: usize): i32 {
  let at = 0;
  while (at < length && load<u8>(from + at) != 0x40) at++;
  if (at == 0 || at == length) return 0;
  const domain = from + at + 1;
  const rest = length - at - 1;
  const ignoresDots = (rest == 9 && memory.compare(domain, dotless, 9) == 0) || (rest == 14 && memory.compare(domain, dotless + 9, 14) == 0);
  let end = 0;
  for (let i = 0; i < at; i++) {
    const c = load<u8>(from + i);
    if (c == 0x2b && i > 0) break;
    if (c != 0x2e || !ignoresDots) store<u8>(out + end++, c);
  }
  memory.copy(out + end, domain - 1, <usize>(rest + 1));
  return end + rest + 1;
}
