import { z } from 'zod'
import { instant, instantOrNull, notSeen, searched, standing } from './shared.ts'
import { near } from './decision.ts'
import { findingItem } from './finding.ts'
import { listingOf } from '../listing.ts'

export const storeCovered = z.object({
  store: z.string(), environment: z.string(), kind: z.string(), standing, places: z.number().int(), rows: z.number().int().nullable(), values: z.number().int().nullable(), bytes: z.number().int().nullable(), withheld: z.string().nullable().describe('why how much was read is not told'), notSeen,
})
/** One search, as the logs of all controllers that it searched for have it. */
export const sweepItem = z.object({ id: z.string(), at: instant, purpose: z.string(), controllers: z.number().int(), stores: z.number().int(), searched: z.number().int(), places: z.number().int(), notSeen })
export const sweepPage = sweepItem.extend({ coverage: z.array(storeCovered), found: z.array(findingItem).describe('first seen by it') })
export const sweepListing = listingOf(sweepItem).extend({ newest: searched, running: z.boolean() })

export const findingPage = findingItem.extend({
  parts: z.array(z.object({ name: z.string(), kind: z.string(), people: z.number().int(), rows: z.number().int() })), columns: z.array(z.object({ name: z.string().nullable(), field: z.number().int(), is: z.string(), form: z.string().nullable(), values: z.number().int() })),
  reasons: z.array(z.string()), confirmedRows: z.number().int().nullable(), datasets: z.array(z.string()), beside: z.array(z.string()).describe('other controllers in the same place, for the firm\'s own people alone'),
  made: z.object({ after: instantOrNull, before: instantOrNull, because: z.string(), values: z.object({ changed: z.number().int(), held: z.number().int() }).nullable(), several: z.boolean() }).nullable(),
  samples: z.array(z.object({ in: z.string(), offset: z.number().int(), columns: z.array(z.string()) })).describe('where to look: no value'), readAt: instantOrNull, breaches: z.array(z.string()), erasures: z.array(z.string()), near: near.nullable(),
})
