/** What happens to a value on its way into a copy; pure. A transform that cannot be carried out is said before the first row, and a value that it cannot take stops the copy. */
import { Broken, Refused } from '#kit/errors'
import { markedToken, type Marker } from './canary/mark.ts'
import type { Mac } from './mac.ts'
import { geographicRegionOf } from './m49.ts'
import { regionOf } from './region.ts'
import { synthesiser, syntheticKinds, type Pools, type SyntheticKind } from './synthetic/synthetic.ts'
import type { Transform } from './types.ts'

const plainKinds = ['keep', 'drop', 'null', 'token', 'email', 'phone', 'year', 'month', 'region', 'm49'] as const
const stepPattern = /^\d{1,15}([.]\d{1,9})?$/

/** Reads a transform as an instruction declares it: a word, or one word with its value. Returns what is wrong with it as a text. */
export function parseTransform(declared: unknown): Transform | string {
  const word = plainKinds.find((kind) => kind === declared)
  if (word !== undefined) return { kind: word }
  const entries = typeof declared === 'object' && declared !== null ? Object.entries(declared) : []
  const [kind, value] = entries.length === 1 ? entries[0]! : []
  if (kind === 'round' && typeof value === 'number' && stepPattern.test(String(value)) && value > 0) return { kind, step: String(value) }
  if (kind === 'noise' && typeof value === 'number' && stepPattern.test(String(value)) && value > 0) return { kind, scale: value }
  if (kind === 'truncate' && Number.isInteger(value) && (value as number) > 0) return { kind, characters: value as number }
  if (kind === 'constant' && typeof value === 'string') return { kind, value }
  const made = syntheticKinds.find((one) => kind === 'synthetic' && one === value)
  if (made !== undefined) return { kind: 'synthetic', of: made }
  return `is none of ${plainKinds.join(', ')}, { round: STEP }, { noise: SCALE }, { truncate: CHARACTERS }, { constant: TEXT }, { synthetic: ${syntheticKinds.join(' | ')} }`
}

const leavesNothing: readonly Transform['kind'][] = ['drop', 'null', 'token', 'email', 'phone', 'constant']

/**
 * Whether no value of the column itself is left: what an identifying column needs where nothing identifiable may arrive (Art. 4(5)). A token still stands for the same person. A synthetic number of few digits may be somebody's.
 */
export const isPseudonymous = (transform: Transform): boolean => leavesNothing.includes(transform.kind) || (transform.kind === 'synthetic' && transform.of !== 'number')

const whole = /^(smallint|integer|bigint)$/
const decimal = /^(numeric(\([-\d, ]+\))?|real|double precision)$/
const dated = /^(date|timestamp(\(\d\))? with(out)? time zone)$/
const textual = /^(text|character varying(\(\d+\))?|character\(\d+\)|uuid)$/
const scalar = /^(boolean|time(\(\d\))? with(out)? time zone|interval|inet|cidr|macaddr)$/
const kept = /^(json|jsonb|((smallint|integer|bigint|text|boolean|uuid|date|real|double precision|numeric)\[\]))$/

const isScalar = (type: string): boolean => [whole, decimal, dated, textual, scalar].some((pattern) => pattern.test(type))

/** The type of the column in the copy, of one in a PostgreSQL table; undefined where this transform cannot be carried out on it. `drop` has none. */
export function typeAfter(transform: Transform, type: string): string | undefined {
  const { kind } = transform
  if (kind === 'synthetic') return typeOfSynthetic(transform.of, type)
  if (type === 'unknown') return afterUnknown(kind)
  switch (kind) {
    case 'keep': return isScalar(type) || kept.test(type) ? type : undefined
    case 'null': return isScalar(type) || kept.test(type) ? type : undefined
    case 'round': return whole.test(type) || decimal.test(type) ? (whole.test(type) ? 'bigint' : 'numeric') : undefined
    case 'year': case 'month': return dated.test(type) ? 'date' : undefined
    case 'noise': return whole.test(type) ? 'bigint' : type === 'real' || type === 'double precision' ? 'double precision' : decimal.test(type) ? 'numeric' : undefined
    case 'region': case 'm49': return textual.test(type) && type !== 'uuid' ? 'text' : undefined
    case 'truncate': return textual.test(type) ? 'text' : undefined
    case 'token': case 'email': case 'phone': return isScalar(type) ? 'text' : undefined
    case 'constant': return 'text'
    case 'drop': return undefined
  }
}

function typeOfSynthetic(kind: SyntheticKind, type: string): string | undefined {
  if (kind === 'date') return dated.test(type) || type === 'unknown' ? 'date' : undefined
  if (kind === 'number') return whole.test(type) ? 'bigint' : decimal.test(type) || type === 'unknown' ? 'numeric' : undefined
  if (kind === 'uuid' && type === 'uuid') return 'uuid'
  return (textual.test(type) && type !== 'uuid') || type === 'unknown' ? 'text' : undefined
}

/** Of a column of a CSV or JSON lines file, which says of no type: each value shows by itself whether it can be taken. */
function afterUnknown(kind: Transform['kind']): string | undefined {
  if (kind === 'drop') return undefined
  if (kind === 'round' || kind === 'noise') return 'numeric'
  return kind === 'year' || kind === 'month' ? 'date' : 'text'
}

/** One value to another; NULL is null. Throws `Refused` for a value that it cannot take, without the value. */
export type Change = (value: string | null) => string | null

/** Nobody can have an address under it (RFC 2606). */
export const pseudonymDomain = 'pseudonym.example'

/** Of 64 hexadecimal digits: 44 bits, which eleven decimal digits take a hundred times over. */
const phoneDigits = 11

/**
 * Makes the function of a transform. `mac`: under a secret of this copy alone; the same value becomes the same token in every column of the copy, so that tables still join, and nobody without
 * the key can try values (HMAC-SHA-256, RFC 2104). E-mail addresses stay addresses, under `.example` (RFC 2606), phone numbers stay numbers, under +999, which no network has (ITU-T E.164). `marker`:
 * tokens and addresses bear the mark of the copy. `pools`: where there is a synthetic column. Throws `Broken` where they are missing.
 */
export function changeOf(transform: Transform, mac: Mac, column: string, { marker, pools }: { readonly marker?: Marker | undefined; readonly pools?: Pools | undefined } = {}): Change {
  const each = (change: (value: string) => string): Change => (value) => (value === null ? null : change(value))
  const cannot = (what: string): Refused => new Refused('transfer/value', `a value of column ${column} cannot be ${what}; nothing was copied. Declare another transform for it`)
  switch (transform.kind) {
    case 'keep': return (value) => value
    case 'drop': case 'null': return () => null
    case 'constant': return () => transform.value
    case 'token': return each((value) => markedToken(mac(value), marker))
    case 'email': return each((value) => `${markedToken(mac(value.trim().toLowerCase()), marker)}@${pseudonymDomain}`)
    case 'phone': return each((value) => `+999${(Number.parseInt(mac(value.replaceAll(/[^+\d]/g, '')).slice(0, phoneDigits), 16) % 1e11).toString().padStart(11, '0')}`)
    case 'truncate': return each((value) => [...value].slice(0, transform.characters).join(''))
    case 'year': case 'month': return each((value) => startOf(value, transform.kind === 'year') ?? refuse(cannot('generalised: it is no date of this calendar')))
    case 'region': return each((value) => regionOf(value) ?? refuse(cannot('generalised: it is no country by its code of two letters')))
    case 'm49': return each((value) => geographicRegionOf(value) ?? refuse(cannot('generalised: it is no country by its code of two letters')))
    case 'noise': return each(noisy(transform.scale, mac, column, () => refuse(cannot('blurred: it is no finite number, or has more than fifteen digits'))))
    case 'synthetic': {
      if (pools === undefined) throw new Broken('transfer/no-pools', `column ${column} is to be synthetic, and nothing was prepared for it; nothing was copied`)
      const made = synthesiser(transform.of, mac, pools)
      return each((value) => made(value) ?? refuse(cannot('made synthetic: it is no plain number of at most fifteen digits')))
    }
    case 'round': return each((value) => rounded(value, transform.step) ?? refuse(cannot('rounded: it is no finite number, or has more than fifteen digits')))
  }
}

function refuse(cause: Refused): never {
  throw cause
}

function startOf(value: string, ofYear: boolean): string | undefined {
  const [, year, month] = /^(\d{4,6})-(\d{2})-\d{2}([ T][\d:.+-]+)?$/.exec(value) ?? []
  return year === undefined ? undefined : `${year}-${ofYear ? '01' : month}-01`
}

/** A plain number by its digits: 12.50 is 1250 of four digits, two of them places. */
export interface PlainNumber { readonly number: number; readonly digits: number; readonly places: number; readonly negative: boolean }

const exactDigits = 14

/** Rounds numbers that a binary number holds as they are, to the nearest multiple; halves go away from zero. Undefined for one of too many digits. */
export function rounderOf(step: string): (value: PlainNumber) => string | undefined {
  const [stepDigits = '', stepFraction = ''] = step.split('.')
  // By the places of a value: how many more the step has, and the step in the last of them; undefined where it has too many digits.
  const units = Array.from({ length: exactDigits + 1 }, (_, places) => {
    const more = Math.max(0, stepFraction.length - places)
    const digits = stepDigits + stepFraction.padEnd(places + more, '0')
    return { more, unit: digits.length > exactDigits ? undefined : Number(digits) }
  })
  const whole = Number(stepDigits)
  return ({ number, digits, places, negative }) => {
    const { more, unit } = units[places] ?? { more: 0, unit: undefined }
    if (unit === undefined || digits + more > exactDigits) return undefined
    if (stepFraction === '') { // a multiple has no places
      const multiple = Math.floor((2 * number + unit) / (2 * unit)) * whole
      return negative && multiple > 0 ? `-${multiple}` : String(multiple)
    }
    return decimalText(String(Math.floor((2 * number * 10 ** more + unit) / (2 * unit)) * unit), places + more, negative ? '-' : '')
  }
}

/** The nearest multiple, in decimal digits: no binary fraction is made of them. Halves go away from zero. */
function rounded(value: string, step: string): string | undefined {
  const [, sign = '', digits = '', fraction = ''] = /^(-?)(\d{1,15})(?:[.](\d{1,30}))?$/.exec(value) ?? []
  if (digits === '') return undefined
  const [stepDigits = '', stepFraction = ''] = step.split('.')
  const places = Math.max(fraction.length, stepFraction.length)
  const [number, unit] = [BigInt(digits + fraction.padEnd(places, '0')), BigInt(stepDigits + stepFraction.padEnd(places, '0'))]
  return decimalText(String(((number * 2n + unit) / (2n * unit)) * unit), places, sign)
}

function decimalText(multiple: string, places: number, sign: string): string {
  if (places === 0) return multiple === '0' ? '0' : `${sign}${multiple}`
  const text = multiple.padStart(places + 1, '0')
  const after = text.slice(text.length - places).replace(/0+$/, '')
  return `${multiple === '0' ? '' : sign}${text.slice(0, text.length - places)}${after === '' ? '' : `.${after}`}`
}

/** Of 64 hexadecimal digits of a code: 52 bits, as many as a number holds. */
const drawDigits = 13

/** Adds a draw of the Laplace distribution to each value, another for each row; whoever has the key of the copy can draw the same again. As many digits after the point as the value has. */
function noisy(scale: number, mac: Mac, column: string, wrong: () => never): (value: string) => string {
  let row = 0
  return (value) => {
    const [, , fraction = ''] = /^-?(\d{1,15})(?:[.](\d{1,15}))?$/.exec(value) ?? wrong()
    row += 1
    const uniform = (Number.parseInt(mac(`noise\n${column}\n${row}\n${value}`).slice(0, drawDigits), 16) + 0.5) / 16 ** drawDigits - 0.5
    const changed = (Number(value) - scale * Math.sign(uniform) * Math.log(1 - 2 * Math.abs(uniform))).toFixed(Math.min(fraction.length, 15))
    return /^-[0.]+$/.test(changed) ? changed.slice(1) : changed
  }
}
