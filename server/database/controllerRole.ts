/** Transactions that read as one controller's people may: under a role that owns nothing, held by the database's own policies to the rows of one log. */
import { Refused } from '#kit/errors'
import { sql } from 'kysely'
import { first, rows, transaction, type Database, type Executor, type Transaction } from './connection.ts'

/** The same name on a whole server: what it may read in a database is granted there, and what it is shown is a matter of who signed in. */
export const controllerRole = 'bailee_controller'

/** Any number that nobody else uses for an advisory lock in this database: the bytes of "role". */
const roleLock = 0x726f6c65

const name = sql.id(controllerRole)

interface Standing { readonly there: boolean; readonly strong: boolean; readonly version: number }

/**
 * Makes the role where it is missing, lets this account become it, and grants it what policies say may be read. Safe to call at every start, by several processes.
 * Throws `Refused` `database/controller-role` with what an administrator has to run when this account may not, and for a role that may more than read.
 */
export async function prepareControllerRole(database: Database): Promise<void> {
  await transaction(database, async (tx) => {
    await rows(tx, sql`select pg_advisory_xact_lock(${roleLock})`)
    await makeRole(tx)
    await grantReading(tx)
    const [more] = await rows<{ table: string }>(tx, sql`
      select relname as table from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v', 'm')
        and (has_table_privilege(${controllerRole}, oid, 'insert, update, delete, truncate')
          or (has_table_privilege(${controllerRole}, oid, 'select') and not ${heldView} and not exists (select from pg_policy where polrelid = pg_class.oid and polname in ('own', 'common')))) limit 1`)
    if (more !== undefined) throw refused(`role ${controllerRole} may do more with table ${more.table} than read what a policy shows`, `revoke all on ${more.table} from ${controllerRole}, public`)
  })
}

async function makeRole(tx: Transaction): Promise<void> {
  const standing = async (): Promise<Standing> => (await first<Standing>(tx, sql`
    select count(*) > 0 as there, coalesce(bool_or(rolsuper or rolbypassrls or rolcanlogin or rolcreaterole or rolcreatedb or rolreplication), false) as strong, current_setting('server_version_num')::integer as version from pg_roles where rolname = ${controllerRole}`))!
  if (!(await standing()).there) await attempt(tx, sql`create role ${name} nologin noinherit`, 'create role bailee_controller nologin noinherit; grant bailee_controller to OWNER')
  const { strong, version } = await standing()
  if (strong) throw refused(`role ${controllerRole} may sign in, or go past policies`, `alter role ${controllerRole} nosuperuser nobypassrls nologin nocreaterole nocreatedb noreplication`)
  const [member] = await rows<{ may: boolean }>(tx, sql`select pg_has_role(${controllerRole}, ${version >= 160_000 ? 'set' : 'member'}) as may`)
  if (member?.may !== true) await attempt(tx, sql`grant ${name} to current_user`, `grant bailee_controller to OWNER`)
}

/** Runs what this account may not be allowed to. Made by another process meanwhile, it is there. */
async function attempt(tx: Transaction, statement: ReturnType<typeof sql>, instead: string): Promise<void> {
  await rows(tx, sql`savepoint attempt`)
  try {
    await rows(tx, statement)
  } catch (cause) {
    const code = (cause as { code?: string }).code ?? ''
    await rows(tx, sql`rollback to savepoint attempt`)
    if (code === '42501' || code === '0LP01') throw refused(`the account of the control database may neither make role ${controllerRole} nor become it`, `${instead}, where OWNER is the account of BAILEE_DATABASE_URL`)
    if (!['42710', '23505'].includes(code)) throw cause
  }
}

const refused = (problem: string, run: string): Refused => new Refused('database/controller-role', `${problem}, so that a controller's own people are answered nothing; as an administrator of the database run: ${run}`)

/** A view that reads with the rights of who asks: what it shows is held by the policies of its tables. */
const heldView = sql`(relkind = 'v' and coalesce('security_invoker=true' = any(reloptions), false))`

/** Grants what policies say may be read, in the schema that names mean now. */
export async function grantReading(tx: Transaction): Promise<void> {
  const [missing] = await rows<{ schema: string; usage: boolean; tables: string | null }>(tx, sql`
    select quote_ident(current_schema()) as schema, has_schema_privilege(${controllerRole}, current_schema(), 'usage') as usage,
      (select string_agg(format('%I.%I', nspname, relname), ', ') from pg_class join pg_namespace on pg_namespace.oid = relnamespace where nspname = current_schema()
        and (${heldView} or exists (select from pg_policy where polrelid = pg_class.oid and polname in ('own', 'common'))) and not has_table_privilege(${controllerRole}, pg_class.oid, 'select')) as tables`)
  if (missing === undefined) return
  if (!missing.usage) await rows(tx, sql`grant usage on schema ${sql.raw(missing.schema)} to ${name}`)
  if (missing.tables !== null) await rows(tx, sql`grant select on ${sql.raw(missing.tables)} to ${name}`)
}

/** Holds the rest of a transaction to the rows of one log. It can read, and nothing else. */
export async function holdTo(tx: Executor, slot: number): Promise<void> {
  await rows(tx, sql`select set_config('role', ${controllerRole}, true), set_config('bailee.slot', ${String(slot)}, true), set_config('transaction_read_only', 'on', true)`)
}

/** Runs `work` in a transaction that is held to the rows of one log. */
export async function asReader<Result>(database: Database, slot: number, work: (tx: Transaction) => Promise<Result>): Promise<Result> {
  return transaction(database, async (tx) => {
    await holdTo(tx, slot)
    return work(tx)
  })
}
