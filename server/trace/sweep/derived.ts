/** Places that are known: tables that sessions derived under an instruction that is still in force. */
import { allContracts } from '#contract'
import { allDerived, type DerivedDataset } from '#inventory'
import { allInstructions, isInForce } from '#instruction'
import type { Instant } from '#kit/time'
import type { TraceContext } from '../fingerprints.ts'
import { recordedAs } from '../names.ts'

/** What is known to be derived at a place of a store. */
export type DerivedAt = (store: string, place: string) => DerivedDataset | undefined

/** Those that are there, by place; names that were recorded with marks are told by them. */
export function derivedAt(context: TraceContext, derived: readonly DerivedDataset[]): DerivedAt {
  const there = derived.filter(({ droppedAt }) => droppedAt === null)
  const plain = new Map(there.map((one) => [`${one.store}\n${one.place}`, one]))
  const marked = there.filter(({ place }) => place.includes('⟨')).map((one) => ({ one, isIt: recordedAs(context, one.place) }))
  return (store, place) => plain.get(`${store}\n${place}`) ?? marked.find(({ one, isIt }) => one.store === store && isIt(place))?.one
}

/** Those that an instruction covers at `at`: it was accepted, and neither it nor its contract is over. */
export async function coveredAt(context: TraceContext, at: Instant): Promise<DerivedAt> {
  const { database } = context.ledger
  const ended = new Map((await allContracts(database)).map(({ id, endedAt }) => [id, endedAt]))
  const covering = new Set((await allInstructions(database)).filter((one) => isInForce(one, ended.get(one.contract), at)).map(({ id }) => id))
  return derivedAt(context, (await allDerived(database)).filter(({ instruction }) => covering.has(instruction)))
}
