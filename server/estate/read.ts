import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'
import { grantId } from '#instruction'
import { printTable } from '#inventory'
import { policyProblem } from '#ledger'
import { Misuse } from '#kit/errors'
import { parseInstant } from '#kit/time'
import { estateSchema, type Estate } from './schema.ts'

export type Path = readonly PropertyKey[]

/** A declared estate, with where each key stands in its file. */
export interface ReadEstate {
  readonly estate: Estate
  /** `bailee.yaml:12 stores[0].kind` */
  at(path: Path): string
}

/** A bigger file is not an estate that somebody wrote. */
const fileBytesMax = 4 * 1024 * 1024

/**
 * Reads bailee.yaml. Throws `Misuse` with every problem, each naming file, line and key: what does not parse, a key that is not known, a
 * value of the wrong form, an id used twice, a reference to something that is not declared.
 */
export function readEstate(source: string, file: string): ReadEstate {
  if (Buffer.byteLength(source) > fileBytesMax) throw new Misuse(`${file}: larger than ${fileBytesMax} bytes`)
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, maxAliasCount: 100 } as Parameters<typeof parseDocument>[1])
  if (document.errors.length > 0) throw new Misuse(document.errors.map((error) => `${file}:${error.linePos?.[0].line ?? 1}: ${error.message.split('\n')[0]}`))
  return checkEstate(valueOf(document, file), (path) => `${file}:${lineOf(document, lines, path)} ${keyOf(path)}`)
}

/** Holds a declared estate to its shape, and what it names to what it declares; `at` says where a key stands. Throws `Misuse` with every problem. */
export function checkEstate(declared: unknown, at: ReadEstate['at'] = keyOf): ReadEstate {
  const parsed = estateSchema.safeParse(declared)
  if (!parsed.success) throw new Misuse(parsed.error.issues.flatMap((issue) => describe(issue, at)))
  const { estate, misnamed } = withTablesNamed(parsed.data)
  const problems = [...misnamed, ...crossCheck(estate)].map(({ path, problem }) => `${at(path)}: ${problem}`)
  if (problems.length > 0) throw new Misuse(problems)
  return { estate, at }
}

/** Throws `Misuse` for an alias that leads nowhere, or that would unfold into more than anybody wrote. */
function valueOf(document: Document, file: string): unknown {
  try {
    return document.toJS()
  } catch (cause) {
    throw new Misuse(`${file}:1: ${cause instanceof Error ? cause.message : 'cannot be read'}`)
  }
}

function describe(issue: z.core.$ZodIssue, at: (path: Path) => string): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${at([...issue.path, key])}: this key is not known here`)
  return [`${at(issue.path)}: ${issue.message}`]
}

function keyOf(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`)).join('') || '(file)'
}

/** The line of the deepest part of the path that is there: of its key, where it has one, because its value may begin on the next line. */
function lineOf(document: Document, lines: LineCounter, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = document.getIn(path.slice(0, length - 1), true)
    const pair = isMap(parent) ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(path[length - 1])) : undefined
    const node = (pair?.key ?? document.getIn(path.slice(0, length), true)) as { range?: [number, number, number] } | undefined
    if (node?.range !== undefined) return lines.linePos(node.range[0]).line
  }
  return 1
}

interface Problem { readonly path: Path; readonly problem: string }

function crossCheck(estate: Estate): Problem[] {
  return [...duplicates(estate), ...dangling(estate), ...orders(estate), ...unreadablePolicy(estate)]
}

function unreadablePolicy({ witnessing }: Estate): Problem[] {
  const problem = witnessing === undefined ? undefined : policyProblem(witnessing)
  return problem === undefined ? [] : [{ path: ['witnessing'], problem }]
}

const tableForms: Partial<Readonly<Record<string, string>>> = {
  files: 'a file below the folder of its store (people/2019.csv), a part of one (backup.zip!/people.csv), or a folder (people/)',
  s3: 'an object behind the name of its bucket (lake/people/2019.csv), a part of one (lake/backup.zip!/people.csv), or a folder (lake/people/)',
  sqlite: 'a table of its file',
  redis: 'keys of a logical database that begin alike (db0!/user:*)',
}

/** Every table in the one spelling that searches use, which depends on the kind of its store. */
function withTablesNamed(estate: Estate): { estate: Estate; misnamed: Problem[] } {
  const misnamed: Problem[] = []
  const datasets = estate.datasets.map((dataset, index) => {
    const kind = estate.stores.find(({ id }) => id === dataset.store)?.kind ?? 'postgres'
    return {
      ...dataset,
      tables: dataset.tables.map((table, number) => {
        const printed = printTable(kind, table.table)
        if (printed === undefined) misnamed.push({ path: ['datasets', index, 'tables', number, 'table'], problem: tableForms[kind] ?? 'schema.table; a part with a dot, colon or quote in it is quoted as in SQL: public."odd.name"' })
        return { ...table, table: printed ?? table.table }
      }),
    }
  })
  return { estate: { ...estate, datasets }, misnamed }
}

const lists = ['environments', 'stores', 'controllers', 'contracts', 'datasets', 'instructions', 'people', 'roles', 'trainings'] as const

function duplicates(estate: Estate): Problem[] {
  const twice = (names: readonly string[], pathOf: (index: number) => Path): Problem[] =>
    names.flatMap((name, index) => (names.indexOf(name) === index ? [] : [{ path: pathOf(index), problem: `${name} is declared twice` }]))
  return [
    ...lists.flatMap((list) => twice(estate[list].map((item) => item.id), (index) => [list, index, 'id'])),
    ...estate.contracts.flatMap((contract, number) => twice((contract.sub_processors?.list ?? []).map(({ name }) => name), (index) => ['contracts', number, 'sub_processors', 'list', index, 'name'])),
    ...estate.controllers.flatMap((controller, number) => twice(controller.signatories.map((signatory) => signatory.name), (index) => ['controllers', number, 'signatories', index, 'name'])),
    // Two ends of one grant on one day are one grant: its id has the day.
    ...twice(estate.grants.map((grant) => grantId(grant.person, grant.instruction, parseInstant(grant.until) ?? 0)), (index) => ['grants', index]),
  ]
}

function dangling(estate: Estate): Problem[] {
  const ids = Object.fromEntries(lists.map((list) => [list, new Set(estate[list].map((item) => item.id))])) as Record<(typeof lists)[number], Set<string>>
  const must = (list: (typeof lists)[number], id: string, path: Path): Problem[] => (ids[list].has(id) ? [] : [{ path, problem: `${id} is not among ${list}` }])
  const columns = new Map(estate.datasets.map((dataset) => [dataset.id, new Set(dataset.tables.flatMap((table) => Object.keys(table.columns)))]))
  return [
    ...estate.stores.flatMap((store, index) => [
      ...must('environments', store.environment, ['stores', index, 'environment']),
      ...(store.break_glass ?? []).flatMap(({ owner }, number) => must('people', owner, ['stores', index, 'break_glass', number, 'owner'])),
    ]),
    ...estate.contracts.flatMap((contract, index) => [
      ...must('controllers', contract.controller, ['contracts', index, 'controller']),
      ...(contract.sub_processors?.list ?? []).flatMap(({ name, engaged_by: by }, number, list) => (by === undefined || (by !== name && list.some((one) => one.name === by)) ? [] : [{ path: ['contracts', index, 'sub_processors', 'list', number, 'engaged_by'], problem: `${by} is not another sub-processor of this contract` }])),
      ...(contract.at_end?.fingerprints === undefined ? [] : must('instructions', contract.at_end.fingerprints.instruction, ['contracts', index, 'at_end', 'fingerprints', 'instruction'])),
    ]),
    ...estate.datasets.flatMap((dataset, index) => [
      ...must('controllers', dataset.controller, ['datasets', index, 'controller']),
      ...must('stores', dataset.store, ['datasets', index, 'store']),
      ...dataset.tables.flatMap((table, number) => [
        ...danglingColumns(table, ['datasets', index, 'tables', number]),
        ...(table.changes === undefined || (estate.stores.find(({ id }) => id === dataset.store)?.kind ?? 'postgres') === 'postgres' ? [] : [{ path: ['datasets', index, 'tables', number, 'changes'], problem: `changes are read by replication from PostgreSQL alone; leave it out for store ${dataset.store}` }]),
        ...(table.dialect === undefined || ['files', 's3'].includes(estate.stores.find(({ id }) => id === dataset.store)?.kind ?? 'files') ? [] : [{ path: ['datasets', index, 'tables', number, 'dialect'], problem: `how a text is written is declared of files and objects of buckets; leave it out for store ${dataset.store}` }]),
      ]),
    ]),
    ...estate.instructions.flatMap((instruction, index) => [
      ...must('contracts', instruction.contract, ['instructions', index, 'contract']),
      ...instruction.environments.flatMap((environment, number) => must('environments', environment, ['instructions', index, 'environments', number])),
      ...Object.entries(instruction.data).flatMap(([dataset, wanted]) => [
        ...must('datasets', dataset, ['instructions', index, 'data', dataset]),
        ...(wanted === '*' ? [] : wanted).flatMap((column, number) => (columns.get(dataset)?.has(column) === false ? [{ path: ['instructions', index, 'data', dataset, number], problem: `${column} is not a column of dataset ${dataset}` }] : [])),
      ]),
    ]),
    ...estate.grants.flatMap((grant, index) => [...must('people', grant.person, ['grants', index, 'person']), ...must('instructions', grant.instruction, ['grants', index, 'instruction'])]),
  ]
}

function danglingColumns(table: Estate['datasets'][number]['tables'][number], path: Path): Problem[] {
  const known = Object.keys(table.columns)
  const named = table.dialect?.header
  const shared = table.separation === 'shared_table'
  return [
    ...(known.includes(table.subject) ? [] : [{ path: [...path, 'subject'], problem: `${table.subject} is not among the columns declared here` }]),
    ...(table.country === undefined || known.includes(table.country) ? [] : [{ path: [...path, 'country'], problem: `${table.country} is not among the columns declared here` }]),
    ...(shared === (table.rows !== undefined) ? [] : [{ path: [...path, 'rows'], problem: 'a shared table needs both `separation: shared_table` and `rows: "<predicate>"`' }]),
    ...(table.changes === undefined || (table.watermark === undefined && table.rows === undefined) ? [] : [{ path: [...path, 'changes'], problem: 'a table whose changes are read by replication has no watermark, and is one controller\'s alone' }]),
    ...(named === undefined ? [] : known.filter((name) => !named.includes(name)).map((name) => ({ path: [...path, 'dialect', 'header'], problem: `it does not name the column ${name}, which is declared here` }))),
    ...(named === undefined || new Set(named).size === named.length ? [] : [{ path: [...path, 'dialect', 'header'], problem: 'it names one field twice' }]),
    ...(table.dialect?.quote === undefined || table.dialect.quote !== (table.dialect.delimiter ?? ',') ? [] : [{ path: [...path, 'dialect', 'quote'], problem: 'the same character parts fields' }]),
    ...(table.dialect?.delimiter === '"' && table.dialect.quote === undefined ? [{ path: [...path, 'dialect', 'delimiter'], problem: 'the quote parts no fields; where none is quoted, say `quote: none`, or which other character quotes them' }] : []),
    ...(table.changes !== undefined || table.retained_bytes_max === undefined ? [] : [{ path: [...path, 'retained_bytes_max'], problem: 'only a table with `changes: replication` has something retained for it' }]),
  ]
}

function orders(estate: Estate): Problem[] {
  const before = (from: string, until: string | undefined): boolean => until === undefined || (parseInstant(from) ?? 0) < (parseInstant(until) ?? 0)
  return [
    ...estate.contracts.flatMap((contract, index) => (before(contract.starts, contract.ends) ? [] : [{ path: ['contracts', index, 'ends'], problem: 'ends before it starts' }])),
    ...estate.contracts.flatMap(({ at_end: end }, index) => [
      ...(end?.choice === 'send_on' === (end?.recipient !== undefined) ? [] : [{ path: ['contracts', index, 'at_end', 'recipient'], problem: 'goes with `choice: send_on`, which says to whom' }]),
      ...((end?.retrieval_days ?? 0) < (end?.within_days ?? Infinity) ? [] : [{ path: ['contracts', index, 'at_end', 'within_days'], problem: 'nothing is erased while the controller may still fetch its data: it must be more than retrieval_days' }]),
    ]),
    ...estate.instructions.flatMap((instruction, index) => (before(instruction.from, instruction.until) ? [] : [{ path: ['instructions', index, 'until'], problem: 'until is not after from' }])),
    ...estate.instructions.flatMap((instruction, index) => {
      const controllerOf = (contract: string): string | undefined => estate.contracts.find((one) => one.id === contract)?.controller
      return Object.keys(instruction.data).flatMap((dataset) => {
        const owner = estate.datasets.find((one) => one.id === dataset)?.controller
        const mine = controllerOf(instruction.contract)
        return owner === undefined || mine === undefined || owner === mine ? [] : [{ path: ['instructions', index, 'data', dataset], problem: `dataset ${dataset} is another controller's` }]
      })
    }),
  ]
}
