import { z } from 'zod'
import { listingOf } from '../listing.ts'
import { instant, instantOrNull, named, standing } from './shared.ts'

export const figure = z.union([
  z.object({ country: z.string(), kind: z.literal('known'), people: z.number().int() }), z.object({ country: z.string(), kind: z.literal('range'), low: z.number().int(), high: z.number().int().nullable().describe('null: at least so many') }), z.object({ country: z.string(), kind: z.literal('unknown') }),
])
const clock = z.object({ of: z.string(), law: z.string(), due: instantOrNull, over: z.boolean() })

export const breachItem = z.object({
  id: z.string(), controller: named, contract: z.string(), nature: z.string(), standing, cause: z.object({ kind: z.enum(['sample', 'finding', 'told']), finding: z.string().nullable(), found: z.number().int().nullable().describe('rows of a sample that are of its people'), people: z.number().int().nullable() }),
  openedBy: z.string(), awareAt: instant, openedAt: instant, attributed: z.boolean(), counted: z.boolean(), described: z.boolean(), people: figure.nullable().describe('everywhere; null: not counted yet'), notices: z.number().int(), sentAt: instantOrNull, due: instantOrNull, overdue: z.boolean(),
})

export const breachPage = breachItem.extend({
  clocks: z.array(clock), figures: z.array(figure), countedFrom: z.object({ source: z.enum(['stores', 'recorded earlier', 'both', 'none']), asOf: instantOrNull, places: z.array(z.string()), limits: z.array(z.enum(['counted later', 'partly counted', 'overlap', 'more than counted'])) }).nullable(), effects: z.string().nullable(), measures: z.string().nullable(),
  attribution: z.array(z.object({
    dataset: z.string(), answer: z.string(), says: z.object({ en: z.string(), fr: z.string() }), rows: z.number().int(), people: z.number().int().nullable(), telling: z.number().int(), columns: z.array(z.string()), compared: z.number().int(), limits: z.array(z.string()),
    fits: z.array(z.object({ copy: z.string(), share: z.number(), shareBesideUnknown: z.number() })),
  })),
  noticeList: z.array(z.object({ phase: z.number().int(), draftedAt: instant, sha256: z.string(), text: z.object({ en: z.string(), fr: z.string() }), sent: z.array(z.object({ at: instant, by: z.string(), channel: z.string(), outcome: z.enum(['begun', 'sent', 'not sent', 'unknown']).describe('begun, unknown: nobody knows whether it arrived'), receipt: z.string().nullable() })) })),
})

/** One breach as the record of Art. 33(5) holds it. */
export const breachRecord = z.object({
  id: z.string(), controller: named, contract: z.string(), nature: z.string(), cause: z.enum(['sample', 'finding', 'told']), openedBy: z.string(), openedAt: instant, awareAt: instant, origin: z.object({ en: z.array(z.string()), fr: z.array(z.string()) }), categories: z.array(z.string()).nullable().describe('null: not told'), people: figure.nullable().describe('everywhere; null: not counted yet'),
  effects: z.string().nullable(), remedialAction: z.string().nullable(), notices: z.number().int(), toldAt: instantOrNull, hoursTaken: z.number().nullable(), hoursGiven: z.number().nullable().describe('null: the contract says nothing'), late: z.boolean(), delay: z.string().nullable(),
  lacks: z.array(z.enum(['not attributed', 'not counted', 'effects', 'remedial action', 'not told', 'not known whether told', 'told late, no reason'])),
})
export const breachRegisterListing = listingOf(breachRecord).extend({ processor: z.string(), lacking: z.number().int().describe('records that lack something'), late: z.number().int() })
