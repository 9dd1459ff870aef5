import { z } from 'zod'
import { instant, instantOrNull } from './shared.ts'

export const tokenItem = z.object({
  id: z.string(), account: z.string(), name: z.string(), scopes: z.array(z.string()), issuedBy: z.string(), issuedAt: instant, expiresAt: instant, revokedAt: instantOrNull, usedAt: instantOrNull.describe('to the minute; null: never'),
  good: z.boolean().describe('whether it is neither revoked nor over, and its account is as it was: one that was closed, ended or given another role ends its tokens'),
})
