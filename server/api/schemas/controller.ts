import { z } from 'zod'
import { listingOf } from '../listing.ts'
import { instant, instantOrNull, named, people, searched, standing } from './shared.ts'

export const contractShown = z.object({
  id: z.string(), starts: instant, ends: instantOrNull, endedAt: instantOrNull, endedBecause: z.string().nullable(),
  choice: z.object({ choice: z.enum(['delete', 'return', 'send_on']), recipient: z.string().nullable(), from: z.enum(['contract', 'signatory']) }).nullable().describe('null: nobody chose, and nothing is assumed'),
})

export const controllerItem = z.object({
  id: z.string(), name: z.string(), country: z.string(), standing: standing.describe('of where its data are: invalid with an open finding, unknown where not everything was searched'),
  contracts: z.object({ live: z.number().int(), ended: z.number().int() }), nextEnd: instantOrNull,
  instructions: z.object({ inForce: z.number().int(), proposed: z.number().int() }), datasets: z.number().int(), copies: z.number().int(), exits: z.number().int().describe('not certified'),
  findings: z.object({ open: z.number().int(), people }), searched,
})

export const controllerListing = listingOf(controllerItem).extend({ found: z.number().int().describe('of all pages: controllers with an open finding') })

export const controllerPage = controllerItem.extend({
  contractList: z.array(contractShown),
  signatories: z.array(z.object({ name: z.string(), key: z.enum(['signatory', 'this machine']).nullable().describe('where its private half is; null: none is registered') })),
  datasetList: z.array(z.object({ id: z.string(), store: z.string(), environment: z.string(), tables: z.number().int(), columns: z.number().int(), checkedAt: instantOrNull, standing })),
  subProcessors: z.object({ authorisation: z.enum(['general', 'specific', 'none']), list: z.array(z.object({ name: z.string(), country: z.string(), purpose: z.string().nullable() })) }).nullable().describe('null: not told'),
  contacts: z.array(z.object({ role: z.string(), name: z.string().nullable(), contact: z.string().nullable(), told: z.enum(['told', 'there is none', 'not told']) })),
  instructionList: z.array(named.extend({ state: z.string(), inForce: z.boolean() })),
})
