/** What a query reads, by the database's own plan of it. Pure. */
import { printPlace, tableAt, type Dataset, type DerivedDataset } from '#inventory'
import type { Lineage } from './types.ts'

/** What an instruction names of a table, and what is known at the same store. */
export interface Known {
  readonly datasets: readonly Dataset[]
  readonly derived: readonly DerivedDataset[]
  /** Columns that a session may read of a table, by schema and name. */
  readonly readable: ReadonlyMap<string, readonly string[]>
}

interface Read { readonly schema: string; readonly table: string; readonly alias: string }

/**
 * Tables are those that PostgreSQL plans to read (EXPLAIN VERBOSE, every node). Columns are at most these: the ones that the session may read, as far as their name stands anywhere in the plan;
 * all of them where a whole row does.
 */
export function lineageOf(plan: unknown, { datasets, derived, readable }: Known): Lineage {
  const [read, words]: [Read[], string[]] = [[], []]
  collect(plan, read, words)
  const names = new Set(words.flatMap(identifiersIn))
  const whole = new Set(words.flatMap((text) => [...text.matchAll(/(?:"((?:[^"]|""){1,63})"|([\p{L}_][\p{L}\p{N}_$]{0,62}))\.\*/gu)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '')))
  const tables = new Map<string, Lineage['tables'][number]>()
  for (const { schema, table, alias } of read) {
    const place = printPlace({ schema, name: table })
    const known = derived.find((one) => one.place === place)
    const dataset = datasets.find((one) => one.tables.some((declared) => isTable(declared.table, schema, table)))
    // A partition stands in the plan under its own name: of it whatever may be read anywhere may have been.
    const may = readable.get(place) ?? known?.columns ?? (schema === 'pg_catalog' ? [] : [...new Set([...readable.values()].flat())])
    const before = tables.get(place)?.columns ?? []
    const columns = may.filter((column) => before.includes(column) || whole.has(alias) || names.has(column))
    tables.set(place, { table: place, dataset: dataset?.id ?? null, derived: known?.id ?? null, columns })
  }
  return { tables: [...tables.values()].sort((one, other) => (one.table < other.table ? -1 : 1)) }
}

function isTable(declared: string, schema: string, table: string): boolean {
  const at = tableAt(declared)
  return at.schema === schema && at.name === table
}

/** Every text of a plan, and every table that one of its nodes reads. */
function collect(node: unknown, read: Read[], words: string[]): void {
  if (typeof node === 'string') words.push(node)
  else if (Array.isArray(node)) for (const part of node) collect(part, read, words)
  else if (typeof node === 'object' && node !== null) {
    const fields = node as Readonly<Record<string, unknown>>
    const { 'Relation Name': table, 'Schema': schema, 'Alias': alias } = fields
    if (typeof table === 'string' && typeof schema === 'string') read.push({ schema, table, alias: typeof alias === 'string' ? alias : table })
    for (const part of Object.values(fields)) collect(part, read, words)
  }
}

/** Names that stand in an expression, quoted ones as they are meant. */
function identifiersIn(text: string): string[] {
  return [...text.matchAll(/"((?:[^"]|"")+)"|[\p{L}_][\p{L}\p{N}_$]*/gu)].map(([all, quoted]) => quoted?.replaceAll('""', '"') ?? all)
}
