// Days in the orders and separators that people write, as one number: 20190415. The definition is in ../normal.ts.
import { State } from "./state";

// Where the next byte of the value in scratch is read, and where the value ends.
let at: usize = 0;
let end: usize = 0;

/**
 * The day that stands in scratch as yyyymmdd, 0 when it is none; s.otherDay is its other reading where day and month may be changed
 * over, and s.dayOrder tells which readings there are (1 day first, 2 month first, 3 both; 0 where the order is plain).
 */
export function dayIn(s: State, length: i32): i32 {
  at = s.scratch;
  end = s.scratch + length;
  const first = load<u8>(at);
  if (first > 0x39) return nameFirst();
  const digits = countDigits();
  if (digits == 4) return yearFirst(number(4));
  if (digits != 1 && digits != 2) return 0;
  const a = number(digits);
  const separator = load<u8>(at);
  if ((separator == 0x20 || separator == 0x2d) && load<u8>(at + 1) > 0x39) {
    at++;
    const month = monthName();
    if (month == 0 || at >= end || (load<u8>(at) != 0x20 && load<u8>(at) != 0x2d)) return 0;
    at++;
    const year = fourDigits();
    return year != 0 && restIsMidnight() ? day(year, month, a) : 0;
  }
  const spaced = separate(separator);
  if (spaced < 0) return 0;
  const more = countDigits();
  if (more != 1 && more != 2) return 0;
  const b = number(more);
  if (load<u8>(at) != separator || separate(separator) != spaced) return 0;
  const year = fourDigits();
  if (year == 0) return 0;
  if (at < end && load<u8>(at) == 0x2e) at++;
  if (!restIsMidnight()) return 0;
  const dayFirst = day(year, b, a);
  const monthFirst = day(year, a, b);
  s.dayOrder = <i32>(dayFirst != 0) | <i32>(monthFirst != 0) << 1;
  if (dayFirst == 0) return monthFirst;
  if (monthFirst != dayFirst) s.otherDay = monthFirst;
  return dayFirst;
}

function yearFirst(year: i32): i32 {
  const separator = load<u8>(at);
  const spaced = separate(separator);
  if (spaced < 0) return 0;
  let digits = countDigits();
  if (digits != 1 && digits != 2) return 0;
  const month = number(digits);
  if (load<u8>(at) != separator || separate(separator) != spaced) return 0;
  digits = countDigits();
  if (digits != 1 && digits != 2) return 0;
  const own = number(digits);
  if (at < end && load<u8>(at) == 0x2e) at++;
  return restIsMidnight() ? day(year, month, own) : 0;
}

function nameFirst(): i32 {
  const month = monthName();
  if (month == 0 || at >= end || load<u8>(at++) != 0x20) return 0;
  const digits = countDigits();
  if (digits != 1 && digits != 2) return 0;
  const own = number(digits);
  if (at < end && load<u8>(at) == 0x2c) at++;
  if (at >= end || load<u8>(at++) != 0x20) return 0;
  const year = fourDigits();
  return year != 0 && restIsMidnight() ? day(year, month, own) : 0;
}

function countDigits(): i32 {
  let count = 0;
  while (at + count < end && count < 5 && isDigit(load<u8>(at + count))) count++;
  return count;
}

function number(digits: i32): i32 {
  let value = 0;
  for (let i = 0; i < digits; i++) value = value * 10 + <i32>(load<u8>(at++) & 15);
  return value;
}

function fourDigits(): i32 {
  return countDigits() == 4 ? number(4) : 0;
}

/** Steps over a separator, after a full stop also over a space: 0 without the space, 1 with it, -1 when it is no separator. */
function separate(separator: u8): i32 {
  if (at >= end || (separator != 0x2d && separator != 0x2f && separator != 0x2e)) return -1;
  at++;
  if (separator != 0x2e || at >= end || load<u8>(at) != 0x20) return 0;
  at++;
  return 1;
}

/** Nothing more, or a time of midnight, with a zone that is none. */
function restIsMidnight(): bool {
  if (at == end) return true;
  const c = load<u8>(at++);
  if ((c != 0x20 && c != 0x74) || !zeros(2) || !is(0x3a) || !zeros(2)) return false;
  if (is(0x3a)) {
    if (!zeros(2)) return false;
    if (is(0x2e)) {
      if (!zeros(1)) return false;
      while (at < end && load<u8>(at) == 0x30) at++;
    }
  }
  if (at == end || is(0x7a)) return at == end;
  if (!is(0x2b) && !is(0x2d)) return false;
  if (!zeros(2)) return false;
  if (at == end) return true;
  is(0x3a);
  return zeros(2) && at == end;
}

function is(c: u8): bool {
  if (at >= end || load<u8>(at) != c) return false;
  at++;
  return true;
}

function zeros(count: i32): bool {
  for (let i = 0; i < count; i++) if (!is(0x30)) return false;
  return true;
}

// @ts-ignore: decorator
@inline
function isDigit(c: u8): bool { return c >= 0x30 && c <= 0x39; }

/** Steps over an English month, whole or its first three letters: 1 to 12, or 0. */
function monthName(): i32 {
  let length = 0;
  while (at + length < end && load<u8>(at + length) >= 0x61 && load<u8>(at + length) <= 0x7a) length++;
  if (length < 3 || length > 9) return 0;
  const word = load<u32>(at) & 0xffffff;
  for (let month = 0; month < 12; month++) {
    const name = names + <usize>(month * 10);
    if ((load<u32>(name) & 0xffffff) != word) continue;
    if (length != 3 && (<i32>load<u8>(name + 9) != length || memory.compare(name, at, length) != 0)) return 0;
    at += length;
    return month + 1;
  }
  return 0;
}

// Nine letters and the length of each: january to december.
const names: usize = memory.data<u8>([
  106, 97, 110, 117, 97, 114, 121, 0, 0, 7, 102, 101, 98, 114, 117, 97, 114, 121, 0, 8, 109, 97, 114, 99, 104, 0, 0, 0, 0, 5,
  97, 112, 114, 105, 108, 0, 0, 0, 0, 5, 109, 97, 121, 0, 0, 0, 0, 0, 0, 3, 106, 117, 110, 101, 0, 0, 0, 0, 0, 4,
  106, 117, 108, 121, 0, 0, 0, 0, 0, 4, 97, 117, 103, 117, 115, 116, 0, 0, 0, 6, 115, 101, 112, 116, 101, 109, 98, 101, 114, 9,
  111, 99, 116, 111, 98, 101, 114, 0, 0, 7, 110, 111, 118, 101, 109, 98, 101, 114, 0, 8, 100, 101, 99, 101, 109, 98, 101, 114, 0, 8,
]);

function day(year: i32, month: i32, own: i32): i32 {
  if (year < 1800 || year > 2199 || month < 1 || month > 12 || own < 1) return 0;
  const leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  const days = month == 2 ? (leap ? 29 : 28) : month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
  return own <= days ? year * 10000 + month * 100 + own : 0;
}
