/** Types as PostgreSQL calls them, taken apart, and what a value of them is. Pure. */

export interface TypeParts { readonly base: string; /** What stands in brackets. */ readonly sizes: readonly number[] }

/** `numeric(10,2)` is `numeric` and 10, 2; `timestamp(3) with time zone` is `timestamp with time zone` and 3. */
export function partsOf(type: string): TypeParts {
  const [, first = type, sizes, rest = ''] = /^([a-z][a-z ]*?)(?:\((-?\d+(?:,-?\d+)?)\))?((?: [a-z ]+|\[\])?)$/.exec(type) ?? []
  return { base: `${first}${rest}`, sizes: sizes === undefined ? [] : sizes.split(',').map(Number) }
}

/** Types of which a value is a text of few characters in every kind of store, and the same text again. */
export const shortTexts: ReadonlySet<string> = new Set(['time with time zone', 'interval', 'inet', 'cidr', 'macaddr'])

/** Whether a value is one of its type, as PostgreSQL writes it: for stores that take any value in any column. */
export function isOf(type: string, value: string): boolean {
  const { base, sizes: [precision, scale = 0] } = partsOf(type)
  switch (base) {
    case 'smallint': case 'integer': case 'bigint': return /^-?\d{1,19}$/.test(value)
    case 'numeric': {
      const [, digits, fraction = ''] = /^-?(\d+)(?:[.](\d+))?$/.exec(value) ?? []
      return digits !== undefined && (precision === undefined || (fraction.length <= scale && digits.replace(/^0+/, '').length <= precision - scale))
    }
    case 'boolean': return value === 't' || value === 'f'
    case 'date': return /^\d{4}-\d\d-\d\d$/.test(value)
    case 'timestamp without time zone': return /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d([.]\d{1,6})?)?$/.test(value)
    case 'timestamp with time zone': return /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d([.]\d{1,6})?)?([+-]\d\d(:?\d\d)?|Z)$/.test(value)
    case 'time without time zone': return /^\d\d:\d\d(:\d\d([.]\d{1,6})?)?$/.test(value)
    case 'uuid': return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)
    case 'real': case 'double precision': return value === 'NaN' || /^-?Infinity$/.test(value) || (value !== '' && !Number.isNaN(Number(value)))
    case 'character varying': case 'character': return precision === undefined || [...value].length <= precision
    default: return true
  }
}

/** A moment with its zone as the same moment in UTC, `2019-04-10 07:30:00.25`; undefined for what is none of four-digit years. */
export function inUtc(value: string): string | undefined {
  const [, date, time, fraction = '', zone] = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d)?)([.]\d{1,6})?([+-]\d\d(?::?\d\d){0,2}|Z)$/.exec(value) ?? []
  if (date === undefined || time === undefined || zone === undefined) return undefined
  const [, sign, hours = '0', minutes = '0', seconds = '0'] = /^([+-])(\d\d):?(\d\d)?:?(\d\d)?$/.exec(zone) ?? []
  const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds))
  const at = Date.parse(`${date}T${time.length === 5 ? `${time}:00` : time}Z`) - offset * 1000
  if (Number.isNaN(at)) return undefined
  const text = new Date(at).toISOString()
  return /^\d{4}-/.test(text) ? `${text.slice(0, 10)} ${text.slice(11, 19)}${fraction}` : undefined
}
