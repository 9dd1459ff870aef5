import { z } from 'zod'
import { listingOf } from '../listing.ts'
import { near } from './decision.ts'
import { instant, instantOrNull, named, people, searched, standing } from './shared.ts'

/** A place that holds some of a controller's data. */
export const copyItem = z.object({
  id: z.string(), kind: z.enum(['dataset', 'derived', 'transfer', 'finding']).describe('declared; derived under an instruction; a governed copy; found under none'),
  controller: named, store: z.string(), environment: z.string(), place: z.string(), standing, instruction: z.string().nullable().describe('null: none covers it, or it is the dataset itself'),
  people: z.number().int().nullable().describe('null: not counted'), rows: z.number().int().nullable(), since: instantOrNull, until: instantOrNull, from: z.array(z.string()).describe('datasets or places that it was made from'),
  seenAt: instantOrNull.describe('when a search last saw it there'), others: z.number().int(), gone: z.boolean(),
})

export const mapStore = z.object({ id: z.string(), kind: z.string(), environment: z.string(), standing: standing.describe('of the newest search: verified when nothing of it was left out'), copies: z.number().int() })
export const mapEnvironment = z.object({ id: z.string(), class: z.enum(['production', 'non-production']), country: z.string().nullable(), stores: z.array(mapStore) })

export const copyListing = listingOf(copyItem).extend({
  environments: z.array(mapEnvironment), searched, underInstruction: z.number().int(), underNone: z.number().int(),
  outside: z.array(z.object({ name: z.string(), country: z.string(), standing, disclosures: z.number().int(), last: instantOrNull })).describe('with sub-processors: their word'),
  moments: z.array(z.object({ at: instant, what: z.enum(['declared', 'derived', 'copied', 'erased', 'found', 'resolved', 'searched', 'disclosed']), count: z.number().int(), about: z.string() })).describe('steps of the slider, oldest first'),
})

export const copyPage = copyItem.extend({
  columns: z.array(z.object({ name: z.string(), is: z.string(), how: z.string().nullable() })), person: named.nullable(), purpose: z.string().nullable(), because: z.string().nullable(),
  madeAfter: instantOrNull, madeBefore: instantOrNull, related: z.array(z.string()).describe('other copies of the same source'), peopleBounds: people.nullable(), command: z.string().describe('the same in the terminal'), near: near.nullable(),
})
