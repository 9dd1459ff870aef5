/** For tests: a world in which one instruction lets a pseudonymised copy of one controller's customers be made. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { acceptInstruction, approveGrant, proposeGrant } from '#instruction'
import { rawPublicKey } from '#ledger'
import { commit, type SignatoryKey } from '#people'
import { createWorld, on, type World } from '../erasure/testing.ts'
import { canariesOf, secretOf, type Canary, type Transfer } from './index.ts'

const transform = '{ customer_id: token, email: email, phone: phone, plan: keep, born: year, spent: { round: 10 }, note: drop }'
const declared = (text: string, change: (yaml: string) => string): string => text
  .replace('columns: { customer_id: { category: UID, identifies: true }, email: { category: UID, identifies: true }, phone: { category: UID, identifies: true }, plan: { category: Purchase } }',
    'columns: { customer_id: { category: UID, identifies: true }, email: { category: UID, identifies: true }, phone: { category: UID, identifies: true }, plan: { category: Purchase }, born: { category: BirthDate }, spent: { category: Purchase }, note: { category: Preference } }')
  .replace('people:\n', `${change(`  - { id: INS-2, contract: chinook-2017, text: "A pseudonymised copy may be used for tests.", purposes: [ServiceProvision], operations: [copy], data: { customers: "*" }, environments: [test], identifiable: false, transform: ${transform}, expires_after_days: 30, from: 2017-01-01 }\n`)}people:\n`)

/** `change`s how the instruction is declared; `more`: everything else; `others`: further instructions that are accepted and granted. `key`: of the signatory, A. Adams. */
export async function createTransferWorld(change: (yaml: string) => string = (yaml) => yaml, more: (estate: string) => string = (text) => text, others: readonly string[] = []): Promise<World & { readonly key: SignatoryKey }> {
  const world = await createWorld({ fingerprints: false, change: (text) => more(declared(text, change)) })
  await world.run('shop', `alter table customer add born date, add spent numeric, add note text; update customer set born = date '1980-05-07' + substr(customer_id, 3)::int / 7 % 5 * 400, spent = substr(customer_id, 3)::int % 100 + 0.5, note = 'likes, "quotes"'`)
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const key = { publicKey: Buffer.from(rawPublicKey(publicKey)).toString('base64'), custody: 'signatory' as const, sign: (message: Uint8Array) => sign(null, message, privateKey) }
  await commit(world.ledger, 'noa', on('2019-04-01'))
  for (const instruction of ['INS-2', ...others]) {
    await acceptInstruction(world.ledger, { instruction, signatory: 'A. Adams', key }, on('2017-02-01'))
    const grant = await proposeGrant(world.ledger, { person: 'noa', instruction, until: on('2020-01-01') }, on('2019-04-01'))
    await approveGrant(world.ledger, { grant: grant.id, by: 'dana' }, on('2019-04-02'))
  }
  return Object.assign(world, { key })
}

/** The invented records of a copy. */
export const inventedIn = async (world: Pick<World, 'ledger'>, copy: Transfer): Promise<Canary[]> => canariesOf(copy, secretOf(world.ledger.keys, copy)!)

/** Rows of a copy that are somebody's, by the column that tells. */
export async function realRows<Row extends Record<string, unknown>>(world: Pick<World, 'ledger'>, copy: Transfer, { rows, by }: { readonly rows: readonly Row[]; readonly by: string }): Promise<Row[]> {
  const invented = new Set((await inventedIn(world, copy)).map(({ values }) => values[by]))
  return rows.filter((row) => !invented.has(String(row[by])))
}

/** SQL that leaves the invented records of a copy out, by their `column`. */
export const withoutInvented = async (world: Pick<World, 'ledger'>, copy: Transfer, column: string): Promise<string> => `${column} not in ('', ${(await inventedIn(world, copy)).map(({ values }) => `'${values[column] ?? ''}'`).join(', ')})`
