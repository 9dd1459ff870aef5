import { rows, sql, type Database, type Transaction } from '#database'

export interface Bounding { readonly table: 'passkey_challenge' | 'oidc_flow'; readonly key: 'challenge' | 'state_sha256'; /** Where it was begun. */ readonly asker: string | null; readonly most: { readonly one: number; readonly all: number } }

/** Holds what people who are not known yet began to so many of one address, and so many of all: whoever begins most loses their oldest, and nobody theirs through another. */
export async function boundBegun(executor: Database | Transaction, { table, key, asker, most }: Bounding): Promise<void> {
  const [held, id, nobodys] = [sql.table(table), sql.ref(key), table === 'passkey_challenge' ? sql`account is null` : sql`true`]
  await rows(executor, sql`delete from ${held} where ${id} in (select ${id} from ${held} where ${nobodys} and asker is not distinct from ${asker}::text order by until desc, ${id} offset ${most.one})`)
  await rows(executor, sql`
    delete from ${held} where ${id} in (select ${id} from ${held} where ${nobodys} and (select count(*) from ${held} where ${nobodys}) > ${most.all}
      and asker is not distinct from (select asker from ${held} where ${nobodys} group by asker order by count(*) desc limit 1) order by until, ${id} limit 1)`)
}
