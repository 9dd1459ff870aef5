import { z } from 'zod'
import { operations } from '#instruction'
import { instant } from './shared.ts'

const text = z.string().max(4_000)
const names = z.array(z.string().max(200)).max(200)

/** What somebody is writing: every side may still be empty. */
export const draftScope = z.strictObject({
  id: z.string().max(200), contract: z.string().max(200), text, purposes: names, operations: z.array(z.enum(operations)).max(20), data: z.record(z.string().min(1).max(200), z.union([z.literal('*'), z.array(z.string().min(1).max(200)).max(2_000)])), environments: names,
  recipients: names.optional(), identifiable: z.boolean().optional(), transform: z.record(z.string().max(200), z.unknown()).optional(), expires_after_days: z.number().int().positive().max(36_500).optional(), sensitive: names.optional(),
  from: z.string().max(40), until: z.string().max(40).optional(), rows_per_session: z.number().int().positive().optional(), rows_per_day: z.number().int().positive().optional(), supersedes: z.string().max(200).optional(),
})

export const draftId = z.string().regex(/^[A-Za-z0-9-]{8,64}$/, 'an id of your own: letters, digits and dashes, 8 to 64')
export const draftItem = z.object({ id: z.string(), changedAt: instant, scope: draftScope })
