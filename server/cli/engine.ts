import { randomBytes } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { Command } from 'commander'
import { traceContext } from '#composition'
import { searchInside, type AskedPlace, type Inside, type InsideReport } from '#trace'
import { Misuse } from '#kit/errors'
import { common, say, withBailee, type CommonOptions } from './context.ts'
import { createMeter } from './meter.ts'

interface EngineOptions extends CommonOptions {
  readonly dataset: readonly string[]
  readonly store?: string
  readonly duckdb?: string
  readonly clickhouse?: string
}

/** `bailee trace engine`. */
export function addEngine(trace: Command, exit: (code: number) => void): void {
  common(trace.command('engine').description('have an engine search its own tables for datasets, by column; exit 1 when a copy is told'))
    .requiredOption('--dataset <id...>', 'the datasets, as declared; their values are read where they are')
    .option('--store <id>', 'inside a declared PostgreSQL store')
    .option('--duckdb <file>', 'inside DuckDB: a database of its own, a Parquet or a CSV file')
    .option('--clickhouse <reference>', 'inside a ClickHouse server: env:NAME or file:PATH, where its URL stands')
    .action(async (options: EngineOptions) => {
      const inside = insideOf(options)
      await withBailee(options, async (bailee, at) => {
        const meter = createMeter(process.stderr)
        const context = traceContext(bailee, ({ work, place, done, total, rows }) => meter.show(`${work} ${done + 1}/${total} ${place}`, rows))
        const report = await searchInside(context, at, { datasets: options.dataset, inside, random: randomBytes, threads: availableParallelism() }).finally(() => meter.end())
        const copies = report.places.some(isCopy)
        if (copies) exit(1)
        say(options, { ok: !copies, engine: report.engine, places: report.places.map(wireOf), not_read: report.notRead, asked: report.asked.map(({ notCompared, ...one }) => ({ ...one, not_compared: notCompared })), partly_read: report.partly }, () => linesOf(report, options.store))
      })
    })
}

function insideOf({ store, duckdb, clickhouse }: EngineOptions): Inside {
  const named: Inside[] = [...(store === undefined ? [] : [{ store }]), ...(duckdb === undefined ? [] : [{ duckdb }]), ...(clickhouse === undefined ? [] : [{ clickhouse }])]
  if (named.length !== 1 || named[0] === undefined) throw new Misuse('engine takes one of --store ID, --duckdb FILE and --clickhouse env:NAME')
  return named[0]
}

const isCopy = ({ verdicts }: AskedPlace): boolean => verdicts.some(({ verdict }) => verdict === 'copy')

const wireOf = ({ columns, others, ...place }: AskedPlace): object => ({
  ...place, columns: columns.map(({ notCompared, matches, ...column }) => ({ ...column, not_compared: notCompared, matches: matches.map(({ excessBits, ...match }) => ({ ...match, excess_bits: excessBits })) })), not_asked: others,
})

const number = (value: number): string => value.toLocaleString('en-GB')

const says = {
  copy: (dataset: string) => `copy of ${dataset}`,
  own: (dataset: string) => `${dataset} itself, as declared`,
  another: (dataset: string) => `declared as another controller's, and holds more of ${dataset} than chance gives: whether records agree, only a sweep tells`,
} as const

/** A report in words: what was found first, then what was not compared. */
export function linesOf({ places, notRead, asked, partly }: InsideReport, store: string | undefined): string[] {
  const telling = places.filter(({ verdicts }) => verdicts.length > 0)
  const copies = places.filter(isCopy)
  const next = store === undefined
    ? '  ! no finding is opened for a copy here: declare a store in which a sweep reads these tables, or have them deleted and search again'
    : `  ! no finding is opened by this search, which counts no people; a sweep does: bailee trace sweep --store ${store}`
  return [
    ...[...copies, ...telling.filter((place) => !copies.includes(place))].flatMap(placeLines),
    ...(telling.length < places.length ? [`${number(places.length - telling.length)} tables: nothing told from chance.`] : []),
    ...places.filter(({ verdicts }) => verdicts.length === 0).flatMap(quietLines),
    ...(copies.length === 0 ? [] : [next]),
    ...asked.map(({ dataset, column, alone, compared, notCompared }) => `  looked for: ${dataset} ${column}: ${number(compared)} values${notCompared === 0 ? '' : `; ${number(notCompared)} rows hold one that was not compared`}${alone ? '' : '; too common to tell a copy alone'}`),
    ...(asked.some(({ alone, compared }) => alone && compared > 0) ? [] : ['  ! none of these columns can tell a copy alone, so that this search could not have found one: sweep']),
    ...notRead.map(({ place, because }) => `  not asked: ${place}: ${because}`),
    ...partly.map((because) => `  ! ${because}`),
    '  Compared, in ASCII: addresses of e-mail, numbers, IPv4 addresses, words, hexadecimal digits. Not: all other values, people who left a dataset, digests of values; nothing is said of records.',
  ]
}

function placeLines(place: AskedPlace): string[] {
  return [`${place.place}: ${place.verdicts.map(({ dataset, verdict }) => says[verdict](dataset)).join('; ')}`, ...columnLines(place)]
}

/** Of a table in which nothing was told from chance: what was not compared there. */
function quietLines(place: AskedPlace): string[] {
  const lines = columnLines(place)
  return lines.length === 0 ? [] : [`  ${place.place}`, ...lines]
}

function columnLines({ columns, others }: AskedPlace): string[] {
  return [
    ...columns.flatMap(({ name, values, notCompared, matches }) => [
      ...matches.map((match) => `    ${name}: ${number(match.distinct)} different values of ${match.dataset} ${match.column}, in ${number(match.values)} rows${match.significant ? '' : '; nothing told from chance'}`),
      ...(notCompared === 0 ? [] : [`    ${name}: ${number(notCompared)} of ${number(values)} values not compared`]),
    ]),
    ...others.map(({ name, because }) => `    ${name}: not compared: ${because}`),
  ]
}
