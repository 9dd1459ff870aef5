/** The copy that would have been right: asked for, pseudonymised on the way, known to the sweep, gone in its time. */
import { traceContext, type Bailee } from '#composition'
import { scratchIn } from '#trace'
import { allTransfers, copyData, eraseExpired, type Transfer, type TransferContext } from '#transfer'
import type { Instant } from '#kit/time'
import { asSuperuser, type Clients } from './clients.ts'

export const governedSchema = 'trial'
const instruction = 'INS-2'

const contextOf = (bailee: Bailee): TransferContext => ({ ledger: bailee.ledger, references: bailee.references, scratch: scratchIn(traceContext(bailee).directory) })

const oursIn = async (bailee: Bailee): Promise<Transfer[]> => (await allTransfers(bailee.database)).filter((transfer) => transfer.instruction === instruction)

/** Makes it, where no earlier run of this step did. One that was begun and killed is registered, and is erased like any other, which leaves its place. */
export async function makeGovernedCopy(bailee: Bailee, at: Instant): Promise<Transfer> {
  const before = await oursIn(bailee)
  const made = before.find(({ state }) => state === 'made')
  return made ?? copyData(contextOf(bailee), { instruction, person: 'eli', to: before.length === 0 ? `test-db/${governedSchema}` : `test-db/${governedSchema}_${before.length}` }, at)
}

export interface InClear { readonly rows: number; /** Rows with an id that the source has as well. */ readonly known: number }

/** Looks into the copy as the administrator of both databases could. */
export async function lookIntoCopy(clients: Clients, place: string): Promise<InClear> {
  const ids = await asSuperuser(clients.server, 'test', async (client) => (await client.query<{ user_id: string }>(`select user_id from ${place}`)).rows.map((row) => row.user_id))
  const known = await asSuperuser(clients.server, 'crm', async (client) => (await client.query('select from crm.listener where user_id = any($1)', [ids])).rowCount ?? 0)
  return { rows: ids.length, known }
}

/** Its time is over: whatever is due goes. Resolves to what is left of it. */
export async function letExpire(bailee: Bailee, at: Instant): Promise<{ readonly erased: number; readonly left: number }> {
  const { left } = await eraseExpired(contextOf(bailee), at)
  const ours = await oursIn(bailee)
  return { erased: ours.filter(({ state }) => state === 'erased').length, left: left.length + ours.filter(({ state }) => state !== 'erased').length }
}
