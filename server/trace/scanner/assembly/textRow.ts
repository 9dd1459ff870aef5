// Rows of text. A line is no row there: a record may be a line, a tuple of many in a line, or many lines. A row is what lies between two
// values of one column that names its records, or 4 KiB; what belongs to the value that begins the next row goes with it.
import { sift, siftedAt } from "./bloom";
import { mix } from "./siphash";
import { count, endWaitingRow, keep, lookUp, resolve, wait } from "./row";
import { batchTokens, hitBytes, modeScreen, modeSearch, rowWeakHitsMax, State, waitingBytes } from "./state";
import { anyOwner, entryOf, goesOn, holds, isLinked, nextSlot, ownerCloses, ownerFlags, ownerLink, ownerOf, ownerWeak, slotOf } from "./table";

/** Bytes from the first value of a row to its last: a record in the widest of usual spellings. */
const rowBytesMax: f64 = 4096;

/** Lets the token of a value that stands from `from` to `to` in the window wait for its batch: length u16 at 8, place in the window u32 at 12. */
export function waitInText(s: State, token: u64, from: usize, to: usize): void {
  if (s.mode == modeScreen) { wait(s, token, 0); return; }
  const entry = s.waiting + <usize>(s.waitingCount * waitingBytes);
  const length = to - from;
  store<u64>(entry, token);
  store<u16>(entry + 8, <u16>(length < 0xffff ? length : 0xffff));
  store<u32>(entry + 12, <u32>(from - s.windowFrom));
  s.waitingCount++;
  if (s.waitingCount == batchTokens) lookUp(s);
}

/** When screening, a row of text is a block of it: which values stand together is decided later. */
export function endScreened(s: State, offset: f64, last: bool): void {
  if (s.mode != modeScreen || (!last && offset - s.rowStart < rowBytesMax)) return;
  if (s.rowWaits) endWaitingRow(s, offset);
  s.rowStart = offset;
}

/** Looks up what waits; the row that is open stays open. */
export function lookUpText(s: State): void {
  const sifted = sift(s);
  let touched: u64 = 0;
  for (let i = 0; i < sifted; i++) touched |= <u64>load<u32>(slotOf(s, load<u64>(siftedAt(s, i))));
  s.touchedKeys = touched; // the misses overlap: see touchAhead
  s.batchHits = 0;
  s.hitField = 0;
  for (let i = 0; i < sifted; i++) {
    const entry = siftedAt(s, i);
    s.hitStart = s.windowBase + <f64>load<u32>(entry + 12);
    s.hitEnd = s.hitStart + <f64>load<u16>(entry + 8);
    probe(s, load<u64>(entry));
  }
  s.crowded = s.batchHits * 2 > s.waitingCount;
  s.probes += s.waitingCount;
  s.waitingCount = 0;
}

/** The text ends, and with it its last row. */
export function endText(s: State): void {
  if (s.hits > 0) close(s);
}

function probe(s: State, token: u64): void {
  const home = slotOf(s, token);
  if (entryOf(s, home) == 0) return;
  if (s.hits > 0 && beginsRow(s, token, home)) part(s, token);
  let slot = home;
  for (let entry = entryOf(s, slot); goesOn(s, entry, token); entry = entryOf(s, slot)) {
    if (holds(s, slot, entry, token)) {
      const owner = ownerOf(s, entry);
      const known = placeOf(s, token, owner);
      if (known != 0) { // once more the same value: no more evidence, only a longer row
        store<f64>(known + 24, s.hitEnd);
        if (s.mode == modeSearch) count(s, owner);
      } else {
        makeRoom(s, owner);
        const before = s.hits;
        keep(s, token, slot, owner);
        if (s.hits > before) {
          const hit = s.rowHits + <usize>(before * hitBytes);
          store<f64>(hit + 16, s.hitStart);
          store<f64>(hit + 24, s.hitEnd);
          store<u8>(hit + 15, 0);
          noteLinks(s, hit);
        }
      }
    }
    slot = nextSlot(s, slot);
  }
}

function placeOf(s: State, token: u64, owner: u16): usize {
  for (let i = 0; i < s.hits; i++) {
    const hit = s.rowHits + <usize>(i * hitBytes);
    if (load<u64>(hit) == token && load<u16>(hit + 12) == owner) return hit;
  }
  return 0;
}

/** Notes at 15 which hits of the row one record holds together with the last. */
function noteLinks(s: State, last: usize): void {
  const weak = ownerFlags(s, load<u16>(last + 12)) & ownerWeak;
  for (let hit = s.rowHits; hit < last; hit += hitBytes) {
    const owner = load<u16>(hit + 12);
    if ((weak & ownerFlags(s, owner)) != 0 || load<u16>(last + 12) == owner || load<u64>(hit) == load<u64>(last)) continue;
    if (!isLinked(s, mix(load<u64>(hit) + load<u64>(last)), owner, anyOwner)) continue;
    store<u8>(hit + 15, 1);
    store<u8>(last + 15, 1);
  }
}

/** Small numbers hit everywhere in text: the nearest ones matter, and those of a record, so that the oldest other gives way. */
function makeRoom(s: State, owner: u16): void {
  if ((ownerFlags(s, owner) & ownerWeak) == 0 || s.weakHits < rowWeakHitsMax) return;
  for (let i = 0; i < s.hits; i++) {
    const hit = s.rowHits + <usize>(i * hitBytes);
    if ((ownerFlags(s, load<u16>(hit + 12)) & ownerWeak) == 0 || load<u8>(hit + 15)) continue;
    memory.copy(hit, hit + hitBytes, <usize>((s.hits - i - 1) * hitBytes));
    s.hits--;
    s.weakHits--;
    return;
  }
}

/** Whether a known value stands too far from the row's first, or is another value of a column that parts rows. */
function beginsRow(s: State, token: u64, home: usize): bool {
  const far = s.hitEnd - load<f64>(s.rowHits + 16) > rowBytesMax;
  let slot = home;
  for (let entry = entryOf(s, slot); goesOn(s, entry, token); entry = entryOf(s, slot)) {
    if (holds(s, slot, entry, token)) {
      const owner = ownerOf(s, entry);
      const flags = ownerFlags(s, owner);
      if ((flags & ownerLink) == 0 && (far || ((flags & ownerCloses) != 0 && holdsOther(s, token, owner)))) return true;
    }
    slot = nextSlot(s, slot);
  }
  return false;
}

function holdsOther(s: State, token: u64, owner: u16): bool {
  for (let i = 0; i < s.hits; i++) {
    const hit = s.rowHits + <usize>(i * hitBytes);
    if (load<u16>(hit + 12) == owner && load<u64>(hit) != token) return true;
  }
  return false;
}

/** Ends the row but for the values that one record holds together with the one that comes: they begin the next. */
function part(s: State, token: u64): void {
  let carried = 0;
  let kept = 0;
  for (let i = 0; i < s.hits; i++) {
    const hit = s.rowHits + <usize>(i * hitBytes);
    if (isLinked(s, mix(load<u64>(hit) + token), load<u16>(hit + 12), anyOwner)) {
      memory.copy(s.side + <usize>(carried++ * hitBytes), hit, <usize>hitBytes);
    } else memory.copy(s.rowHits + <usize>(kept++ * hitBytes), hit, <usize>hitBytes);
  }
  s.hits = kept;
  if (kept > 0) close(s);
  memory.copy(s.rowHits, s.side, <usize>(carried * hitBytes));
  s.hits = carried;
  s.weakHits = 0;
  for (let i = 0; i < carried; i++) if (ownerFlags(s, load<u16>(s.rowHits + <usize>(i * hitBytes) + 12)) & ownerWeak) s.weakHits++;
}

function close(s: State): void {
  let weak = 0;
  let start = load<f64>(s.rowHits + 16);
  let end: f64 = 0;
  for (let i = 0; i < s.hits; i++) {
    const hit = s.rowHits + <usize>(i * hitBytes);
    if (load<f64>(hit + 16) < start) start = load<f64>(hit + 16);
    if (load<f64>(hit + 24) > end) end = load<f64>(hit + 24);
    if (ownerFlags(s, load<u16>(hit + 12)) & ownerWeak) weak++;
  }
  s.weakHits = weak;
  store<f64>(s.waitingRows, start);
  store<f64>(s.waitingRows + 8, end);
  store<f64>(s.waitingRows + 16, s.textRows);
  s.textRows += 1;
  resolve(s, s.waitingRows);
}
