// One row: which known values it holds, and whether they belong to one record.
import { sift, siftedAt } from "./bloom";
import { drain } from "./imports";
import { raise } from "./marks";
import { mix } from "./siphash";
import { screenRows } from "./screen";
import { lookUpText } from "./textRow";
import { batchTokens, hitBytes, modeLocate, modeScreen, modeSearch, rowHitsMax, rowWeakHitsMax, shapeRows, State, waitingBytes, waitingRowBytes } from "./state";
import { agrees, anyOwner, isLinked, mayBeLinked, nextSlot, ownerColumn, ownerDataset, ownerFlags, ownerLink, ownerOf, ownerWeak, slotNumber, slotOf, wideTokenMask } from "./table";

// A dataset's record: masks of the row (hit u8, linked u8), singles u8, whether it is asked for u8, bar f32 at 4, bits of 8 columns f32 at 8,
// which columns each is linked with u8[8] at 40;
// rows by linked columns u32[256], rows without a link by hit columns u32[256]; and of each of these 512 sets of columns where its first
// rows start, f64[4]; last the mark of each linked set u8[256], higher for more bits. Each thread has its own.
export const partnersAt: usize = 40;
const countsAt: usize = 48;
const samplesAt: usize = 2096;
const samplesMax: u32 = 4;
const levelsAt: usize = samplesAt + 512 * samplesMax * 8;
export const datasetBytes: usize = levelsAt + 256;

/** Lets a token of the current row wait for its batch. */
export function wait(s: State, token: u64, field: i32): void {
  const entry = s.waiting + <usize>(s.waitingCount * waitingBytes);
  store<u64>(entry, token);
  store<u16>(entry + 8, <u16>(field < 0xfffe ? field : 0xfffe));
  store<u32>(entry + 12, <u32>s.waitingRowCount);
  s.waitingCount++;
  s.rowWaits = true;
  if (s.waitingCount == batchTokens) lookUp(s);
}

/** The current row ends: `end` is the offset behind its line end. */
export function endWaitingRow(s: State, end: f64): void {
  const row = s.waitingRows + <usize>(s.waitingRowCount * waitingRowBytes);
  store<f64>(row, s.rowStart);
  store<f64>(row + 8, end);
  store<f64>(row + 16, s.rows);
  s.waitingRowCount++;
  s.rowWaits = false;
  if (s.waitingRowCount == batchTokens) lookUp(s);
}

/** Looks up what waits, and settles the rows that have ended; hits of a row still open stay. */
export function lookUp(s: State): void {
  if (s.mode == modeScreen) { screenRows(s); return; }
  if (s.shape != shapeRows) { lookUpText(s); return; }
  const count = s.waitingCount;
  const sifted = sift(s);
  touchAhead(s, sifted);
  s.batchHits = 0;
  let row = 0; // the one that the hits so far belong to
  for (let i = 0; i < sifted; i++) {
    const entry = siftedAt(s, i);
    const own = <i32>load<u32>(entry + 12);
    if (own != row) {
      if (row < s.waitingRowCount) settle(s, row);
      row = own;
    }
    s.hitField = load<u16>(entry + 8);
    probe(s, load<u64>(entry));
  }
  if (row < s.waitingRowCount) settle(s, row);
  s.crowded = s.batchHits * 2 > count;
  s.probes += count;
  s.waitingCount = 0;
  s.waitingRowCount = 0;
}

/** Loads every slot that will be looked at, and those of likely links: the misses overlap, where one after another would be waited for. */
function touchAhead(s: State, sifted: i32): void {
  let touched: u64 = 0;
  if (s.lean) { // links stand elsewhere; most runs of full slots go on behind the first line of the cache
    for (let i = 0; i < sifted; i++) {
      const slot = slotOf(s, load<u64>(siftedAt(s, i)));
      touched |= load<u32>(slot) | load<u32>(slot + 64);
    }
    s.touchedKeys = touched;
    return;
  }
  for (let i = 0; i < sifted; i++) touched |= <u64>load<u32>(slotOf(s, load<u64>(siftedAt(s, i))));
  s.touchedKeys = touched; // keeps the loads from being optimised away
  if (s.batchHits > 0) touchLinks(s, sifted);
}

/**
 * Where the last batch held known values: loads the slots of the links between the first known value of a row, or of a dataset in it, and those behind it. Once both of two values are
 * linked, what links them with each other is not asked (see linkHits), so that other links are seldom looked up.
 */
function touchLinks(s: State, sifted: i32): void {
  let touched: u64 = 0;
  let row: u32 = 0xffffffff;
  let first: u64 = 0;
  let firstOwner: u16 = anyOwner;
  for (let i = 0; i < sifted; i++) {
    const entry = siftedAt(s, i);
    const token = load<u64>(entry);
    const owner = knownOwner(s, token);
    if (owner == anyOwner) continue;
    if (load<u32>(entry + 12) == row && mayBeLinked(s, firstOwner, owner)) {
      touched |= load<u64>(slotOf(s, mix(first + token)));
      continue;
    }
    row = load<u32>(entry + 12);
    first = token;
    firstOwner = owner;
  }
  s.touchedKeys = touched;
}

/** Whose a token is, of the wide layout: the first owner of values, wherever on its way it stands. */
function knownOwner(s: State, token: u64): u16 {
  let slot = slotOf(s, token);
  const end = s.keysEnd;
  for (let entry = load<u64>(slot); entry != 0; entry = load<u64>(slot)) {
    if (((entry ^ token) & wideTokenMask) == 0) {
      const owner = ownerOf(s, entry);
      if ((ownerFlags(s, owner) & ownerLink) == 0) return owner;
    }
    slot += 8;
    if (slot == end) slot = s.keys;
  }
  return anyOwner;
}

function settle(s: State, row: i32): void {
  if (s.hits > 0) resolve(s, s.waitingRows + <usize>(row * waitingRowBytes));
}

function probe(s: State, token: u64): void {
  if (s.lean) return probeLean(s, token);
  let slot = slotOf(s, token);
  const end = s.keysEnd;
  for (let entry = load<u64>(slot); entry != 0; entry = load<u64>(slot)) {
    if (((entry ^ token) & wideTokenMask) == 0) keep(s, token, slot, ownerOf(s, entry));
    slot += 8;
    if (slot == end) slot = s.keys;
  }
}

/** Four slots at a time, but for the last of the table, behind which the first follow; up to one that is empty or lower (see table.ts). */
function probeLean(s: State, token: u64): void {
  let slot = slotOf(s, token);
  const mask = <u32>s.tokenMask;
  const wanted = i32x4.splat(<i32>(<u32>token & mask));
  const masks = i32x4.splat(<i32>mask);
  const nothing = i32x4.splat(0);
  for (;;) {
    if (slot + 16 > s.keysEnd) {
      const entry = load<u32>(slot);
      if (entry == 0 || (entry & mask) < (<u32>token & mask)) return;
      if (((entry ^ <u32>token) & mask) == 0 && agrees(s, slot, token)) keep(s, token, slot, ownerOf(s, entry));
      slot = nextSlot(s, slot);
      continue;
    }
    const entries = v128.load(slot);
    const tokens = v128.and(entries, masks);
    const end = i32x4.bitmask(v128.or(i32x4.lt_s(tokens, wanted), i32x4.eq(entries, nothing)));
    let same = i32x4.bitmask(i32x4.eq(tokens, wanted));
    if (end != 0) same &= (1 << ctz(end)) - 1; // what stands behind belongs to others
    for (; same != 0; same &= same - 1) {
      const at = slot + (<usize>ctz(same) << 2);
      if (agrees(s, at, token)) keep(s, token, at, ownerOf(s, load<u32>(at)));
    }
    if (end != 0) return;
    slot += 16;
    if (slot == s.keysEnd) slot = s.keys;
  }
}

export function keep(s: State, token: u64, slot: usize, owner: u16): void {
  const flags = ownerFlags(s, owner);
  if (flags & ownerLink) return;
  s.batchHits++;
  if (s.mode == modeSearch) count(s, owner);
  const weak = (flags & ownerWeak) != 0;
  if (isFull(s, weak)) {
    if (s.shape == shapeRows && s.gathered <= rowHitsMax) settleFirst(s);
    if (isFull(s, weak)) {
      s.rowHitsLost += 1;
      return;
    }
  }
  const hit = s.rowHits + <usize>(s.hits * hitBytes);
  store<u64>(hit, token);
  store<u32>(hit + 8, <u32>slot);
  store<u16>(hit + 12, owner);
  store<u8>(hit + 14, 0);
  s.hits++;
  if (weak) s.weakHits++;
}

// @ts-ignore: decorator
@inline
function isFull(s: State, weak: bool): bool { return s.hits >= rowHitsMax || (weak && s.weakHits >= rowWeakHitsMax); }

// Values kept back, because the record that they are of may go on: more than the identifying columns of a table; and strong ones that only a list of records holds.
const keptBackMax: i32 = 16;
const listHitsMin: i32 = 12;

/** A cell can list thousands of people. What a row holds so far is settled but for its last values, so that those that follow have room. */
function settleFirst(s: State): void {
  if (s.hits - s.weakHits < listHitsMin) return;
  linkHits(s);
  const kept = s.hits - keptBackMax;
  const all = s.hits;
  s.hits = kept;
  s.gathered = gather(s);
  if (s.mode == modeSearch) markHits(s, anyLinked(s, s.gathered));
  memory.copy(s.rowHits, s.rowHits + <usize>(kept * hitBytes), <usize>(keptBackMax * hitBytes));
  s.hits = all - kept;
  s.weakHits = 0;
  for (let i = 0; i < s.hits; i++) if (ownerFlags(s, load<u16>(s.rowHits + <usize>(i * hitBytes) + 12)) & ownerWeak) s.weakHits++;
}

/** Counts a hit by field of the place and column of the dataset. */
export function count(s: State, owner: u16): void {
  // Entries of 8 bytes: key u32 (field and owner, plus one), hits u32.
  const key = (<u32>s.hitField << 16 | <u32>owner) + 1;
  let at = (key * 0x9e3779b1) >> 7 & s.fieldHitsMask;
  for (;; at = (at + 1) & s.fieldHitsMask) {
    const entry = s.fieldHits + (<usize>at << 3);
    const found = load<u32>(entry);
    if (found != key && found != 0) continue;
    if (found == 0) {
      if (s.fieldHitsUsed * 4 >= s.fieldHitsMask * 3) { s.fieldHitsLost += 1; return; }
      s.fieldHitsUsed++;
      store<u32>(entry, key);
    }
    store<u32>(entry + 4, load<u32>(entry + 4) + 1);
    return;
  }
}

/** The end of a row with hits: which datasets it matches, through which columns. */
export function resolve(s: State, row: usize): void {
  if (s.hits > s.weakHits && s.hits > 1) linkHits(s);
  const datasets = gather(s);
  if (s.mode == modeLocate) locate(s, datasets, row);
  else tally(s, datasets, row);
  s.gathered = 0;
  s.hits = 0;
  s.weakHits = 0;
}

/** Marks the pairs of hits that one record holds together. */
function linkHits(s: State): void {
  for (let i = 0; i < s.hits; i++) {
    const a = s.rowHits + <usize>(i * hitBytes);
    const ownerA = load<u16>(a + 12);
    for (let j = i + 1; j < s.hits; j++) {
      const b = s.rowHits + <usize>(j * hitBytes);
      const ownerB = load<u16>(b + 12);
      if (ownerA == ownerB || !mayBeLinked(s, ownerA, ownerB)) continue;
      if (ownerFlags(s, ownerA) & ownerFlags(s, ownerB) & ownerWeak) continue;
      if (load<u8>(a + 14) & load<u8>(b + 14)) continue; // nothing more would be said of either
      if (!isLinked(s, mix(load<u64>(a) + load<u64>(b)), ownerA, ownerB)) continue;
      store<u8>(a + 14, 1);
      store<u8>(b + 14, 1);
    }
  }
}

/** Collects the row's datasets, after those that were gathered before, with the columns hit and the columns linked; returns how many datasets. */
function gather(s: State): i32 {
  let datasets = s.gathered;
  for (let i = 0; i < s.hits; i++) {
    const hit = s.rowHits + <usize>(i * hitBytes);
    const owner = load<u16>(hit + 12);
    const dataset = ownerDataset(s, owner);
    const info = s.datasetInfo + <usize>dataset * datasetBytes;
    const bit: u8 = 1 << ownerColumn(s, owner);
    if (load<u8>(info) == 0) {
      store<u16>(s.rowDatasets + (<usize>datasets << 1), dataset);
      datasets++;
    }
    store<u8>(info, load<u8>(info) | bit);
    if (load<u8>(hit + 14)) store<u8>(info + 1, load<u8>(info + 1) | bit);
  }
  return datasets;
}

/** Whole bits of evidence in the linked columns. */
function bitsOf(info: usize, linked: u8): i32 {
  let bits: f32 = 0;
  for (let column = 0; column < 8; column++) {
    if (linked >> <u8>column & 1) bits += load<f32>(info + 8 + (<usize>column << 2));
  }
  return <i32>Mathf.floor(bits);
}

/**
 * Counts the row for each dataset. A row that is one record of some dataset is not counted for another that merely shares a value
 * with it: two controllers may have the same customer.
 */
function tally(s: State, datasets: i32, row: usize): void {
  const claimed = anyLinked(s, datasets);
  markHits(s, claimed);
  for (let i = 0; i < datasets; i++) {
    const info = s.datasetInfo + <usize>load<u16>(s.rowDatasets + (<usize>i << 1)) * datasetBytes;
    const linked = load<u8>(info + 1);
    // Linked column sets come first, those without a link behind them.
    const set: usize = linked ? <usize>linked : 256 + <usize>load<u8>(info);
    if (linked || !claimed) {
      const counter = info + countsAt + (set << 2);
      const rows = load<u32>(counter);
      store<u32>(counter, rows + 1);
      if (rows < samplesMax) store<f64>(info + samplesAt + (set * samplesMax + rows << 3), load<f64>(row));
    }
    store<u16>(info, 0);
  }
}

function markHits(s: State, claimed: bool): void {
  for (let i = 0; i < s.hits; i++) {
    const hit = s.rowHits + <usize>(i * hitBytes);
    const info = s.datasetInfo + <usize>ownerDataset(s, load<u16>(hit + 12)) * datasetBytes;
    if (load<u8>(hit + 14)) mark(s, <usize>load<u32>(hit + 8), load<u8>(info + levelsAt + <usize>load<u8>(info + 1)));
    else if (!claimed) mark(s, <usize>load<u32>(hit + 8), 1);
  }
}

/**
 * Marks a value: 1 seen in a row of nobody else, 2 and more the level of its linked columns. Whoever is the first to mark a slot notes it in
 * its journal, so that the journals of all threads together name each marked slot once.
 */
function mark(s: State, slot: usize, value: u8): void {
  if (!raise(s, slot, value)) return;
  if (s.touchedCount < s.touchedMax) store<u32>(s.touched + (<usize>s.touchedCount << 2), slotNumber(s, slot));
  s.touchedCount++;
}

function anyLinked(s: State, datasets: i32): bool {
  for (let i = 0; i < datasets; i++) {
    if (load<u8>(s.datasetInfo + <usize>load<u16>(s.rowDatasets + (<usize>i << 1)) * datasetBytes + 1)) return true;
  }
  return false;
}

/** Lists the row when it is one of the datasets asked for: start f64, end f64, ordinal f64, how many other datasets it matches f64. */
function locate(s: State, datasets: i32, row: usize): void {
  const claimed = anyLinked(s, datasets);
  let others = 0;
  let target = false;
  for (let i = 0; i < datasets; i++) {
    const info = s.datasetInfo + <usize>load<u16>(s.rowDatasets + (<usize>i << 1)) * datasetBytes;
    const linked = load<u8>(info + 1);
    const byLink = linked != 0 && <f32>bitsOf(info, linked) >= load<f32>(info + 4);
    const single = linked != 0 ? linked : claimed ? 0 : load<u8>(info);
    if (byLink || (single & load<u8>(info + 2)) != 0) {
      if (load<u8>(info + 3)) target = true;
      else others++;
    }
    store<u16>(info, 0);
  }
  if (target || others) s.owned += 1;
  if (!target) return;
  const out = s.out + (<usize>s.outCount << 5);
  memory.copy(out, row, <usize>waitingRowBytes);
  store<f64>(out + 24, <f64>others);
  s.outCount++;
  if (s.outCount == s.outRows) { drain(); s.outCount = 0; }
}
