import { z } from 'zod'
import { roles } from '../principal.ts'
import { instant, instantOrNull, named } from './shared.ts'

export const accountItem = z.object({
  id: z.string(), name: z.string(), role: z.enum(roles), controller: named.nullable(), person: z.string().nullable(), endsAt: instantOrNull, openedAt: instant, closedAt: instantOrNull, sessions: z.number().int(), passkeys: z.number().int(),
  linkedAt: instantOrNull.describe('since when it is known to the firm\'s own sign-in; null: it is not'), invitedUntil: instantOrNull.describe('until when a link that was not used yet is good; null: there is none'),
})

export const sessionItem = z.object({
  id: z.string(), account: z.string(), way: z.enum(['link', 'passkey', 'oidc']), begunAt: instant, usedAt: instant, until: instant, current: z.boolean().describe('the one that asks'),
})

export const settings = z.object({
  origin: z.string().describe('what browsers name this server by'), passkeys: z.boolean(),
  oidc: z.object({ name: z.string(), issuer: z.string(), clientId: z.string() }).nullable(), callback: z.string().describe('where a sign-in provider sends people back to'),
  mail: z.object({ way: z.enum(['e-mail', 'webhook']), from: z.string().nullable(), set: z.boolean().describe('whether what it refers to is set here') }).nullable().describe('how reminders go, as declared; null: nobody is reminded'),
})
