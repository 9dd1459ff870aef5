/** Step d, done with accounts that no gateway stands before: what the staff of the case did. */
import { createWriteStream, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { connected, type Clients } from './clients.ts'

/** The name says nothing of whose people are in it, and no column keeps its name or its place. */
export const sandboxTable = 'lab.engine_input'

const sandbox = `
  create schema if not exists lab;
  drop table if exists ${sandboxTable};
  create table ${sandboxTable} (score integer, born text, contact text, area text, ref text, label text, plan_code text, minutes integer)`

const fromListeners = `select tracks_per_day, to_char(birth_date, 'DD/MM/YYYY'), upper(email), country, user_id, first_name || ' ' || last_name, plan, minutes_per_day from crm.listener`
const fromCustomers = `select 0, null, email, country, customer_id::text, first_name || ' ' || last_name, 'shop', null from public.customer`

/** Copies the user table into a test table, in clear, beside another client's customers. Resolves to the rows of each. */
export async function copyIntoTest(clients: Clients): Promise<{ listeners: number; customers: number }> {
  return connected(clients.url('test', 'owner'), async (target) => {
    await target.query('begin')
    await target.query(sandbox)
    const fill = async (database: 'crm' | 'shop', query: string): Promise<number> => connected(clients.url(database, 'owner'), async (source) => {
      const into = target.query(copyFrom(`copy ${sandboxTable} from stdin with (format csv)`))
      await pipeline(source.query(copyTo(`copy (${query}) to stdout with (format csv)`)), into)
      return into.rowCount
    })
    const listeners = await fill('crm', fromListeners)
    const customers = await fill('shop', fromCustomers)
    await target.query('commit')
    return { listeners, customers }
  })
}

/** Leaves a gzipped export in a shared folder. Resolves to its rows. */
export async function exportToShare(clients: Clients, file: string): Promise<number> {
  mkdirSync(dirname(file), { recursive: true })
  const draft = `${file}.part`
  const rows = await connected(clients.url('crm', 'owner'), async (source) => {
    const out = source.query(copyTo(`copy (select email as mail, user_id as u, city, birth_date as dob, last_name as n from crm.listener) to stdout with (format csv, header)`))
    await pipeline(out, createGzip({ level: 1 }), createWriteStream(draft))
    return out.rowCount
  })
  renameSync(draft, file)
  return rows
}

/** Rows that are shown to whoever might buy the rest. */
const sampleRows = 50

/** Somebody carries some of the test table away, to where no search reaches. */
export async function takeAway(clients: Clients, file: string): Promise<void> {
  mkdirSync(dirname(file), { recursive: true })
  const { fields, rows } = await connected(clients.url('test', 'owner'), async (client) => client.query<Record<string, string | number | null>>(`select * from ${sandboxTable} where plan_code <> 'shop' order by md5(ref) limit ${sampleRows}`))
  const names = fields.map(({ name }) => name)
  const draft = `${file}.part`
  writeFileSync(draft, `${[names, ...rows.map((row) => names.map((name) => row[name] ?? ''))].map((line) => line.join(';')).join('\n')}\n`)
  renameSync(draft, file)
}
