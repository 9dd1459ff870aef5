import { z } from 'zod'
import { dimensions } from '#decision'
import { approvalUses, operations } from '#instruction'
import { listingOf } from '../listing.ts'
import { instant, instantOrNull, named } from './shared.ts'

export const act = z.object({
  person: z.string().min(1).max(200), controller: z.string().min(1).max(200), purpose: z.string().min(1).max(200), operation: z.enum(operations),
  data: z.record(z.string().min(1).max(200), z.union([z.literal('*'), z.array(z.string().max(200)).max(2_000)])), environment: z.string().min(1).max(200),
  recipient: z.string().min(1).max(200).optional(), identifiable: z.boolean(), instruction: z.string().min(1).max(200).optional(),
})

export const decided = z.object({
  outcome: z.enum(['allowed', 'refused']), under: z.array(z.string()), failing: z.array(z.enum(dimensions)), against: z.array(z.string()), articles: z.array(z.string()), exposure: z.array(z.string()),
})

export const decisionItem = z.object({
  id: z.string().describe('the log and the index of its entry: LOG-INDEX'), at: instant, controller: named.nullable().describe('null: it was refused before it was known whose data were meant'), entry: z.number().int(),
  outcome: z.enum(['allowed', 'refused']), person: named.nullable(), purpose: z.string().nullable(), operation: z.string().nullable(), environment: z.string().nullable(), datasets: z.array(z.string()),
  under: z.array(z.string()), failing: z.array(z.string()), readable: z.boolean().describe('false: its key was destroyed, and what was decided is not known any more'),
})

export const decisionListing = listingOf(decisionItem).extend({ more: z.boolean().describe('there are more than `total`, which is where counting ended') })

export const near = z.object({ from: instant, to: instant, refusals: z.array(decisionItem), more: z.boolean(), own: z.boolean().describe('only those of whoever asks are shown: others there may be'), cut: z.boolean().describe('own ones were looked for among the newest alone') }).describe('acts on data of the same controller that were refused shortly before the copy must have been there, newest first: no proof that they have to do with it; null: who asks may read no decisions')

export const decisionPage = decisionItem.extend({
  act: z.record(z.string(), z.unknown()).nullable().describe('what was asked for, as it was recorded'), decision: decided.nullable(), because: z.string().nullable(),
  now: decided.nullable().describe('what the same act would come to at the moment shown; null where that cannot be judged'),
  roads: z.array(z.object({ instruction: z.string(), text: z.string(), failing: z.array(z.enum(dimensions)) })).describe('accepted instructions of the same controller, from the one that lacks least'),
})

const scope = z.strictObject({
  id: z.string().min(1).max(200), contract: z.string().min(1).max(200), text: z.string().max(4_000), purposes: z.array(z.string().min(1).max(200)).max(200), operations: z.array(z.enum(operations)).max(20),
  data: z.record(z.string().min(1).max(200), z.union([z.literal('*'), z.array(z.string().min(1).max(200)).max(2_000)])), environments: z.array(z.string().min(1).max(200)).max(200),
  recipients: z.array(z.string().min(1).max(200)).max(200).optional(), identifiable: z.boolean().optional(), transform: z.record(z.string(), z.unknown()).optional(), expires_after_days: z.number().int().positive().max(36_500).optional(), sensitive: z.array(z.string().min(1).max(200)).max(2_000).optional(),
  from: z.string().max(40), until: z.string().max(40).optional(), rows_per_session: z.number().int().positive().optional(), rows_per_day: z.number().int().positive().optional(), supersedes: z.string().min(1).max(200).optional(),
  second_person: z.strictObject({ uses: z.array(z.enum(approvalUses)).min(1), minutes: z.number().int().positive().max(1_440) }).optional().describe('uses that a second person approves each time'),
})

export const scopeBody = scope.describe('as in bailee.yaml')
export const previewBody = z.strictObject({ scope: scopeBody, act: act.optional().describe('one act to try'), days: z.number().int().min(1).max(400).default(90).describe('acts of so many days to try') })

export const preview = z.object({
  allows: z.boolean().describe('whether it would allow anything at all'), columns: z.array(z.object({
    dataset: z.string(), store: z.string(), environment: z.string(), allowed: z.array(z.string()), identifying: z.array(z.string()), closed: z.array(z.string()).describe('declared, and not named'), unknown: z.array(z.string()), reached: z.boolean().describe('where it lies is among the environments named'),
    rows: z.array(z.string()).describe('of tables that several controllers share: the only rows; empty: all'),
  })), problems: z.array(z.string()),
  people: z.array(z.object({ person: named, outcome: z.enum(['allowed', 'refused']), failing: z.array(z.enum(dimensions)) })).describe('who could act on it at once, and what others lack'),
  operations: z.object({ allowed: z.array(z.string()), not: z.array(z.string()) }), environments: z.object({ allowed: z.array(z.string()), not: z.array(z.string()) }), from: instantOrNull, until: instantOrNull,
  tried: decided.nullable(), acts: z.object({ since: instant, tried: z.number().int(), stillAllowed: z.number().int(), newlyAllowed: z.number().int(), newlyRefused: z.number().int(), capped: z.boolean().describe('there were more than were tried'), changed: z.array(z.object({ decision: z.string(), now: z.enum(['allowed', 'refused']) })) }),
})
