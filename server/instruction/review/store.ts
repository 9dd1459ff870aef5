import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply } from '#ledger'
import { Refused } from '#kit/errors'
import type { Review, ReviewItem } from './types.ts'

const given = <Row extends object>(row: Row): object => Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null))

/** More are not listed. */
const listedMax = 1_000

/** Reviews, newest first, at most 1,000, each with its grants: a listing. What has to be done is asked of `openReviews`. */
export async function allReviews(executor: Database | Transaction): Promise<Review[]> {
  return reviewsWhere(executor, sql`true`, listedMax)
}

/** Every review that is not closed, newest first, however many there are. */
export async function openReviews(executor: Database | Transaction): Promise<Review[]> {
  return reviewsWhere(executor, sql`closed_at is null`)
}

/** The reviews of these ids that there are, open or closed. */
export async function reviewsNamed(executor: Database | Transaction, ids: readonly string[]): Promise<Review[]> {
  return reviewsWhere(executor, sql`id = any(${ids}::text[])`)
}

async function reviewsWhere(executor: Database | Transaction, condition: ReturnType<typeof sql>, most: number | null = null): Promise<Review[]> {
  const reviews = await rows<Omit<Review, 'items'>>(executor, sql`select id, slot, controller, opened_at as "openedAt", ends_at as "endsAt", closed_at as "closedAt" from review where ${condition} order by opened_at desc, id limit ${most}`)
  const items = Map.groupBy(await rows<ReviewItem & { review: string }>(executor, sql`
    select review, access_grant as "grant", person, instruction, last_used_at as "lastUsedAt", answer, reason, answered_by as "answeredBy", confirmed_by as "confirmedBy", outcome
    from review_item where review = any(${reviews.map(({ id }) => id)}::text[]) order by access_grant`), ({ review }) => review)
  return reviews.map((review) => ({ ...(given(review) as Omit<Review, 'items'>), items: (items.get(review.id) ?? []).map(({ review: _, ...item }) => given(item) as ReviewItem) }))
}

interface Part { readonly review: string; readonly controller: string; readonly ends: number; readonly items: readonly ReviewItem[]; readonly grant: string; readonly answer: string; readonly reason: string; readonly by: string }

/** Folds `review.*`. */
export const applyReview: Apply = async (tx, entry) => {
  const part = partOf<Part>(entry, 'evidence')
  if (part === undefined) return
  const { review, grant } = part
  switch (entry.type) {
    case 'review.opened':
      await rows(tx, sql`insert into review (id, slot, controller, opened_at, ends_at) values (${review}, ${entry.slot}, ${part.controller}, ${entry.at}, ${part.ends})`)
      for (const item of part.items) await rows(tx, sql`insert into review_item (review, access_grant, person, instruction, last_used_at) values (${review}, ${item.grant}, ${item.person}, ${item.instruction}, ${item.lastUsedAt ?? null})`)
      return
    case 'review.answered': {
      const changed = await rows(tx, sql`
        update review_item set answer = ${part.answer}, reason = ${part.reason}, answered_by = ${part.by}, answered_at = ${entry.at}
        where review = ${review} and access_grant = ${grant} and outcome is null and person <> ${part.by} returning review`)
      if (changed.length === 0) throw new Refused('review/answer', `${grant} of ${review} is settled, not under review, or ${part.by}'s own`)
      return
    }
    case 'review.confirmed': {
      const changed = await rows(tx, sql`
        update review_item set confirmed_by = ${part.by}, outcome = case answer when 'keep' then 'kept' else 'revoked' end, settled_at = ${entry.at}
        where review = ${review} and access_grant = ${grant} and outcome is null and answer = ${part.answer} and person <> ${part.by} and answered_by <> ${part.by} returning review`)
      if (changed.length === 0) throw new Refused('review/confirm', `${grant} of ${review} is not confirmed by ${part.by}: it is not answered so, it is settled, or a second person is needed`)
      await rows(tx, sql`update review set closed_at = ${entry.at} where id = ${review} and closed_at is null and not exists (select from review_item where review = ${review} and outcome is null)`)
      return
    }
    case 'review.ended': {
      const changed = await rows(tx, sql`update review set closed_at = ${entry.at} where id = ${review} and closed_at is null and ends_at <= ${entry.at} returning id`)
      if (changed.length === 0) throw new Refused('review/end', `${review} has not come to its end, or was closed before`)
      await rows(tx, sql`update review_item set outcome = 'revoked unanswered', settled_at = ${entry.at} where review = ${review} and outcome is null`)
      return
    }
    default: throw new Refused('review/unknown-entry', `review does not know entries of type ${entry.type}`)
  }
}
