import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DatasetTable } from '#inventory'
import { sqliteSource } from './sqlite.ts'

let directory: string
beforeAll(() => { directory = mkdtempSync(join(tmpdir(), 'bailee-sqlite-')) })
afterAll(() => { rmSync(directory, { recursive: true, force: true }) })

test('what is worked out while it is read is copied only where that is sure to have an end', async () => {
  const file = join(directory, 'people.db')
  const database = new DatabaseSync(file)
  // A few bytes that are as many as somebody likes when they are read.
  database.exec(`create table person (id integer primary key, mail text, short text generated always as (lower(mail)) virtual, kept text generated always as (upper(mail)) stored)`)
  database.exec(`create table trap (id integer primary key, mail text, long text generated always as (printf('%.*c', id * 1000000, 'x')) virtual)`)
  database.exec(`create view everybody as select id, mail from person`)
  // Words whose index stands in the file, and whose rows come out of the view.
  database.exec(`create virtual table found using fts5(mail, content='everybody', content_rowid='id'); create virtual table own using fts5(mail)`)
  database.exec(`insert into own (mail) values ('ann@guest.example'); insert into found (rowid, mail) values (1, 'ann@guest.example')`)
  database.exec(`insert into person (id, mail) values (1, 'Ann@guest.example'); insert into trap (id, mail) values (1, 'ann@guest.example')`)
  database.close()
  const source = sqliteSource(file)
  const moment = await source.open()
  const read = async (table: string, columns: readonly string[]): Promise<string> => {
    let text = ''
    for await (const bytes of moment.read({ table } as DatasetTable, columns)) text += Buffer.from(bytes).toString()
    return text
  }
  try {
    expect(await read('person', ['id', 'short', 'kept'])).toBe('"1","ann@guest.example","ANN@GUEST.EXAMPLE"\n')
    expect(await read('trap', ['id', 'mail'])).toBe('"1","ann@guest.example"\n')
    await expect(read('trap', ['id', 'long'])).rejects.toMatchObject({ code: 'transfer/worked-out', message: expect.stringContaining('column long') as string })
    await expect(read('trap', ['id', 'LONG']), 'as SQLite reads names').rejects.toMatchObject({ code: 'transfer/worked-out' })
    for (const table of ['found', 'FOUND', 'own', 'EVERYBODY']) await expect(read(table, ['mail']), table).rejects.toMatchObject({ code: 'transfer/worked-out' })
    expect(await read('own_content', ['c0'])).toBe('"ann@guest.example"\n')
    await expect(read('everybody', ['id', 'mail'])).rejects.toMatchObject({ code: 'transfer/worked-out' })
  } finally {
    await moment.close()
  }
})
