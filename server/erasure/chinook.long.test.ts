import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { takeFingerprints } from '#trace'
import { chinookFolder, runMariadb, startMariadb, withoutMariadb, type OtherServer } from '../inventory/testing.ts'
import { certify, confirmErasure, endContract, runErasure, stepsOf } from './index.ts'
import { createWorld, on, type World } from './testing.ts'

// Chinook: customers of a shop, their invoices and the lines of those hang on each other by foreign keys; albums, tracks and employees are others'.
const folder = chinookFolder()
const skipped = folder === undefined || withoutMariadb
const id = 'EXIT-deezer-2016'
const lines = { customer: 59, invoice: 412, invoice_line: 2240 }
let server: OtherServer
let world: World

const dataset = (name: string, store: string, [customer, invoice, line]: readonly [string, string, string], [key, mail, telephone, invoiceKey, address, lineKey]: readonly string[]): string => `
  - id: ${name}
    controller: deezer
    store: ${store}
    tables:
      - { table: ${customer}, subject: ${key}, columns: { ${key}: { category: UID }, ${mail}: { category: EmailAddress, identifies: true }, ${telephone}: { category: UID } } }
      - { table: ${invoice}, subject: ${invoiceKey}, columns: { ${invoiceKey}: { category: UID }, ${address}: { category: UID } } }
      - { table: ${line}, subject: ${lineKey}, columns: { ${lineKey}: { category: UID } } }`

beforeAll(async () => {
  if (skipped) return
  server = await startMariadb()
  const stores = '  - { id: old, environment: test, kind: mysql, sweep_url: "file:old.url", erase_url: "file:old.url", backups: none }\ncontrollers:\n'
  const declared = dataset('shop', 'lab', ['public.customer', 'public.invoice', 'public.invoice_line'], ['customer_id', 'email', 'phone', 'invoice_id', 'billing_address', 'invoice_line_id'])
    + dataset('old_shop', 'old', ['Chinook.Customer', 'Chinook.Invoice', 'Chinook.InvoiceLine'], ['CustomerId', 'Email', 'Phone', 'InvoiceId', 'BillingAddress', 'InvoiceLineId'])
  world = await createWorld({ fingerprints: false, change: (text) => text.replace('controllers:\n', stores).replace('\ndatasets:', `\ndatasets:${declared}`) })
  writeFileSync(join(world.directory, 'old.url'), server.url)
  runMariadb(server, readFileSync(join(folder, 'Chinook_MySql.sql'), 'utf8'))
  await world.run('lab', readFileSync(join(folder, 'Chinook_PostgreSql.sql'), 'utf8').replace(/^(DROP DATABASE|CREATE DATABASE|\\c).*$/gm, ''))
  await takeFingerprints(world.context, on('2019-04-01'))
}, 300_000)
afterAll(async () => {
  if (skipped) return
  await world.close()
  await server.stop()
})

const kept = ['artist', 'album', 'track', 'genre', 'media_type', 'playlist', 'playlist_track', 'employee']
const inPostgres = async (): Promise<unknown> => (await world.run('lab', kept.map((table) => `select '${table}' as name, count(*)::int as rows, md5(string_agg(t::text, ',' order by t::text)) as sum from ${table} t`).join(' union all '))).rows
const inMariadb = (): string => runMariadb(server, `checksum table ${['Artist', 'Album', 'Track', 'Genre', 'MediaType', 'Playlist', 'PlaylistTrack', 'Employee'].map((table) => `Chinook.${table}`).join(', ')} extended`)

test.skipIf(skipped)('Chinook is erased with its foreign keys, in PostgreSQL and in MariaDB; what is not the controller\'s stays to the byte', async () => {
  const before = [await inPostgres(), inMariadb()]
  await endContract(world.context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  const erased = await runErasure(world.context, { erasure: id, operator: 'eli' }, on('2020-12-02'))
  const done = (await stepsOf(world.ledger.database, id)).map((step) => `${step.store}:${step.place} ${step.state} ${step.rowsErased}/${step.rowsFound}`)
  for (const [table, rows] of Object.entries(lines)) expect(done).toContain(`lab:public.${table} done ${rows}/${rows}`)
  for (const [table, rows] of [['Customer', 59], ['Invoice', 412], ['InvoiceLine', 2240]] as const) expect(done).toContain(`old:"Chinook"."${table}" done ${rows}/${rows}`)
  expect(erased).toMatchObject({ state: 'searched_again', again: { residual: 0 } })
  expect([await inPostgres(), inMariadb()]).toEqual(before)
  await confirmErasure(world.ledger, { erasure: id, by: 'dana' }, on('2020-12-03'))
  expect(await certify(world.context, id, on('2020-12-04'))).toMatchObject({ status: 'complete' })
}, 300_000)
