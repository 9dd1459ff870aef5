import { first, one, rows, sql, type Database } from '#database'
import type { InstructionDraft } from './types.ts'

const columns = sql`id, account, scope, changed_at as "changedAt"`

/** What somebody is writing, the newest first. */
export async function draftsOf(database: Database, account: string): Promise<InstructionDraft[]> {
  return rows<InstructionDraft>(database, sql`select ${columns} from instruction_draft where account = ${account} order by changed_at desc, id`)
}

/** One of theirs, or undefined. */
export async function findDraft(database: Database, { account, id }: { account: string; id: string }): Promise<InstructionDraft | undefined> {
  return first<InstructionDraft>(database, sql`select ${columns} from instruction_draft where account = ${account} and id = ${id}`)
}

/** How many others they have. */
export async function countOthers(database: Database, { account, id }: { account: string; id: string }): Promise<number> {
  return (await one<{ count: number }>(database, sql`select count(*)::int as count from instruction_draft where account = ${account} and id <> ${id}`)).count
}

/** Whether it was kept: a draft of that id that is somebody else's stays as it is. */
export async function keepDraft(database: Database, { id, account, scope, changedAt }: InstructionDraft): Promise<boolean> {
  const kept = await rows(database, sql`
    insert into instruction_draft (id, account, scope, changed_at) values (${id}, ${account}, ${JSON.stringify(scope)}, ${changedAt})
    on conflict (id) do update set scope = excluded.scope, changed_at = excluded.changed_at where instruction_draft.account = excluded.account returning id`)
  return kept.length > 0
}

/** Does nothing when there is none. */
export async function dropDraft(database: Database, { account, id }: { account: string; id: string }): Promise<void> {
  await rows(database, sql`delete from instruction_draft where account = ${account} and id = ${id}`)
}
