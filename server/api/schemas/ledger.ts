import { z } from 'zod'
import { listingOf } from '../listing.ts'
import { instant, instantOrNull, named, standing } from './shared.ts'

export const entryItem = z.object({
  id: z.string(), index: z.number().int(), log: z.string(), controller: named.nullable().describe('null: of the common log'), at: instant, type: z.string(), noun: z.string(),
  about: z.string().nullable().describe('the id that it names first; null where none is, or its key was destroyed'), parts: z.array(z.object({ class: z.string(), readable: z.boolean() })),
})

export const entryPage = entryItem.extend({ raw: z.string().describe('the bytes that are hashed, as text: commitments to what was recorded, never its contents'), leaf: z.string().describe('hash of the leaf, RFC 6962, in hex'), bytes: z.number().int() })

export const entryListing = listingOf(entryItem).extend({ log: z.object({ origin: z.string(), size: z.number().int(), fixed: z.object({ snapshot: z.number().int(), size: z.number().int(), root: z.string() }).nullable().describe('by the newest snapshot') }) })

export const checkpointItem = z.object({ snapshot: z.number().int(), at: instant, logs: z.number().int() })

export const checkpointListing = listingOf(checkpointItem).extend({
  origin: z.string(),
  witnesses: z.object({ quorum: z.string(), standing: standing.describe('declared: nobody but the processor says so'), list: z.array(z.object({ name: z.string(), url: z.string(), size: z.number().int().nullable(), triedAt: instantOrNull, because: z.string().nullable() })) }),
})
