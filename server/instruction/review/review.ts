/** Access reviews: opened each quarter, one a controller; kept or revoked by one person, confirmed by a second; what nobody answers is revoked. */
import { allControllers } from '#contract'
import type { Draft, Json, Ledger } from '#ledger'
import { personExists } from '#people'
import { Misuse } from '#kit/errors'
import { day, type Instant } from '#kit/time'
import { allGrants } from '../store.ts'
import type { Grant } from '../types.ts'
import { allReviews, openReviews, reviewsNamed } from './store.ts'
import type { Review } from './types.ts'

/** Days in which a review is to be answered and confirmed: time for somebody to come back from a holiday. */
export const reviewDays = 21

/** The first moment of the quarter of `at`, and its name. Pure. */
export function quarterOf(at: Instant): { readonly name: string; readonly begins: Instant } {
  const date = new Date(at * 1000)
  const quarter = Math.floor(date.getUTCMonth() / 3)
  return { name: `${date.getUTCFullYear()}Q${quarter + 1}`, begins: Date.UTC(date.getUTCFullYear(), quarter * 3) / 1000 }
}

const isLive = (grant: Grant, at: Instant): boolean => grant.state === 'approved' && at < grant.until

/** When a person was last seen to act under an instruction; undefined: no record of it. */
export type LastUsed = (person: string, instruction: string) => Instant | undefined

/**
 * Opens what is due at `at`: for each controller, its grants that were live when the quarter began and still are. Ends what came to its end: grants that nobody
 * kept are revoked. Safe to call at any time, and by several at once (whoever is second is refused, and finds nothing left).
 */
export async function settleReviews(ledger: Ledger, lastUsed: LastUsed, at: Instant): Promise<{ opened: Review[]; ended: Review[] }> {
  const over = (await openReviews(ledger.database)).filter(({ endsAt }) => endsAt <= at)
  for (const review of over) {
    // Looked at anew for each: a grant that was under review in two quarters is revoked by the first that ends, and once.
    const live = new Set((await allGrants(ledger.database)).filter(({ state }) => state !== 'revoked').map(({ id }) => id))
    const left = review.items.filter(({ outcome, grant }) => outcome === undefined && live.has(grant))
    await ledger.append([
      { slot: review.slot, type: 'review.ended', at, parts: { evidence: { review: review.id } } },
      ...left.map(({ grant }): Draft => ({ slot: review.slot, type: 'grant.revoked', at, parts: { evidence: { grant, by: review.id } } })),
    ])
  }
  const opened = await openDue(ledger, lastUsed, at)
  return { opened: await reviewsNamed(ledger.database, opened), ended: await reviewsNamed(ledger.database, over.map(({ id }) => id)) }
}

/** Opens the reviews of the quarter of `at` that are not open yet. Resolves to their ids. */
async function openDue(ledger: Ledger, lastUsed: LastUsed, at: Instant): Promise<string[]> {
  const { name, begins } = quarterOf(at)
  const bySlot = Map.groupBy((await allGrants(ledger.database)).filter((grant) => isLive(grant, at) && grant.emergency === undefined && (grant.approvedAt ?? at) < begins), ({ slot }) => slot)
  const controllers = (await allControllers(ledger.database)).map((controller) => ({ ...controller, review: `${name}-${controller.id}` }))
  const known = new Set((await reviewsNamed(ledger.database, controllers.map(({ review }) => review))).map(({ id }) => id))
  const ids: string[] = []
  for (const { id: controller, slot, review } of controllers) {
    const grants = bySlot.get(slot) ?? []
    if (grants.length === 0 || known.has(review)) continue
    const items = grants.map(({ id: grant, person, instruction }) => ({ grant, person, instruction, lastUsedAt: lastUsed(person, instruction) })) as unknown as Json
    await ledger.append({ slot, type: 'review.opened', at, parts: { evidence: { review, controller, ends: at + reviewDays * day, items } } })
    ids.push(review)
  }
  return ids
}

/** The review of that id. Throws `Misuse` naming those there are. */
export async function findReview(ledger: Ledger, id: string): Promise<Review> {
  const [found] = await reviewsNamed(ledger.database, [id])
  if (found === undefined) throw new Misuse(`no review ${id}; there are: ${(await allReviews(ledger.database)).slice(0, 20).map((review) => review.id).join(', ') || 'none'}`)
  return found
}

async function itemOf(ledger: Ledger, { review: id, grant, by }: { review: string; grant: string; by: string }): Promise<{ review: Review; item: Review['items'][number] }> {
  const review = await findReview(ledger, id)
  const item = review.items.find((one) => one.grant === grant)
  if (item === undefined) throw new Misuse(`${grant} is not under review in ${id}; bailee people review show ${id} lists what is`)
  if (!await personExists(ledger.database, by)) throw new Misuse(`nobody with id ${by} is declared`)
  return { review, item }
}

/** Answers for one grant; nothing changes before a second person confirms it. Throws `Refused` for one's own grant, or what is settled. */
export async function answerReview(ledger: Ledger, answered: { review: string; grant: string; answer: 'keep' | 'revoke'; reason: string; by: string }, at: Instant): Promise<void> {
  const { review: { slot } } = await itemOf(ledger, answered)
  await ledger.append({ slot, type: 'review.answered', at, parts: { evidence: { ...answered } } })
}

/** A second person confirms what was answered; a grant to be revoked ends at once. Throws `Refused` for one's own answer or grant. */
export async function confirmReview(ledger: Ledger, confirmed: { review: string; grant: string; by: string }, at: Instant): Promise<void> {
  const { review: { slot }, item } = await itemOf(ledger, confirmed)
  if (item.answer === undefined) throw new Misuse(`${item.grant} is not answered yet: bailee people review answer ${confirmed.review} ${item.grant} keep --reason TEXT --as ID`)
  const revokes = item.answer === 'revoke' && (await allGrants(ledger.database)).some(({ id, state }) => id === item.grant && state !== 'revoked')
  await ledger.append([
    { slot, type: 'review.confirmed', at, parts: { evidence: { ...confirmed, answer: item.answer } } },
    ...(revokes ? [{ slot, type: 'grant.revoked', at, parts: { evidence: { grant: item.grant, by: confirmed.by } } }] : []),
  ])
}
