/** The end of a governed copy: dropped, looked for once more, its key destroyed. */
import { allContracts } from '#contract'
import { allDerived, allStores, droppedDraft, sinceLead, type Store } from '#inventory'
import { allInstructions, isInForce } from '#instruction'
import { Broken, Misuse, Refused } from '#kit/errors'
import { failpoint } from '#kit/failpoint'
import type { Instant } from '#kit/time'
import { targetOf } from './adapter/index.ts'
import { standsAsMade } from './bears.ts'
import type { TransferContext } from './context.ts'
import { allTransfers, aloneWith } from './store.ts'
import type { Transfer } from './types.ts'

export interface ErasedTransfer { readonly id: string; readonly store: string; readonly places: readonly string[]; readonly because: string }

/**
 * Erases every copy whose time is over, or whose instruction or contract is; in all stores, or in `stores` only. One that cannot be erased now is named with the reason, and stays due; the others are erased all the same.
 */
export async function eraseExpired(context: TransferContext, at: Instant, stores?: readonly string[]): Promise<{ readonly erased: readonly ErasedTransfer[]; readonly left: readonly { readonly id: string; readonly because: string }[] }> {
  const { database } = context.ledger
  const ended = new Map((await allContracts(database)).map(({ id, endedAt }) => [id, endedAt]))
  const instructions = new Map((await allInstructions(database)).map((one) => [one.id, one]))
  const [erased, left]: [ErasedTransfer[], { id: string; because: string }[]] = [[], []]
  for (const transfer of await allTransfers(database)) {
    const instruction = instructions.get(transfer.instruction)
    const because = transfer.expiresAt !== null && transfer.expiresAt <= at ? 'its time is over' : instruction === undefined || !isInForce(instruction, ended.get(transfer.contract), at) ? 'its instruction is over' : undefined
    if (transfer.state === 'erased' || because === undefined || stores?.includes(transfer.store) === false) continue
    try {
      erased.push(await eraseTransfer(context, { transfer, because }, at))
    } catch (cause) {
      left.push({ id: transfer.id, because: whyOf(cause) })
    }
  }
  return { erased, left }
}

/** What a driver or the system says may quote a name or a value: its code alone is told. */
function whyOf(cause: unknown): string {
  if (cause instanceof Broken || cause instanceof Refused || cause instanceof Misuse) return cause.message
  const { code, name } = (cause ?? {}) as { code?: unknown; name?: unknown }
  return `it could not be erased, for a reason that nobody foresaw: ${typeof code === 'string' && /^\w{1,40}$/.test(code) ? code : typeof name === 'string' && /^\w{1,40}$/.test(name) ? name : 'no code'}`
}

/**
 * Erases one copy: its tables are dropped, and looked for with the account that sweeps; then the key that could link its tokens is destroyed, and it is recorded. Safe to do again. A place that another copy is registered at is
 * left to that one, and so is all that stands where the store leads by now when that is another place than where the copy was made. Throws `Broken` when the store cannot be reached, does not let a table go, or still shows one, and while another process makes the copy.
 */
export async function eraseTransfer(context: TransferContext, { transfer: { id }, because }: { readonly transfer: Pick<Transfer, 'id'>; readonly because: string }, at: Instant): Promise<ErasedTransfer> {
  const { database } = context.ledger
  return aloneWith(database, id, async () => eraseAlone(context, { transfer: (await allTransfers(database)).find((one) => one.id === id)!, because }, at))
}

/** The same, of a copy that this process holds. */
export async function eraseAlone(context: TransferContext, { transfer, because }: { readonly transfer: Transfer; readonly because: string }, at: Instant): Promise<ErasedTransfer> {
  const { ledger } = context
  const store = (await allStores(ledger.database)).find(({ id }) => id === transfer.store)
  if (store === undefined) throw new Broken('transfer/no-store', `store ${transfer.store} is not declared any more; declare it again, so that ${transfer.id} can be erased`)
  const others = (await allTransfers(ledger.database)).filter((one) => one.id !== transfer.id && one.state !== 'erased' && one.store === transfer.store)
  const places = transfer.places.filter((place) => !others.some((other) => other.places.includes(place)))
  const target = await targetOf(store, context)
  const there = await target.there(places, 'erase')
  const where = await mustLeadThere(context, transfer, { store, standing: places.filter((_, number) => there[number] === true) })
  await target.drop(places)
  failpoint('transfer/dropped')
  if ((await target.there(places, 'sweep')).some(Boolean)) throw new Broken('transfer/still-there', `${transfer.id} was dropped, and is there all the same where store ${store.id} is swept: erase_url and sweep_url lead to different databases`)
  return recordErased(context, { transfer, because, looked: `by name, with the account that sweeps: not there${where}` }, at)
}

/**
 * A store may be another place by now, and the copy stand where it led before: then nothing is erased by finding nothing, and what bears its name (`standing`) may be somebody else's. Under the same address it is the copy where the same database is in a later history
 * (a standby took over), or where it bears what only the copy does. Resolves to what to add to what was looked at. Throws `Broken`.
 */
async function mustLeadThere(context: TransferContext, transfer: Transfer, { store, standing }: { readonly store: Store; readonly standing: readonly string[] }): Promise<string> {
  const { id, lead } = transfer
  const since = lead === undefined || lead === null ? 'here' : await sinceLead(lead, store, context.references)
  if (since === 'here') return ''
  if (standing.length > 0 && since === 'later') return '; it stood in a later history of the database, and what ran before that was not looked at'
  if (standing.length > 0 && since === 'address' && await standsAsMade(context, transfer, { store, standing })) return '; it was told by what it bore, under the same address, where the store says that it is another place now; where it led before was not looked at'
  const told = standing.length > 0 ? `what bears the name of ${id} where store ${store.id} leads now cannot be told to be it, and stays: that is another place` : `nothing of ${id} is where store ${store.id} leads now, which is another place`
  throw new Broken('transfer/elsewhere', `${told} than when the copy was made: it may stand there still. Let the store lead there again, so that ${id} can be erased`)
}

/** Records that nothing of a copy is there, and destroys its key. Nothing is recorded twice. */
export async function recordErased(context: TransferContext, { transfer, because, looked }: { readonly transfer: Transfer; readonly because: string; readonly looked: string }, at: Instant): Promise<ErasedTransfer> {
  const { ledger } = context
  ledger.keys.destroy(`transfer/${transfer.slot}/${transfer.id.toLowerCase()}`)
  failpoint('transfer/key-destroyed')
  const { id, slot, store, places } = transfer
  const others = (await allTransfers(ledger.database)).filter((one) => one.id !== id && one.state !== 'erased' && one.store === store)
  const beside = await besideOf(context, transfer)
  const known = (await allDerived(ledger.database)).filter((one) => one.store === store && [...places, ...beside].includes(one.place) && one.droppedAt === null && !others.some((other) => other.places.includes(one.place)))
  if (transfer.state !== 'erased') await ledger.append([{ slot, type: 'transfer.erased', at, parts: { evidence: { id, store, places, because, looked } } }, ...known.map((one) => droppedDraft(one, because, at))])
  return { id, store, places, because }
}

/** Other places that were registered with the copy: where rows of it may be as long as it is not whole. */
export async function besideOf(context: TransferContext, { store: id, places }: Pick<Transfer, 'store' | 'places'>): Promise<string[]> {
  const store = (await allStores(context.ledger.database)).find((one) => one.id === id)
  if (store === undefined) return []
  const target = await targetOf(store, context)
  return places.flatMap((place) => target.beside(place))
}
