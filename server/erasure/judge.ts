import type { Store } from '#inventory'
import { formatInstant } from '#kit/time'
import { headerLinesMax } from './adapter/erased.ts'
import { leadElsewhere } from './leads.ts'
import type { CertificateStatus, Erasure, Obstacle, Step } from './types.ts'

/** What an erasure came to, and what keeps it from being complete. */
export interface Verdict {
  readonly status: Exclude<CertificateStatus, 'invalidated'>
  readonly obstacles: readonly Obstacle[]
  readonly backups: readonly { readonly store: string; readonly expires: string }[]
}

/**
 * The status that the evidence allows (`contracts.md` 6); pure. *Complete* only when every store that was planned or is declared was searched again and every place whole, nothing was left, nothing blocked,
 * no row's owner is unknown in any round, every table had fingerprints to search by, no backup holds what was erased, and nothing hindered the check of files where they can be
 * reached (`physical`).
 */
export function judgeErasure(erasure: Erasure, steps: readonly Step[], stores: readonly Store[], physical: readonly Obstacle[] = []): Verdict {
  const { again } = erasure
  const obstacles: Obstacle[] = [
    ...(erasure.plan?.blocked ?? []),
    ...undone(erasure, steps),
    ...(erasure.plan?.not_taken ?? []).map(({ store, dataset, because }) => ({ store, place: '*', because: `people of ${dataset} who came last are not known, nor copies of them: its fingerprints could not be taken at the end (${because})` })),
    ...leadElsewhere(erasure),
    ...mixed(erasure, steps),
    ...stillHeld(steps).filter((step) => !isGone(erasure, step) && (step.state === 'done' || !isPlanned(erasure, step))).map(heldBecause),
    ...(again === null ? [{ store: '*', place: '*', because: 'not searched again' }] : []),
    ...(again?.places ?? []).map((left) => ({ store: left.store, place: left.place, because: `${left.records} people still found` })),
    ...notSearchedAgain(erasure, stores),
    ...(again?.coverage ?? []).flatMap((store) => store.not_read.map((place) => ({ store: store.store, place: place.place, because: `not searched: ${place.because}` }))),
    ...(again?.coverage ?? []).flatMap((store) => store.partly_read.map((place) => ({ store: store.store, place: place.place, because: `only partly searched: ${place.because}` }))),
    ...(again?.unsearched ?? []).map((table) => ({ ...table, because: 'it has no fingerprints that name a copy: copies of it could not be searched for' })),
    ...(again?.results ?? []),
    ...ofGoverned(erasure),
    ...physical,
    ...stores.filter((store) => store.declared['backups'] === undefined).map((store) => ({ store: store.id, place: 'backups', because: 'not told whether backups exist (declare `backups:` of the store)' })),
  ]
  const backups = stores.flatMap((store) => {
    const declared = store.declared['backups'] as 'none' | { expire_after_days: number } | undefined
    return typeof declared === 'object' ? [{ store: store.id, expires: formatInstant((again?.at ?? 0) + declared.expire_after_days * 86_400) }] : []
  })
  return { obstacles, backups, status: obstacles.length > 0 ? 'partial' : backups.length > 0 ? 'pending_backup_expiry' : (erasure.plan?.kept ?? []).length > 0 ? 'complete_with_exceptions' : 'complete' }
}

/** What was not seen of copies of governed copies. What nobody could be told by, has none. */
function ofGoverned({ id, again }: Erasure): Obstacle[] {
  if (again === null) return []
  if (again.governed === undefined) return [{ store: '*', place: 'copies of governed copies', because: `nobody looked for them, as every run does by now: run ${id} again before it is certified, also when it was confirmed already (bailee erasure run); once it is, reopen it first (bailee erasure reopen)` }]
  const listed = new Set(again.coverage.flatMap((store) => [...store.not_read, ...store.partly_read].map(({ place }) => `${store.store}\n${place}`)))
  return [
    ...again.governed.not_told.filter((one) => !one.no_token).map(({ copy, because }) => ({ store: '*', place: copy, because: `copies of it could not be searched for: ${because}` })),
    ...again.governed.not_read.filter(({ store, place }) => !listed.has(`${store}\n${place}`)).map(({ because, ...at }) => ({ ...at, because: `not searched for copies of governed copies: ${because}` })),
  ]
}

/**
 * Stores into which the second search had to look and that it does not name, by what was planned and what is declared (`stores`), never by what it answered. Pure.
 */
export function notSearchedAgain({ plan, again }: Pick<Erasure, 'plan' | 'again'>, stores: readonly Pick<Store, 'id'>[]): Obstacle[] {
  if (again === null) return []
  const named = new Set(again.coverage.map(({ store }) => store))
  const demanded = new Set([...(plan?.items ?? []).map(({ store }) => store), ...(plan?.coverage ?? []).map(({ store }) => store), ...stores.map(({ id }) => id)])
  return [...demanded].filter((store) => !named.has(store)).map((store) => ({ store, place: '*', because: 'not searched again: the search after erasing does not name this store' }))
}

/** Every place of the last plan must have been erased; a plan replaces the ones before it. */
function undone({ plan }: Erasure, steps: readonly Step[]): Obstacle[] {
  return (plan?.items ?? []).flatMap((item) => {
    const step = steps.find((one) => one.round === plan?.round && one.number === item.number)
    return step?.state === 'done' ? [] : [{ store: item.store, place: item.place, because: step?.detail.because ?? 'not erased' }]
  })
}

/** Places where rows stayed whose owner is not known, by the last step at each that counted any; a later plan does not name them, nothing of ours being found. */
function mixed({ again }: Pick<Erasure, 'again'>, steps: readonly Step[]): Obstacle[] {
  const counted = steps.filter((step) => step.state === 'done' && (step.rowsFound > 0 || (step.detail.unowned ?? 0) + (step.detail.ambiguous ?? 0) > 0))
  const last = new Map(counted.map((step) => [`${step.store}\n${step.place}`, step]))
  const there = [...last.values()].filter((step) => !isGone({ again }, step))
  return there.flatMap(({ store, place, method, detail: { unowned = 0, ambiguous = 0, no_header: noHeader = false } }) => [
    ...(unowned > (method === 'unlink' && !noHeader ? headerLinesMax : 0) ? [{ store, place, because: `${unowned} rows whose owner is unknown` }] : []),
    ...(ambiguous > 0 ? [{ store, place, because: `${ambiguous} rows that may as well be another controller's` }] : []),
  ])
}

/** Whether a step is that of an item of the last plan: what is in its way is said of the item. */
const isPlanned = ({ plan }: Erasure, step: Pick<Step, 'round' | 'number'>): boolean => step.round === plan?.round && plan.items.some(({ number }) => number === step.number)

const isGone = ({ again }: Pick<Erasure, 'again'>, step: Step): boolean => again?.gone?.some((place) => place.store === step.store && place.place === step.place) === true

/**
 * The last steps at places in whose files deleted rows still stand, or may: their tables have to be rewritten once more. A step that was begun took some, all or none of what it had counted, and nobody saw what that left;
 * being blocked later changes nothing of it, only a step that was done.
 */
export function stillHeld(steps: readonly Step[]): Step[] {
  const last = new Map(steps.filter((step) => step.state === 'done' || mayHaveErased(step)).map((step) => [`${step.store}\n${step.place}`, step]))
  return [...last.values()].filter(({ state, detail }) => state !== 'done' || detail.held !== undefined)
}

/** Whether a step that is not done was begun, by any run, and that was not certainly taken back. Pure. */
export const mayHaveErased = ({ state, detail }: Pick<Step, 'state' | 'detail'>): boolean => state === 'begun' || (state === 'blocked' && detail.begun !== undefined)

/** Steps that are done and after which files may hold what was erased: they erased rows, or an earlier step at their place may have, which was blocked since. Pure. */
export function erasedSome(steps: readonly Step[]): Step[] {
  const cutOff = new Set(steps.filter(mayHaveErased).map(({ store, place }) => `${store}\n${place}`))
  return steps.filter(({ state, rowsErased, store, place }) => state === 'done' && ((rowsErased ?? 0) > 0 || cutOff.has(`${store}\n${place}`)))
}

/** What is said of a place in whose files something still stands, or may. Pure. */
export const heldBecause = ({ store, place, detail }: Pick<Step, 'store' | 'place' | 'detail'>): Obstacle =>
  ({ store, place, because: detail.held ?? 'erasing it was begun and cut off, and blocked since: what was deleted may stand in its files still; run the erasure again' })
