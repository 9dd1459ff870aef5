import { z } from 'zod'
import { listingOf } from '../listing.ts'
import { instant, instantOrNull, named, standing } from './shared.ts'

const told = <Value extends z.ZodType>(value: Value) => z.union([z.object({ is: z.literal('told'), value }), z.object({ is: z.literal('none') }), z.object({ is: z.literal('missing') }), z.object({ is: z.literal('not_needed') })])
const contact = z.object({ name: z.string(), contact: z.string(), country: z.string().optional() })
const party = z.object({ name: z.string(), country: z.string(), address: told(z.string()), email: told(z.string()), telephone: told(z.string()), representative: told(contact), dpo: told(contact) })

/** The record of processing of one controller, Art. 30(2). */
export const registerItem = z.object({
  controller: party.extend({ id: z.string() }), processor: party, compliant: z.boolean().describe('nothing that Art. 30(2) requires is missing'), standing,
  contracts: z.array(z.object({ id: z.string(), starts: instant, ends: instantOrNull, endedAt: instantOrNull, subjectMatter: z.string().nullable(), choice: z.string().nullable() })),
  categories: z.array(z.object({ instruction: z.string(), contract: z.string(), state: z.string(), purposes: z.array(z.string()), operations: z.array(z.string()), environments: z.array(z.string()), from: instantOrNull, until: instantOrNull, inForce: z.boolean(), observed: z.object({ sessions: z.number().int(), rows: z.number().int(), first: instant, last: instant }).nullable() })),
  transfers: told(z.array(z.object({ contract: z.string().nullable(), country: z.string(), tool: told(z.string()), declared: z.boolean(), seen: z.array(z.string()) }))), measures: told(z.array(z.object({ heading: z.string(), text: z.string() }))),
  subProcessors: told(z.array(z.object({ name: z.string(), country: z.string(), contact: z.string(), purpose: z.string().nullable() }))), places: z.array(z.object({ store: z.string(), kind: z.string(), environment: z.string(), class: z.string(), country: z.string(), datasets: z.array(z.string()) })), copies: z.number().int(),
  missing: z.array(z.object({ code: z.string(), contract: z.string().nullable(), required: z.boolean(), says: z.string() })), drift: z.array(z.object({ kind: z.string(), article: z.string(), about: z.string(), says: z.string() })),
})

export const registerListing = listingOf(registerItem).extend({ lacking: z.object({ controllers: z.number().int(), things: z.number().int() }).describe('of all pages: records that lack what Art. 30(2) requires, and how much') })

export const assessment = z.object({
  id: z.string(), controller: named.nullable(), asks: z.string().nullable().describe('the question; null: answered now, and not recorded'), rule: z.string(), article: z.string(), at: z.string(), outcome: z.string(), standing: standing.describe('declared: it rests on what was told'), reasons: z.array(z.string()), unconfirmed: z.array(z.string()), euros: z.object({ ceiling: z.number(), least: z.number(), most: z.number() }).nullable(),
})

const fact = z.object({ name: z.string(), says: z.string().nullable(), value: z.string(), source: z.string() })

export const assessmentPage = assessment.extend({
  question: z.string().nullable(), verdict: z.enum(['yes', 'no', 'range', 'not in force']).nullable(), facts: z.array(fact), pending: z.array(z.string()).describe('proposed, and not law'), note: z.string().nullable(), by: z.string().nullable(),
  recordedAt: instantOrNull.describe('null: answered now from what is declared, and not recorded'), replaces: z.string().nullable(), activity: z.string().nullable(),
  since: z.object({ is: z.enum(['as it was', 'inputs changed since', 'rule changed since', 'replaced']), says: z.array(z.string()), now: z.string().nullable() }).nullable(),
})

export const questionItem = z.object({ id: z.string(), asks: z.string(), obligations: z.array(z.string()), rules: z.array(z.object({ name: z.string(), from: z.string() })), facts: z.array(z.object({ name: z.string(), says: z.string(), shape: z.string(), optional: z.boolean() })) })

/** A file of the register, in base64. Its hash was recorded before it was sent. */
export const registerFile = z.object({ name: z.string(), mediaType: z.string(), sha256: z.string(), bytes: z.number().int(), base64: z.string(), entry: z.string() })
