/** How entries are read when they have just been moved into other tables. */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { migrate, rows, sql } from '#database'
import { remember } from '../database/connection.ts'
import { migrationsDirectory } from '../database/migrate.ts'
import { createEmptyDatabase } from '../database/testing.ts'
import { entriesBetween, leafHashesBetween, newestDecisions, newestEntries, payloadsBetween, withPayloads } from './store.ts'

test('straight after the migration of many entries, the planner knows how many there are, and no question about some of them reads them all', async () => {
  const many = await createEmptyDatabase()
  const before = mkdtempSync(join(tmpdir(), 'bailee-before-'))
  try {
    for (const name of readdirSync(migrationsDirectory)) if (name < '0316') cpSync(join(migrationsDirectory, name), join(before, name))
    await migrate(many.url, before)
    const body = (type: string): ReturnType<typeof sql> => sql`convert_to('{"at":' || 1555315200 + idx || ',"common":1,"parts":[],"type":"' || ${type} || '","v":1}', 'utf8')`
    await rows(many.database, sql`insert into entry (slot, idx, leaf, body) select idx % 50, idx / 50, sha256(int8send(idx)), case when idx % 10 = 0 then ${body('note.written')} else ${body('decision.allowed')} end from generate_series(0, 29999) as idx`)
    await rows(many.database, sql`insert into payload (slot, idx, part, key_id, ciphertext) select slot, idx, part, 'payload/' || slot || '/' || part || '/2019', leaf from entry cross join unnest(case when idx % 7 = 0 then '{access, people}' else '{access}' end::text[]) as part`)
    await migrate(many.url)
    const counted = await rows<{ name: string; rows: number }>(many.database, sql`select relname as name, reltuples::float8 as rows from pg_class where relname in ('other_entry', 'decision_entry', 'further_part') order by 1`)
    expect(counted).toEqual(['decision_entry', 'further_part', 'other_entry'].map((name) => ({ name, rows: expect.any(Number) as number })))
    for (const { name, rows: found } of counted) expect([name, (await rows<{ count: number }>(many.database, sql`select count(*) as count from ${sql.id(name)}`))[0]?.count]).toEqual([name, found])
    const read: string[] = []
    const database = remember(many.database.withoutPlugins(), async (asked, query, run) => {
      read.push(...(await sql<{ 'QUERY PLAN': string }>`explain (costs off) ${query}`.execute(asked)).rows.map((row) => row['QUERY PLAN']).filter((line) => line.includes('Seq Scan')))
      return run()
    })
    const page = await newestEntries(database, { slot: 7, limit: 100 })
    expect(page).toHaveLength(100)
    expect((await withPayloads(database, undefined, page)).every(({ payloads }) => payloads.length > 0)).toBe(true)
    expect(await entriesBetween(database, { slot: 7, from: 100, to: 150 })).toHaveLength(50)
    expect((await payloadsBetween(database, { slot: 7, from: 100, to: 150 })).length).toBeGreaterThan(50)
    expect((await leafHashesBetween(database, { slot: 7, from: 0, to: 64 })).length).toBe(64 * 32)
    expect(await newestDecisions(database, { slots: undefined, until: 1_555_400_000, limit: 50 })).toHaveLength(50)
    expect(await newestDecisions(database, { slots: [7], until: 1_555_400_000, limit: 50 })).toHaveLength(50)
    expect(read).toEqual([])
  } finally {
    rmSync(before, { recursive: true })
    await many.close()
  }
})
