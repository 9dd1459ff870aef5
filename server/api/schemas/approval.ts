import { z } from 'zod'
import { approvalUses } from '#instruction'
import { instant, instantOrNull } from './shared.ts'

export const approvalItem = z.object({
  id: z.string(), state: z.enum(['asked', 'given', 'refused', 'withdrawn', 'lapsed']), instruction: z.string(), use: z.enum(approvalUses), person: z.string().describe('who asked, and then acts'), reason: z.string(),
  what: z.record(z.string(), z.unknown()).nullable().describe('all that a copy or a disclosure would do; null of sessions'), whatSha256: z.string().nullable().describe('what it is given with: SHA-256 of `what` as canonical JSON'),
  minutes: z.number().int(), times: z.number().int(), used: z.number().int(), askedAt: instant, givenBy: z.string().nullable(), givenAt: instantOrNull, until: instantOrNull.describe('the first moment at which it is good no more'), endedAt: instantOrNull,
})
