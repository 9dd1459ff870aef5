/** For tests: a PostgreSQL database whose owner laid a trap for whoever reads it. What of it ran, the server counts itself (`track_functions`). */
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'

/** Functions that fit calls of the server's own better than they do: exact types of arguments where the server has a wider one. */
const overloads: readonly (readonly [string, string, string])[] = [
  ['pg_total_relation_size(oid)', 'bigint', '0'], ['pg_relation_size(oid)', 'bigint', '0'], ['has_schema_privilege(oid, text)', 'boolean', 'false'], ['has_column_privilege(oid, smallint, text)', 'boolean', 'false'],
  ['row_security_active(oid)', 'boolean', 'true'], ['format_type(oid, integer)', 'text', `'x'`], ['pg_get_viewdef(oid)', 'text', `'x'`], ['pg_get_expr(pg_node_tree, oid)', 'text', `'x'`], ['pg_get_constraintdef(oid)', 'text', `'x'`],
  ['pg_get_indexdef(oid)', 'text', `'x'`], ['pg_get_ruledef(oid)', 'text', `'x'`], ['pg_get_triggerdef(oid)', 'text', `'x'`], ['encode(bytea, text)', 'text', `'x'`], ['encode(public.photo, text)', 'text', `'x'`],
  ['lo_get(oid, bigint, integer)', 'bytea', `'x'`], ['has_table_privilege(text, text)', 'boolean', 'false'], ['pg_partition_root(oid)', 'regclass', 'null'], ['current_setting(text)', 'text', `'90000'`], ['now()', 'timestamptz', 'null'],
  ['pg_export_snapshot()', 'text', `'x'`], ['to_regclass(text)', 'regclass', 'null'], ['quote_ident(name)', 'text', `'x'`], ['current_database()', 'name', `'x'`], ['set_config(text, text, boolean)', 'text', `'x'`], ['concat_ws(text, text, text)', 'text', `'x'`],
]

/** Operators of the types that queries of catalogues and of tables compare. */
const operators: readonly (readonly [string, string, string])[] = [
  ['=', 'name', 'text'], ['=', 'name', 'name'], ['=', 'name', 'varchar'], ['<>', 'name', 'text'], ['<>', 'name', 'name'], ['!~', 'name', 'text'], ['=', 'oid', 'oid'], ['=', '"char"', 'text'], ['=', '"char"', '"char"'], ['=', 'tid', 'tid'],
  ['>=', 'tid', 'tid'], ['<', 'tid', 'tid'], ['>=', 'oid', 'integer'], ['>', 'smallint', 'integer'], ['>', 'integer', 'integer'], ['=', 'varchar', 'varchar'], ['=', 'text', 'text'], ['=', 'varchar', 'text'], ['=', 'integer', 'integer'], ['<=', 'timestamptz', 'timestamptz'],
  ['>=', 'timestamptz', 'timestamptz'], ['=', 'public.mood', 'public.mood'], ['=', 'public.mood', 'text'],
]

const trap = (signature: string, returns: string, value: string, volatility = 'volatile'): string =>
  `create function public.${signature} returns ${returns} language plpgsql ${volatility} as $$ begin return ${value}; end $$`

const operatorsOf = ([name, left, right]: readonly [string, string, string], at: number): string[] => [
  trap(`trap_operator_${at}(${left}, ${right})`, 'boolean', 'true', 'immutable'), `create operator public.${name} (leftarg = ${left}, rightarg = ${right}, function = public.trap_operator_${at})`,
]

/** People whose copies stand in the tables of the trap. */
export interface Bait { readonly mail: string; readonly id: string }

const rowsOf = (people: readonly Bait[]): string => people.map(({ mail, id }) => `('${mail}', '${id}')`).join(', ')

const tablesOf = (people: readonly Bait[]): string[] => [
  'create schema kept', 'create domain public.photo as bytea', `create type public.mood as enum ('low', 'high')`,
  trap('trap_constant(text)', 'text', '$1', 'immutable'), trap('trap_row(text)', 'text', '$1', 'immutable'), trap('trap_mood(public.mood)', 'text', `'low'`, 'immutable'), trap('trap_policy()', 'boolean', 'true'),
  'create cast (public.mood as text) with function public.trap_mood(public.mood) as implicit',
  `create table public.plain as select mail, id::varchar(40) as id, 'low'::public.mood as feels, 'abc'::bytea::public.photo as face, now() as changed from (values ${rowsOf(people)}) people (mail, id)`,
  'create table kept.indexed (mail text, id text, face bytea)', `create index on kept.indexed ((mail || public.trap_constant('indexed')))`, `insert into kept.indexed select mail, id, 'abc' from public.plain`,
  'create table kept.described as select mail, id from public.plain', `create statistics kept.known on (mail || public.trap_constant('described')), id from kept.described`,
  'create table kept.generated (mail text, id text, twice text generated always as (public.trap_row(mail)) stored)', `create index on kept.generated (id) where mail <> public.trap_constant('generated')`,
  'insert into kept.generated (mail, id) select mail, id from public.plain',
  'create table kept.guarded as select mail, id from public.plain', 'alter table kept.guarded enable row level security', 'create policy half on kept.guarded using (public.trap_policy())',
  'create materialized view kept.filled as select mail, public.trap_row(id) as id from public.plain', 'create view kept.seen as select public.trap_row(mail) as mail from public.plain', 'analyze',
]

/** How a database may be set, so that sessions which do not say otherwise look among the owner's functions first. */
const settings = [`track_functions = ''all''`, 'search_path = public, kept, pg_catalog', 'constraint_exclusion = on', 'standard_conforming_strings = off', 'extra_float_digits = -15']

/** Lays the trap around copies of these people: `public.plain`, `kept.indexed`, `kept.described`, `kept.generated`, `kept.guarded`, `kept.filled` hold one each. */
export async function layTrap(url: string, people: readonly Bait[]): Promise<void> {
  await asOwner(url, [
    ...tablesOf(people), ...overloads.map(([signature, returns, value]) => trap(signature, returns, value)), ...operators.flatMap(operatorsOf), `select pg_catalog.lo_from_bytea(0, 'asked by nobody')`,
    ...settings.map((setting) => `do $do$ begin execute pg_catalog.format('alter database %I set ${setting}', pg_catalog.current_database()); end $do$`),
  ].join(';\n'))
  await asOwner(url, 'select pg_catalog.pg_stat_reset()')
}

async function asOwner(url: string, statements: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await client.query(statements)
  } finally {
    await client.end()
  }
}

/** Functions of the trap that were called since it was laid, by name. Sessions tell what they did when they end. */
export async function trapped(url: string): Promise<string[]> {
  await wait(50)
  const { rows } = await asOwner(url, `select s.funcname as name from pg_catalog.pg_stat_user_functions s where s.calls operator(pg_catalog.>) 0 order by 1`)
  return (rows as { name: string }[]).map(({ name }) => name)
}
