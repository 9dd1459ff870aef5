import { z } from 'zod'
import { listingOf } from '../listing.ts'
import { instant, instantOrNull, notSeen, standing } from './shared.ts'

export const storeItem = z.object({
  id: z.string(), kind: z.string(), environment: z.string(), class: z.enum(['production', 'non-production']).nullable(), country: z.string().nullable(), standing: standing.describe('of the newest search of it'),
  datasets: z.array(z.object({ id: z.string(), controller: z.string(), checkedAt: instantOrNull, standing })), copies: z.number().int(), findings: z.number().int(),
  reach: z.object({ gateway: z.boolean(), sweep: z.boolean(), erase: z.boolean() }).describe('declared ways in: by reference, never shown'), backups: z.union([z.literal('none'), z.literal('not told'), z.object({ expireAfterDays: z.number().int() })]),
  searchedAt: instantOrNull, notSeen,
  roads: z.object({ open: z.number().int(), declared: z.number().int(), list: z.array(z.object({ kind: z.string(), name: z.string(), says: z.string(), state: z.enum(['open', 'declared']), since: instant, because: z.string().nullable(), fix: z.string().nullable() })) }).describe('what leads to client data beside the gateway'),
})
export const storeListing = listingOf(storeItem)
