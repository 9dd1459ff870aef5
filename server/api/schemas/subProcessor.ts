import { z } from 'zod'
import { listingOf } from '../listing.ts'
import { instant, instantOrNull, named, standing } from './shared.ts'

export const subProcessorItem = z.object({
  name: z.string(), country: z.string(), contact: z.string(), address: z.string().nullable(), purpose: z.string().nullable(), engagedBy: z.string().nullable().describe('null: by the processor'), tier: z.number().int(), missing: z.array(z.string()).describe('what of its identity nobody told'),
  controller: named, contract: z.string(), authorisation: z.enum(['general', 'specific', 'none']), noticeDays: z.number().int().nullable(), standing,
  state: z.enum(['agreed', 'listed', 'announced', 'objected', 'authorised', 'withdrawn']), since: instant, until: instantOrNull.describe('until when its controller may object; null: silence says nothing'), mayObject: z.boolean(), authorised: z.boolean().describe('whether it may have data at the moment shown'), because: z.string().nullable().describe('why not'),
  signatory: z.string().nullable(), reasons: z.string().nullable().describe('of an objection'), disclosures: z.number().int(), lastAt: instantOrNull, rows: z.number().int(),
})
export const subProcessorListing = listingOf(subProcessorItem).extend({
  untold: z.array(z.string()).describe('contracts that say nothing of sub-processors: that is not "there are none"'), none: z.array(z.string()).describe('contracts that say that there are none'), open: z.number().int().describe('that may still be objected to'),
})
