// Combinations: a day and one or two names that one row holds, together one token, whatever their order. Alone each is everybody's; together they name
// few. Only fields count that some dataset with combinations knows as a day or a name of its own, so that rows of other things cost nothing more.
import { mix, siphash } from "./siphash";
import { wait } from "./row";
import { State } from "./state";
import { writeDay } from "./normal";

// Days (token u64, field u16 at 8; 16 bytes each) stand first in their region, behind them names (token u64). Beyond these a row's further ones are not combined.
const daysMax: i32 = 4;
const dayBytes: usize = 16;
const namesAt: usize = 64;
const namesMax: i32 = 6;
/** Combinations looked up of one row. */
const triesMax: i32 = 16;

/** Bits of a value's shape: looked up itself, looked up as part of a combination. */
export const shapeKnown: u8 = 1;
export const shapeComponent: u8 = 2;

/** Which combinations some dataset has: a day with one name, a day with two. */
const withOne: i32 = 1;
const withTwo: i32 = 2;

// Parts this token from that of a link of the same values.
const salt: u64 = 0x636f6d62696e6521;

/** The token of a combination: of the sum of its values' tokens. */
// @ts-ignore: decorator
@inline
export function combined(sum: u64): u64 { return mix(sum + salt); }

/** Notes the value in scratch, a day or a name of the current row, when some dataset may have it. May leave the day's other reading in scratch. */
export function noteComponent(s: State, token: u64, length: i32, field: i32): void {
  if (!isDay(s, length)) {
    if (s.rowNames >= namesMax || !isComponent(s, token) || hasName(s, token)) return;
    store<u64>(s.components + namesAt + (<usize>s.rowNames << 3), token);
    s.rowNames++;
    return;
  }
  noteDay(s, token, field);
  if (s.otherDay == 0) return;
  writeDay(s, s.otherDay);
  noteDay(s, siphash(s.scratch, 8, s.key0, s.key1), field);
}

function noteDay(s: State, token: u64, field: i32): void {
  if (s.rowDays >= daysMax || !isComponent(s, token)) return;
  const entry = s.components + <usize>s.rowDays * dayBytes;
  s.rowDays++;
  store<u64>(entry, token);
  store<u16>(entry + 8, <u16>field);
}

/** Lets the tokens of the row's combinations wait to be looked up: those of two names first, and forgets the row. */
export function combine(s: State): void {
  const days = s.rowDays;
  const names = s.rowNames;
  s.rowDays = 0;
  s.rowNames = 0;
  if (days == 0 || names == 0) return;
  let tries = triesMax;
  for (let day = 0; day < days && s.combinations & withTwo; day++) {
    const entry = s.components + <usize>day * dayBytes;
    for (let a = 0; a < names; a++) {
      for (let b = a + 1; b < names && tries > 0; b++, tries--) wait(s, combined(load<u64>(entry) + nameAt(s, a) + nameAt(s, b)), load<u16>(entry + 8));
    }
  }
  for (let day = 0; day < days && s.combinations & withOne; day++) {
    const entry = s.components + <usize>day * dayBytes;
    for (let a = 0; a < names && tries > 0; a++, tries--) wait(s, combined(load<u64>(entry) + nameAt(s, a)), load<u16>(entry + 8));
  }
}

// @ts-ignore: decorator
@inline
function nameAt(s: State, name: i32): u64 { return load<u64>(s.components + namesAt + (<usize>name << 3)); }

function hasName(s: State, token: u64): bool {
  for (let name = 0; name < s.rowNames; name++) if (nameAt(s, name) == token) return true;
  return false;
}

/** Whether some dataset may have the value in a combination: 2^20 bits, by the lowest of the token. */
function isComponent(s: State, token: u64): bool {
  return (load<u8>(s.componentBits + <usize>(token >> 3 & 0x1ffff)) >> <u8>(token & 7) & 1) != 0;
}

/** Eight digits, of a year from 1000 to 2999: what days become, whichever way they were written. */
function isDay(s: State, length: i32): bool {
  if (length != 8 || load<u8>(s.scratch) > 0x32) return false;
  const digits = load<u64>(s.scratch);
  return (digits & 0xf0f0f0f0f0f0f0f0) == 0x3030303030303030 && load<u8>(s.scratch) != 0x30;
}

// Indexing. A record's components stand behind its columns' tokens.
const componentsAt: usize = 64;
const combinationBytes: usize = 4;

/** Notes a value of the record that only counts in combinations: its token goes out too, for how often such values are met. */
export function setComponent(s: State, component: i32, token: u64): void {
  store<u64>(s.rowTokens + componentsAt + (<usize>component << 3), token);
}

/** Sets the last columns of the record, its combinations, from its components; up to three of them a combination, 0xff for none. */
export function combineRecord(s: State): void {
  for (let combination = 0; combination < s.combinations; combination++) {
    let sum: u64 = 0;
    let whole = true;
    for (let at: usize = 0; at < combinationBytes; at++) {
      const component = load<u8>(s.componentBits + <usize>combination * combinationBytes + at);
      if (component == 0xff) continue;
      const token = load<u64>(s.rowTokens + componentsAt + (<usize>component << 3));
      if (token == 0) whole = false;
      sum += token;
    }
    if (whole) store<u64>(s.rowTokens + (<usize>(s.columns - s.combinations + combination) << 3), combined(sum));
  }
}
