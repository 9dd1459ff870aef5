/** Listings, a page at a time. */
import { z } from 'zod'
import { Unanswered } from './problem.ts'

/** Items of one page when nobody says, and at most. */
const [limitDefault, limitMax] = [50, 200]

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(limitMax).default(limitDefault).describe('items of a page'),
  cursor: z.string().min(1).max(400).optional().describe('`next` of the page before'),
})

export interface PageAsked { readonly limit: number; readonly cursor?: string | undefined }

/** The schema of a listing. */
export const listingOf = <Item extends z.ZodType>(item: Item) => z.object({
  items: z.array(item), next: z.string().nullable().describe('cursor of the next page; null: this is the last'), total: z.number().int().describe('items of all pages'),
})

export interface Listed<Item> { readonly items: Item[]; readonly next: string | null; readonly total: number }

/** The page after a cursor of a whole listing, each item of which is named by its key. Throws for a cursor of another listing. */
export function pageOf<Item>(all: readonly Item[], keyOf: (item: Item) => string, { limit, cursor }: PageAsked): Listed<Item> {
  const after = cursor === undefined ? undefined : readCursor(cursor)
  const from = after === undefined ? 0 : all.findIndex((item) => keyOf(item) === after) + 1
  if (after !== undefined && from === 0) throw notOurs()
  const items = all.slice(from, from + limit)
  const last = items.at(-1)
  return { items, next: last !== undefined && from + limit < all.length ? writeCursor(keyOf(last)) : null, total: all.length }
}

/** Opaque: what stands in it is ours to change. */
export const writeCursor = (key: string): string => Buffer.from(key).toString('base64url')

/** What stands in a cursor. Throws for what is none. */
export function readCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString()
  if (key === '' || writeCursor(key) !== cursor) throw notOurs()
  return key
}

const notOurs = (): Unanswered => new Unanswered(400, 'request/cursor', 'that cursor is not of this listing, or what it named is gone; begin again without it')
