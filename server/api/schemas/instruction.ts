import { z } from 'zod'
import { operations } from '#instruction'
import { instant, instantOrNull, named, standing } from './shared.ts'

export const instructionItem = z.object({
  id: z.string(), controller: named, contract: z.string(), state: z.enum(['proposed', 'accepted', 'superseded', 'withdrawn']), inForce: z.boolean(),
  standing: standing.describe('of its acceptance: verified with a key or a passkey that the signatory keeps, declared with one on this machine, pending while it is proposed'),
  text: z.string(), purposes: z.array(z.string()), operations: z.array(z.enum(operations)), environments: z.array(z.string()), recipients: z.array(z.string()), identifiable: z.boolean().nullable(),
  data: z.array(z.object({ dataset: z.string(), columns: z.union([z.literal('*'), z.array(z.string())]) })),
  from: instantOrNull, until: instantOrNull, rowsPerSession: z.number().int().nullable(), rowsPerDay: z.number().int().nullable(),
  acceptedAt: instantOrNull, acceptedBy: z.string().nullable(), acceptedWith: z.enum(['signatory', 'this machine', 'passkey']).nullable().describe('where the key is that signed: with the signatory, on this machine, or in a passkey'), endedAt: instantOrNull, supersedes: z.string().nullable(), supersededBy: z.string().nullable(), endedReason: z.string().nullable().describe('why its controller refused it or took it back'), grants: z.number().int().describe('approved, and not over'),
})

export const grantShown = z.object({
  id: z.string(), person: named, instruction: z.string(), state: z.enum(['proposed', 'approved', 'revoked']), until: instant, holds: z.boolean(),
  proposedBy: z.string().nullable(), approvedBy: z.string().nullable(), approvedAt: instantOrNull, revokedAt: instantOrNull,
  emergency: z.string().nullable().describe('why it was opened without a second person'), reviewedBy: z.string().nullable(), reviewedAt: instantOrNull,
})

export const instructionPage = instructionItem.extend({
  scope: z.record(z.string(), z.unknown()).describe('as it was proposed, key by key'), scopeSha256: z.string().describe('of what a signatory signs'),
  grantList: z.array(grantShown),
  warnings: z.array(z.object({ number: z.number().int(), provision: z.string(), reasons: z.string().nullable(), by: z.string(), at: instant, suspended: z.boolean(), answer: z.enum(['upheld', 'agreed']).nullable(), answerSays: z.string().nullable(), endedAt: instantOrNull })).describe('that it infringes the law (Art. 28(3)), the newest first'),
  use: z.object({ sessions: z.number().int(), rows: z.number().int(), first: instant, last: instant }).nullable().describe('null: nobody has used it'),
  versions: z.array(z.object({ id: z.string(), state: z.string() })).describe('that it supersedes or is superseded by, oldest first, itself among them'),
})
