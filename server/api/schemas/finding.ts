import { z } from 'zod'
import { instant, instantOrNull, named, searched, standing } from './shared.ts'
import { listingOf } from '../listing.ts'

export const findingItem = z.object({
  id: z.string(), controller: named, store: z.string(), environment: z.string(), place: z.string(), people: z.number().int(), rows: z.number().int(), share: z.number().nullable().describe('of the records of its dataset; null: not known'),
  state: z.enum(['open', 'resolved']), standing, because: z.string().nullable(), firstSeen: instant, lastSeen: instant, entry: z.number().int().describe('index in the log of its controller'),
  mixed: z.boolean(), others: z.number().int().describe('other controllers with records in the same place, as far as this account may know: at least 1 when mixed'),
  madeAfter: instantOrNull, madeBefore: instantOrNull, madeBecause: z.string().nullable(),
})

export const findingListing = listingOf(findingItem).extend({ searched })
