/**
 * What may tell a copy, found in bytes as they come: tokens and addresses of them, whole numbers of telephones, identifiers, and addresses under the domains that invented records have. Nearly all bytes are passed over: a
 * token is a run of digits so long that one of each sixteen bytes is enough to see it, and the others begin or break at one rare sign.
 */
export interface Candidates {
  /** Takes more bytes; they may be overwritten after the call. */
  readonly feed: (bytes: Uint8Array) => void
  /** The bytes have ended. */
  readonly end: () => void
}

/** Which addresses and numbers could be an invented record's. */
export interface Telling {
  /** In small letters. */
  readonly domains: readonly string[]
  /** What numbers begin with: a plus and three digits. */
  readonly beginnings: readonly string[]
}

/** A token, an address of one, and an identifier, wherever they stand. */
const inRun = /[0-9a-f]{32}@pseudonym[.]example|(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])|(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])/gi
/** Bytes after a run that say what it is: `@pseudonym.example`. */
const afterRun = 20
/** Two of so many bytes, one after the other, stand in each run of the fewest that matter. */
const [stride, runMin] = [16, 32]
/** What is looked at around a place: of an address its name before and its domain after. */
const [before, after] = [100, 300]
const [localMax, digitsMin, digitsMax] = [64, 8, 15]
const [at, plus, dot, zero, capital] = [0x40, 0x2b, 0x2e, 0x30, 0x20]

const marking = (pattern: RegExp): Uint8Array => Uint8Array.from({ length: 256 }, (_, code) => (pattern.test(String.fromCharCode(code)) && code < 128 ? 1 : 0))
const [inRuns, inLocal, inDomain, inWord, digit] = [marking(/[0-9a-f-]/i), marking(/[a-z0-9._%+-]/i), marking(/[a-z0-9-]/i), marking(/[a-z0-9]/i), marking(/\d/)] as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]

/** `told` of each, in the order of its kind. */
export function candidatesIn(telling: Telling, told: (value: string) => void): Candidates {
  const signs = signsOf(telling)
  let rest = Buffer.alloc(0)
  let from = 0
  const look = (bytes: Buffer, to: number): void => {
    runsIn(bytes, { from, to }, told)
    signsIn(bytes, { from, to }, signs, told)
  }
  return {
    feed: (more) => {
      const bytes = Buffer.concat([rest, more])
      const to = bytes.length - after
      if (to > from) {
        look(bytes, to)
        const kept = Math.max(0, to - before)
        rest = Buffer.from(bytes.subarray(kept))
        from = to - kept
      } else rest = bytes
    },
    end: () => {
      look(rest, rest.length + 1)
      rest = Buffer.alloc(0)
      from = 0
    },
  }
}

/** Places that are looked at now; others were, or will be with more bytes around them. */
interface Range { readonly from: number; readonly to: number }

function runsIn(bytes: Buffer, { from, to }: Range, told: (value: string) => void): void {
  for (let place = 0; place < bytes.length; place += stride) {
    if (inRuns[bytes[place]!] === 0 || inRuns[bytes[place + stride] ?? 0] === 0) continue
    let [start, end] = [place, place + 1]
    while (start > 0 && inRuns[bytes[start - 1]!] === 1) start -= 1
    while (end < bytes.length && inRuns[bytes[end]!] === 1) end += 1
    if (end - start >= runMin) {
      const first = Math.max(0, start - 1)
      for (const match of bytes.toString('latin1', first, Math.min(bytes.length, end + afterRun)).matchAll(inRun)) {
        const ends = first + match.index + match[0].length
        if (ends >= from && ends < to) told(match[0])
      }
    }
    place = Math.floor(end / stride) * stride // the next to be looked at is after the run
  }
}

/** What addresses and numbers are told by. */
interface Signs { readonly domains: readonly Buffer[]; /** By the first letter of a domain, small or capital. */ readonly firsts: Uint8Array; /** By the three digits that a number begins with. */ readonly beginnings: Uint8Array }

function signsOf({ domains, beginnings }: Telling): Signs {
  const [firsts, begin] = [new Uint8Array(256), new Uint8Array(1000)]
  for (const domain of domains) for (const letter of [domain.toLowerCase(), domain.toUpperCase()]) firsts[letter.charCodeAt(0) & 255] = 1
  for (const one of beginnings) begin[Number(one.slice(1, 4))] = 1
  return { domains: domains.map((domain) => Buffer.from(domain)), firsts, beginnings: begin }
}

/** Addresses and numbers, each by its sign. */
function signsIn(bytes: Buffer, { from, to }: Range, signs: Signs, told: (value: string) => void): void {
  const end = Math.min(to, bytes.length)
  for (let place = from; place < end; place += 1) {
    const code = bytes[place]!
    if (code === at) {
      if (signs.firsts[bytes[place + 1] ?? 0] === 1) addressAt(bytes, place, signs.domains, told)
    } else if (code === plus) numberAt(bytes, place, signs.beginnings, told)
  }
}

function addressAt(bytes: Buffer, place: number, domains: readonly Buffer[], told: (value: string) => void): void {
  const domain = domains.find((one) => isDomain(bytes, place + 1, one))
  if (domain === undefined) return
  let start = place
  while (start > 0 && place - start < localMax && inLocal[bytes[start - 1]!] === 1) start -= 1
  if (start < place) told(bytes.toString('latin1', start, place + 1 + domain.length))
}

/** Whether exactly this domain, in whatever case, stands here. */
function isDomain(bytes: Buffer, start: number, domain: Buffer): boolean {
  for (let index = 0; index < domain.length; index += 1) {
    const code = bytes[start + index] ?? 0
    if (code !== domain[index] && (code | capital) !== domain[index]) return false
  }
  const [next = 0, second = 0] = [bytes[start + domain.length], bytes[start + domain.length + 1]]
  return inDomain[next] === 0 && !(next === dot && inWord[second] === 1)
}

function numberAt(bytes: Buffer, place: number, beginnings: Uint8Array, told: (value: string) => void): void {
  let end = place + 1
  while (end - place <= digitsMax && digit[bytes[end] ?? 0] === 1) end += 1
  if (end - place <= digitsMin) return
  if (beginnings[(bytes[place + 1]! - zero) * 100 + (bytes[place + 2]! - zero) * 10 + bytes[place + 3]! - zero] === 1) told(bytes.toString('latin1', place, end))
}
