/** The queries of a search inside an engine: what differs between engines, and what does not. */
import { Broken } from '#kit/errors'
import { comparedBytesMax, comparedPattern, digestLength, otherLengths } from '../form.ts'
import type { ColumnAnswer, EngineTable } from '../engine.ts'

/** How one engine writes things. `text`, `form` and so on are expressions. */
export interface Dialect {
  readonly quote: (name: string) => string
  /** A table as a query reads it. */
  readonly from: (name: string) => string
  /** White space of ASCII around it dropped, ASCII letters in lower case. */
  readonly lower: (text: string) => string
  readonly matches: (text: string, pattern: string) => string
  readonly bytes: (text: string) => string
  readonly withoutZeros: (digits: string) => string
  /** The first sixteen characters of SHA-256 in hex. */
  readonly digest: (keyed: string) => string
  readonly join: (one: string, other: string) => string
  /** A relation of `field` and `value` ('' for null): each column of each row of the table. */
  readonly values: (table: string, columns: readonly string[]) => string
  readonly within: string
}

const identifier = (name: string, mark: string): string => mark + name.replaceAll(mark, mark + mark) + mark

const white = String.raw`[\t\n\x0b\f\r ]`

export const postgres: Dialect = {
  quote: (name) => identifier(name, '"'),
  from: (name) => `only ${name}`, // tables that inherit are tables of their own
  lower: (text) => `lower(btrim(${text}, E' \\t\\n\\x0b\\f\\r') collate "C")`,
  matches: (text, pattern) => `${text} ~ '${pattern}'`,
  bytes: (text) => `octet_length(${text})`,
  withoutZeros: (digits) => `coalesce(nullif(ltrim(${digits}, '0'), ''), '0')`,
  digest: (keyed) => `substr(encode(sha256(convert_to(${keyed}, 'UTF8')), 'hex'), 1, ${digestLength})`,
  join: (one, other) => `${one} || ${other}`,
  values: (table, columns) => `select field, coalesce(value, '') as value from ${table} cross join lateral (values ${columns.map((column, field) => `(${field}, ${column}::text collate "C")`).join(', ')}) as one (field, value)`,
  within: 'in',
}

export const duckdb: Dialect = {
  quote: (name) => identifier(name, '"'),
  from: (name) => name,
  lower: (text) => `lower(trim(${text}, ' ' || chr(9) || chr(10) || chr(11) || chr(12) || chr(13)))`,
  matches: (text, pattern) => `regexp_matches(${text}, '${pattern}')`,
  bytes: (text) => `strlen(${text})`,
  withoutZeros: (digits) => `coalesce(nullif(ltrim(${digits}, '0'), ''), '0')`,
  digest: (keyed) => `substr(sha256(${keyed}), 1, ${digestLength})`,
  join: (one, other) => `${one} || ${other}`,
  values: (table, columns) => `select one.field as field, one.value as value from (select unnest([${columns.map((column, field) => `{'field': ${field}, 'value': coalesce(${column}::varchar, '')}`).join(', ')}]) as one from ${table})`,
  within: 'in',
}

// `global`: the digests are asked for once and sent to every shard. Also for versions of 2018, which Debian has.
export const clickhouse: Dialect = {
  quote: (name) => `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``,
  from: (name) => name,
  lower: (text) => `lower(replaceRegexpOne(replaceRegexpOne(${text}, '^${white.replaceAll('\\', '\\\\')}+', ''), '${white.replaceAll('\\', '\\\\')}+$', ''))`,
  matches: (text, pattern) => `match(${text}, '${pattern}')`,
  bytes: (text) => `length(${text})`,
  withoutZeros: (digits) => `replaceRegexpOne(${digits}, '^0+([0-9])', '\\\\1')`,
  digest: (keyed) => `lower(hex(substring(SHA256(${keyed}), 1, ${digestLength / 2})))`,
  join: (one, other) => `concat(${one}, ${other})`,
  values: (table, columns) => `select tupleElement(one, 1) as field, tupleElement(one, 2) as value from (select arrayJoin([${columns.map((column, field) => `(${field}, ifNull(toString(${column}), ''))`).join(', ')}]) as one from ${table})`,
  within: 'global in',
}

/** Where the digests lie: one column of text named digest. */
export const digestTable = 'bailee_search_digest'

const keyPattern = /^[0-9a-f]{32}$/

/** Two queries: rows, values and values not compared by field; and values by field and digest, of the digests asked for. */
export function statements(dialect: Dialect, { name, columns }: EngineTable, key: string): { readonly coverage: string; readonly hits: string } {
  if (!keyPattern.test(key)) throw new Broken('trace/engine-key', 'the key of a search inside an engine is malformed')
  const all = dialect.values(dialect.from(name.map(dialect.quote).join('.')), columns.map(dialect.quote))
  const lower = `select field, value, ${dialect.lower('value')} as low from (${all}) as a`
  const size = dialect.bytes('low')
  const compared = `(${size} <= ${comparedBytesMax} and ${size} not in (${otherLengths.join(', ')}) and ${dialect.matches('low', comparedPattern)})`
  const form = `case when ${dialect.matches('low', '^[0-9]+$')} then ${dialect.withoutZeros('low')} else low end`
  const digests = `select field, ${dialect.digest(dialect.join(`'${key}'`, form))} as digest from (${lower}) as b where ${compared}`
  return {
    coverage: `select field, count(*) as row_count, sum(case when value <> '' then 1 else 0 end) as value_count, sum(case when value = '' or ${compared} then 0 else 1 end) as other_count from (${lower}) as b group by field order by field`,
    hits: `select field, digest, count(*) as hit_count from (${digests}) as c where digest ${dialect.within} (select digest from ${digestTable}) group by field, digest`,
  }
}

/** A row of an engine's answer, whatever its driver makes of numbers. */
export type AnswerRow = Readonly<Record<string, unknown>>

/** From the rows of both queries to an answer per column. An empty table answers with nothing, which is no rows. */
export function answersOf(columns: readonly string[], coverage: readonly AnswerRow[], hits: readonly AnswerRow[]): ColumnAnswer[] {
  return columns.map((_, field) => {
    const own = coverage.find((row) => Number(row['field']) === field)
    const found = hits.filter((row) => Number(row['field']) === field).map((row) => [String(row['digest']), Number(row['hit_count'])] as const)
    return { rows: Number(own?.['row_count'] ?? 0), values: Number(own?.['value_count'] ?? 0), notCompared: Number(own?.['other_count'] ?? 0), hits: new Map(found) }
  })
}
