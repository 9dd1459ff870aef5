// Digests in base64 or base64url (RFC 4648), as lower-case hex.

/**
 * Decodes `length` characters at `from` (without padding) and writes lower-case hex to `out`. Returns how many bytes they are; 0 when they do not decode exactly, mix
 * the two alphabets, or lack one of the two cases, as no digest but many a word does.
 */
export function base64Bytes(from: usize, length: i32, out: usize): i32 {
  let bits: u32 = 0;
  let held = 0;
  let bytes = 0;
  let kinds = 0; // 1 upper case, 2 lower case, 4 standard signs, 8 signs of base64url
  for (let i = 0; i < length; i++) {
    const c = load<u8>(from + i);
    let value: u32 = 0;
    if (c >= 0x41 && c <= 0x5a) { value = c - 0x41; kinds |= 1; }
    else if (c >= 0x61 && c <= 0x7a) { value = c - 0x61 + 26; kinds |= 2; }
    else if (c >= 0x30 && c <= 0x39) value = c - 0x30 + 52;
    else if (c == 0x2b || c == 0x2f) { value = c == 0x2b ? 62 : 63; kinds |= 4; }
    else if (c == 0x2d || c == 0x5f) { value = c == 0x2d ? 62 : 63; kinds |= 8; }
    else return 0;
    bits = bits << 6 | value;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    const byte = <u8>(bits >> held);
    store<u8>(out + (bytes << 1), digit(byte >> 4));
    store<u8>(out + (bytes << 1) + 1, digit(byte & 15));
    bytes++;
  }
  const exact = (bits & (1 << held) - 1) == 0;
  return exact && (kinds & 3) == 3 && (kinds & 12) != 12 ? bytes : 0;
}

// @ts-ignore: decorator
@inline
function digit(value: u8): u8 { return value < 10 ? 0x30 + value : 0x57 + value; }
