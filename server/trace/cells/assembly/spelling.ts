// One spelling of a value that is folded already: what stands around it is dropped, days and numbers are written in one way, in place.

// @ts-ignore: decorator
@inline
function isSpace(c: u8): bool { return c == 0x20 || (c >= 9 && c <= 13); }

// @ts-ignore: decorator
@inline
function isDigit(c: u8): bool { return c >= 0x30 && c <= 0x39; }

/** Where the spelling of what stands from `from` to `to` begins, in the upper half, and its length. */
export function canonical(from: usize, to: usize): u64 {
  for (;;) {
    const before = to - from;
    while (from < to && isSpace(load<u8>(from))) from++;
    while (from < to && isSpace(load<u8>(to - 1))) to--;
    if (from >= to) break;
    const first = load<u8>(from);
    if (first != 0x22 && first != 0x27 && first != 0x3c && first != 0x6d && first != 0x74) break;
    if (to - from > 1 && load<u8>(from) == 0x22 && load<u8>(to - 1) == 0x22) { from++; to--; }
    if (to - from > 1 && load<u8>(from) == 0x27 && load<u8>(to - 1) == 0x27) { from++; to--; }
    if (to - from > 1 && load<u8>(from) == 0x3c && load<u8>(to - 1) == 0x3e && load<u8>(from + 1) < 0x80) { from++; to--; }
    if (to - from >= 7 && load<u8>(from + 6) == 0x3a && (load<u64>(from) & 0xffffffffffff) == 0x6f746c69616d) from += 7; // mailto
    else if (to - from >= 4 && load<u8>(from + 3) == 0x3a && (load<u32>(from) & 0xffffff) == 0x6c6574) from += 4; // tel
    if (to - from == before) break;
  }
  if (from >= to) return pair(from, from);
  const c = load<u8>(from);
  if (!isDigit(c) && c != 0x2b && c != 0x2d) return pair(from, to);
  const length = to - from;
  if (length >= 10 && isDay(from, to)) return dayOf(from);
  if (length == 10 && isDayFirst(from)) return dayFirst(from);
  return number(from, to);
}

// @ts-ignore: decorator
@inline
function pair(from: usize, to: usize): u64 { return <u64>from << 32 | <u64>(to - from); }

// @ts-ignore: decorator
@inline
function areDigits(from: usize, count: i32): bool {
  for (let i = 0; i < count; i++) if (!isDigit(load<u8>(from + i))) return false;
  return true;
}

/** 2019-04-03, and a midnight behind it or nothing. */
function isDay(from: usize, to: usize): bool {
  if (load<u8>(from + 4) != 0x2d || load<u8>(from + 7) != 0x2d || !areDigits(from, 4) || !areDigits(from + 5, 2) || !areDigits(from + 8, 2)) return false;
  let at = from + 10;
  if (at == to) return true;
  if (to - at < 6 || (load<u8>(at) != 0x74 && load<u8>(at) != 0x20) || !isNought(at + 1) || load<u8>(at + 3) != 0x3a || !isNought(at + 4)) return false;
  at += 6;
  if (to - at >= 3 && load<u8>(at) == 0x3a && isNought(at + 1)) {
    at += 3;
    if (at < to && load<u8>(at) == 0x2e) {
      const point = at++;
      while (at < to && load<u8>(at) == 0x30) at++;
      if (at == point + 1) return false;
    }
  }
  if (at < to && load<u8>(at) == 0x7a) at++;
  else if (to - at >= 3 && load<u8>(at) == 0x2b && isNought(at + 1)) {
    at += 3;
    if (to - at == 3 && load<u8>(at) == 0x3a && isNought(at + 1)) at += 3;
    else if (to - at == 2 && isNought(at)) at += 2;
  }
  return at == to;
}

// @ts-ignore: decorator
@inline
function isNought(at: usize): bool { return load<u16>(at) == 0x3030; }

function dayOf(from: usize): u64 {
  const month = load<u16>(from + 5);
  const day = load<u16>(from + 8);
  store<u16>(from + 4, month);
  store<u16>(from + 6, day);
  return pair(from, from + 8);
}

/** 03/04/2019 or 03.04.2019 */
function isDayFirst(from: usize): bool {
  const one = load<u8>(from + 2);
  const two = load<u8>(from + 5);
  return (one == 0x2f || one == 0x2e) && (two == 0x2f || two == 0x2e) && areDigits(from, 2) && areDigits(from + 3, 2) && areDigits(from + 6, 4);
}

function dayFirst(from: usize): u64 {
  const day = load<u16>(from);
  const month = load<u16>(from + 3);
  const year = load<u32>(from + 6);
  store<u32>(from, year);
  store<u16>(from + 4, month);
  store<u16>(from + 6, day);
  return pair(from, from + 8);
}

/** A number without a plus, without noughts in front of it or behind its point. */
function number(from: usize, to: usize): u64 {
  const signed = isDigit(load<u8>(from)) ? 0 : 1;
  const whole = from + signed;
  let at = whole;
  while (at < to && isDigit(load<u8>(at))) at++;
  if (at == whole) return pair(from, to);
  const point = at;
  if (at < to) {
    if (load<u8>(at) != 0x2e) return pair(from, to);
    at++;
    while (at < to && isDigit(load<u8>(at))) at++;
    if (at != to) return pair(from, to);
  }
  const isLess = signed && load<u8>(from) == 0x2d;
  let first = whole;
  while (first < point - 1 && load<u8>(first) == 0x30) first++;
  let last = to;
  if (point < to) {
    while (last > point + 1 && load<u8>(last - 1) == 0x30) last--;
    if (last == point + 1) last = point;
  }
  if (isLess) store<u8>(--first, 0x2d);
  return pair(first, last);
}
