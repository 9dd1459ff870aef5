import { z } from 'zod'
import { instant, instantOrNull, named } from './shared.ts'

export const reviewItem = z.object({ id: z.string(), controller: named, openedAt: instant, endsAt: instant, closedAt: instantOrNull, items: z.number().int(), left: z.number().int().describe('not settled: what is not kept and confirmed before the end is revoked') })

export const reviewPage = reviewItem.extend({
  grants: z.array(z.object({
    grant: z.string(), person: named, instruction: z.string(), lastUsedAt: instantOrNull.describe('null: no use on record'), answer: z.enum(['keep', 'revoke']).nullable(), reason: z.string().nullable(), answeredBy: z.string().nullable(), confirmedBy: z.string().nullable(), outcome: z.enum(['kept', 'revoked', 'revoked unanswered']).nullable(),
  })),
})

export const trainingItem = z.object({ id: z.string(), title: z.string(), validMonths: z.number().int(), requiredFor: z.array(z.string()).nullable().describe('roles; null: everybody'), course: z.string().nullable().describe('null: somebody else\'s word passes it'), passed: z.number().int().describe('people who are here and for whom it counts'), required: z.number().int() })

/** Which answer is right is not told before all are given. */
export const trainingPage = trainingItem.extend({
  text: z.object({ language: z.string(), languages: z.array(z.string()), version: z.string(), minutes: z.number(), pass: z.number().int(), sha256: z.string(), text: z.string(), questions: z.array(z.object({ id: z.string(), question: z.string(), answers: z.array(z.object({ id: z.string(), text: z.string() })) })) }).nullable(),
})
