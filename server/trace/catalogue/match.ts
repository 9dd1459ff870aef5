/** Lists of tokens against every place of the catalogue: which share how many. Pure. */
import type { ColumnProfile } from '../fingerprint/index.ts'
import { excess, significanceBits } from '../search/verdict.ts'
import type { PlaceSketch } from './files.ts'
import { overlapOf, type Overlap } from './overlap.ts'
import { oneIn, sketchTokenBits } from './sketch.ts'

/** Values that are asked about: a column of a dataset, or a field of a file. */
export interface Asked {
  readonly column: string
  /** `md5` and so on, where these are digests of the column's values. */
  readonly form: string | null
  /** Tokens of its sketch at `level`, ascending, each once. */
  readonly tokens: BigUint64Array
  /** All its different values; undefined where only the sketch tells. */
  readonly distinct?: number | undefined
  /** What its values are like (`fingerprint/profile.ts`); undefined where nothing tells. */
  readonly profile?: Pick<ColumnProfile, 'bits' | 'alone'> | undefined
}

/** One field of one place that holds values that were asked about. */
export interface Likeness extends Overlap {
  readonly column: string
  readonly form: string | null
  readonly part: string
  readonly field: number | null
  readonly name: string | null
  /** Tokens that both sketches hold: what the estimate rests on. */
  readonly found: number
  /** Of the values asked about; null where their number is not known. */
  readonly share: number | null
  /** More than chance gives, and of a column that names records by itself: small and sequential numbers stand everywhere. */
  readonly telling: boolean
}

export interface LikePlace {
  readonly store: string
  readonly environment: string
  readonly place: string
  readonly readAt: number
  readonly partly: boolean
  /** Of each column the field that shares most; the most telling first. */
  readonly fields: readonly Likeness[]
}

/** Places that share values with what is asked about, those that share most first. */
export function likePlaces(asked: readonly Asked[], level: number, places: readonly PlaceSketch[]): LikePlace[] {
  const table = tableOf(asked)
  const sampled = samplesOf(asked)
  const found = places.flatMap((place): LikePlace[] => {
    const at = Math.max(level, place.level)
    const fields = place.fields.flatMap((field) => {
      const counts = table.count(field.tokens, halfBound(at))
      return [...counts].map(([number, found]) => likenessOf(asked[number]!, field, { level: at, found, sampled: sampled(number, at), places: places.length }))
    })
    const best = [...Map.groupBy(fields, ({ column, form }) => `${column}\n${form ?? ''}`).values()].flatMap((same) => same.sort(byOverlap).slice(0, 1)).sort(byOverlap)
    const { store, environment, readAt, partly } = place
    return best.length === 0 ? [] : [{ store, environment, place: place.place, readAt, partly, fields: best }]
  })
  return found.sort((a, b) => byOverlap(a.fields[0]!, b.fields[0]!) || (`${a.store}\n${a.place}` < `${b.store}\n${b.place}` ? -1 : 1))
}

const byOverlap = (a: Likeness, b: Likeness): number => Number(b.telling) - Number(a.telling) || b.estimate - a.estimate

interface Counted { readonly level: number; readonly found: number; readonly sampled: number; readonly places: number }

function likenessOf({ column, form, distinct, profile }: Asked, { part, field, name, tokens }: PlaceSketch['fields'][number], { level, found, sampled, places }: Counted): Likeness {
  const overlap = overlapOf({ sampled, found, level, distinct })
  const expected = profile === undefined ? 0 : (sampled * tokens.length * oneIn(level)) / 2 ** profile.bits
  const telling = profile === undefined ? found > 1 : profile.alone && excess(found, expected) >= significanceBits + Math.log2(Math.max(1, places))
  return { column, form, part, field, name, found, ...overlap, share: distinct === undefined || distinct === 0 ? null : Math.min(1, overlap.estimate / distinct), telling }
}

// High halves of the tokens of a level lie below it.
const halfBound = (level: number): number => 2 ** (sketchTokenBits - level - 32)

/** How many tokens of each list are in the sample of a level; each is counted once. */
function samplesOf(asked: readonly Asked[]): (number: number, level: number) => number {
  const known = new Map<string, number>()
  return (number, level) => {
    const key = `${number} ${level}`
    const bound = halfBound(level)
    const count = known.get(key) ?? halvesOf(asked[number]?.tokens ?? new BigUint64Array()).reduce((sum, half, at) => sum + (at % 2 === 1 && half < bound ? 1 : 0), 0)
    known.set(key, count)
    return count
  }
}

const halvesOf = (tokens: BigUint64Array): Uint32Array => new Uint32Array(tokens.buffer, tokens.byteOffset, tokens.length * 2)

// Words of a filter of 64 KiB before the table: of tokens that nobody asked about, all but a few end there, in the fastest memory of a core.
const filterWords = 16_384

const noCounts: ReadonlyMap<number, number> = new Map()

/**
 * All tokens asked about in one table of 32-bit halves: big integers one by one would take ten times as long. `count`: by list, how many of its tokens are among these;
 * lists without any are left out.
 */
function tableOf(asked: readonly Asked[]): { count(tokens: BigUint64Array, bound: number): ReadonlyMap<number, number> } {
  const entries = asked.reduce((sum, { tokens }) => sum + tokens.length, 0)
  const mask = 2 ** Math.ceil(Math.log2(Math.max(16, entries * 4))) - 1
  const slots = new Int32Array(mask + 1).fill(-1)
  const filter = new Int32Array(filterWords)
  const [low, high, list] = [new Uint32Array(entries), new Uint32Array(entries), new Uint16Array(entries)]
  let filled = 0
  for (const [number, { tokens }] of asked.entries()) {
    const halves = halvesOf(tokens)
    for (let at = 0; at < halves.length; at += 2) {
      filter[(halves[at]! >>> 5) & (filterWords - 1)]! |= 1 << (halves[at]! & 31)
      let slot = halves[at]! & mask
      while (slots[slot]! >= 0) slot = (slot + 1) & mask
      slots[slot] = filled
      low[filled] = halves[at]!
      high[filled] = halves[at + 1]!
      list[filled] = number
      filled += 1
    }
  }
  return {
    count: (tokens, bound) => {
      let counts: Map<number, number> | undefined
      const halves = halvesOf(tokens)
      for (let at = 0; at < halves.length; at += 2) {
        const one = halves[at]!
        if ((filter[(one >>> 5) & (filterWords - 1)]! & (1 << (one & 31))) === 0) continue
        const other = halves[at + 1]!
        if (other >= bound) continue
        for (let slot = one & mask, entry = slots[slot]!; entry >= 0; slot = (slot + 1) & mask, entry = slots[slot]!) {
          if (low[entry] !== one || high[entry] !== other) continue
          counts ??= new Map()
          counts.set(list[entry]!, (counts.get(list[entry]!) ?? 0) + 1)
        }
      }
      return counts ?? noCounts
    },
  }
}
