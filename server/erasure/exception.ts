/** What Union or Member State law obliges to keep: recorded with its statute, kept out of what is erased, and erased when its time is over. */
import { allDatasets, allStores, isPlainPredicate, namesNobody, parsePlace, reachOf, resolveReference, type DatasetTable, type References, type Store } from '#inventory'
import type { Draft, Ledger } from '#ledger'
import type { TraceContext } from '#trace'
import { Misuse, Refused } from '#kit/errors'
import { day, formatDay, formatInstant, type Instant } from '#kit/time'
import { noticeDraft } from './notice.ts'
import { allExceptions } from './store.ts'
import type { Erasure, Exception, Kept, Plan, PlanItem } from './types.ts'

/** Member States of the Union, and the three of the EEA, for whom the GDPR is law as well. */
const members: ReadonlySet<string> = new Set('AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO'.split(' '))

export interface Excepting {
  readonly erasure: Erasure
  readonly dataset: string
  readonly table: string
  readonly rows?: string | undefined
  /** `EU`, or a country by its two capitals. */
  readonly jurisdiction: string
  readonly statute: string
  readonly expires: Instant
  readonly by: string
}

/**
 * Records that a law obliges to keep a table of the controller, or some rows of it, until a day; its controller is told. A law from outside the Union and the EEA is recorded as rejected, with
 * the reason, and `Refused` is thrown (Art. 28(3)(g), 48). Throws `Refused` while the erasure is under way or certified, and for what is no plain table and would not be kept; `Misuse` for what is not the controller's.
 */
export async function exceptFromErasure({ ledger, references }: Pick<TraceContext, 'ledger' | 'references'>, { erasure, dataset: id, table, rows, jurisdiction, statute, expires, by }: Excepting, at: Instant): Promise<Exception> {
  const { slot } = erasure
  const dataset = (await allDatasets(ledger.database)).find((one) => one.id === id && one.controller === erasure.controller)
  const own = dataset?.tables.find((one) => one.table === table)
  if (dataset === undefined || own === undefined) throw new Misuse(`${JSON.stringify(table)} is not a table of a dataset ${JSON.stringify(id)} of ${erasure.controller}: name them as bailee.yaml does`)
  const store = (await allStores(ledger.database)).find((one) => one.id === dataset.store)
  if (rows !== undefined) mustBeTellable(rows, own, store)
  const known = await allExceptions(ledger.database)
  const number = known.filter((one) => one.erasure === erasure.id).length + 1
  const scope = { erasure: erasure.id, dataset: id, store: dataset.store, place: table, rows: rows ?? null, jurisdiction, statute, expires, by }
  if (jurisdiction !== 'EU' && !members.has(jurisdiction)) {
    const because = 'only Union or Member State law may oblige to keep data beyond the end (Art. 28(3)(g)); an order from elsewhere is not recognised by itself (Art. 48)'
    await ledger.append({ slot, type: 'erasure.exception_rejected', at, parts: { evidence: { ...scope, because } } })
    throw new Refused('erasure/third-country-law', `${statute} (${jurisdiction}) is no reason to keep ${table}: ${because}. That it was asked for is recorded`)
  }
  if (expires <= at) throw new Misuse(`${formatDay(expires)} is over; name the first day on which it need not be kept any more`)
  if (erasure.state !== 'opened' && erasure.state !== 'reopened') throw new Refused('erasure/under-way', `${erasure.id} is ${erasure.state}: what is to be kept is said before it is planned`)
  const because = await notPlain(store, table, references)
  if (because !== undefined) throw new Refused('erasure/not-a-plain-table', `${table} of ${dataset.store} would not be kept: ${because}. Put what is to be kept into a plain table of PostgreSQL, MariaDB or MySQL, declare it as a dataset of ${erasure.controller} in bailee.yaml, and except that one`)
  const exception = `${erasure.id}-EXC-${number}`
  const says = `${table} (${id}${rows === undefined ? '' : `, rows where ${rows}`}) is kept until ${formatDay(expires)}, because ${statute} (${jurisdiction}) obliges to; nothing else is done with it, and it is erased then`
  await ledger.append([
    { slot, type: 'erasure.excepted', at, parts: { evidence: { exception, ...scope } } },
    noticeDraft({ slot, controller: erasure.controller, notice: `exception ${exception}`, about: 'exception', says }, at),
  ])
  const recorded = (await allExceptions(ledger.database)).find((one) => one.id === exception)
  if (recorded === undefined) throw new Refused('erasure/not-excepted', `${exception} was not recorded`)
  return recorded
}

/** Throws `Misuse` for a predicate that cannot be used, or not be written down: it stands in the log, the notice and the certificate, so it may compare no column that identifies people, and with no value that may be somebody's. */
function mustBeTellable(rows: string, { subject, columns }: DatasetTable, store: Store | undefined): void {
  if (store?.kind !== 'postgres') throw new Misuse(`rows are told apart in PostgreSQL only; the store is of kind ${store?.kind ?? 'unknown'}`)
  const usable = Object.entries(columns).filter(([name, { identifies }]) => identifies !== true && name !== subject).map(([name]) => name)
  if (!isPlainPredicate(rows, new Set(usable))) throw new Misuse('--rows takes comparisons of declared columns, as in `rows:` of bailee.yaml, and of none that identifies people: what it compares with is written into the log, the notice and the certificate')
  if (!namesNobody(rows)) throw new Misuse('--rows compares with a text or a long number, which may be somebody\'s, and is written into the log, the notice and the certificate: compare with days, numbers of up to six digits, or codes of two or three capital letters; where rows are told apart otherwise, put those that are to be kept into a table of their own')
}

/** Why a place is not gone through as one table, which is what an exception can hold back; undefined where it is. Throws `Broken` when the store cannot be asked. */
async function notPlain(store: Store | undefined, table: string, references: References): Promise<string | undefined> {
  if (store?.kind === 'mysql') return undefined
  if (store?.kind !== 'postgres') return `in a store of kind ${store?.kind ?? 'unknown'} no table is erased by itself`
  const [reference, place] = [store.declared.erase_url ?? store.declared.sweep_url, parsePlace(table)]
  const url = reference === undefined ? undefined : resolveReference(reference, references)
  if (url === undefined || place === undefined) return 'it cannot be looked at, for want of the store\'s URL'
  const { parent, child } = await reachOf(url, place)
  return parent ? 'it has partitions, or others inherit from it' : child ? 'it is a partition, or inherits from another table' : undefined
}

/** Exceptions of an erasure that still hold. */
export async function exceptionsInForce({ database }: Pick<Ledger, 'database'>, erasure: string): Promise<Exception[]> {
  return (await allExceptions(database)).filter((one) => one.erasure === erasure && one.endedAt === null)
}

/** Takes what is kept out of a plan; pure. Of a table of which some rows are kept, the others stay in it. */
export function withoutKept(plan: Plan, exceptions: readonly Exception[]): Plan {
  const at = (item: PlanItem): Exception[] => exceptions.filter((one) => item.what === 'dataset' && one.store === item.store && one.place === item.place)
  const items = plan.items.flatMap((item): PlanItem[] => {
    const keep = at(item)
    if (keep.length === 0) return [item]
    if (keep.some(({ rows }) => rows === null)) return []
    return [{ ...item, method: 'delete rows', keep: keep.map(({ rows }) => `(${rows})`).join(' or ') }]
  })
  const kept = exceptions.map(({ id, store, place, rows }): Kept => ({ exception: id, store, place, rows }))
  const blocked = plan.blocked.filter((one) => !exceptions.some(({ store, place, rows }) => rows === null && store === one.store && place === one.place))
  return { ...plan, items: items.map((item, index) => ({ ...item, number: index + 1 })), blocked, ...(kept.length === 0 ? {} : { kept }) }
}

/** Whether a place that a search found is where something is kept. */
export const isKept = (kept: readonly Kept[] | undefined, { store, place }: { readonly store: string; readonly place: string }): boolean => kept?.some((one) => one.store === store && one.place === place) === true

/** Whether a plan kept what need not be kept any more: it is made anew, and nothing is certified by it. */
export async function keptTooLong({ database }: Pick<Ledger, 'database'>, { plan }: Erasure): Promise<boolean> {
  const over = new Set((await allExceptions(database)).filter(({ endedAt }) => endedAt !== null).map(({ id }) => id))
  return plan?.kept?.some(({ exception }) => over.has(exception)) === true
}

/** Days to erase what need not be kept any more. */
const afterDays = 30

/** By when everything must be erased, as long as nothing obliges to keep any of it: counted anew from the end of an exception. */
export const deadlineWith = ({ id, deadline }: Erasure, exceptions: readonly Exception[]): Instant =>
  Math.max(deadline, ...exceptions.filter((one) => one.erasure === id && one.endedAt !== null).map(({ expires }) => expires + afterDays * day))

/** What ends exceptions whose time is over: a certified erasure is open again. */
export function endingDrafts(erasure: Erasure, exceptions: readonly Exception[], at: Instant): Draft[] {
  const over = exceptions.filter((one) => one.erasure === erasure.id && one.endedAt === null && one.expires <= at)
  if (over.length === 0) return []
  const because = `what ${over.map(({ statute }) => statute).join('; ')} obliged to keep need not be kept any more (${over.map(({ id }) => id).join(', ')})`
  return [
    ...over.map((one): Draft => ({ slot: erasure.slot, type: 'erasure.exception_ended', at, parts: { evidence: { exception: one.id, erasure: erasure.id, expired: one.expires } } })),
    ...(erasure.state === 'certified' ? [{ slot: erasure.slot, type: 'erasure.reopened', at, parts: { evidence: { erasure: erasure.id, by: 'the end of an exception', because } } }] : []),
  ]
}

/** What is kept, for the certificate: by which law, until when, and how many people were found in it. */
export function keptTold(erasure: Erasure, exceptions: readonly Exception[]): { [key: string]: string | number | null }[] {
  return (erasure.plan?.kept ?? []).flatMap((kept) => {
    const one = exceptions.find(({ id }) => id === kept.exception)
    if (one === undefined) return []
    const people = erasure.again?.kept?.find(({ store, place }) => store === kept.store && place === kept.place)?.records ?? 0
    return [{ exception: one.id, store: one.store, place: one.place, rows: one.rows, people, law: one.jurisdiction, statute: one.statute, until: formatInstant(one.expires), recorded_by: one.by, recorded: formatInstant(one.recordedAt), restricted: 'kept only: no instruction of the contract covers any use of it' }]
  })
}
