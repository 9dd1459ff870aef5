import { z } from 'zod'
import { listingOf } from '../listing.ts'
import { certificateItem } from './erasure.ts'
import { contractShown } from './controller.ts'
import { instant, instantOrNull, named, people, searched, standing } from './shared.ts'
import { need } from './today.ts'

/** Refused acts, counted up to a number that is enough for a sentence. */
const refusedCounted = { refused: z.number().int(), refusedMore: z.boolean().describe('there are more than `refused`') }

export const home = z.object({
  controller: named, processor: z.object({ name: z.string(), country: z.string() }), at: instant, standing, waits: z.array(need),
  places: z.object({ underInstruction: z.number().int(), underNone: z.number().int(), people }), countries: z.array(z.object({ country: z.string().nullable().describe('null: not told'), places: z.number().int() })),
  allowed: z.array(z.object({ id: z.string(), text: z.string(), operations: z.array(z.string()), until: instantOrNull, sessions: z.number().int(), rows: z.number().int(), by: z.array(z.object({ person: named, rows: z.number().int() })).describe('who read most under it, of the newest sessions') })), ...refusedCounted, contracts: z.array(contractShown), searched,
  checkpoint: z.object({ entries: z.number().int(), fixed: z.number().int().nullable(), snapshot: z.number().int().nullable(), witnesses: z.number().int(), at: instantOrNull.describe('of the newest checkpoint') }),
  objections: z.array(z.object({ contract: z.string(), name: z.string(), until: instantOrNull.describe('null: it gets nothing before it is authorised by name') })).describe('sub-processors that wait for a word'), unread: z.number().int().describe('notices that nobody acknowledged'),
})

export const useItem = z.object({
  id: z.string(), person: named, instruction: z.string(), store: z.string(), purpose: z.string(), from: instant, until: instantOrNull.describe('null: it is open'), rows: z.number().int().describe('that left; at most, while it is open'), bytes: z.number().int(), exact: z.boolean(), because: z.string().nullable(),
})
export const useListing = listingOf(useItem).extend({ watchedSince: instantOrNull, ...refusedCounted, more: z.boolean().describe('there are older ones than are listed: they are in the evidence') })

export const noticeItem = z.object({ id: z.string(), controller: named, about: z.string(), says: z.string(), at: instant, breach: z.string().nullable(), sent: z.boolean(), acknowledged: z.object({ by: z.string().nullable(), at: instant }).nullable().describe('that a signatory said it was read; null: nobody did yet') })

export const evidence = z.object({
  controller: named, log: z.object({ origin: z.string(), size: z.number().int(), fixed: z.object({ snapshot: z.number().int(), size: z.number().int(), root: z.string() }).nullable() }), root: z.object({ origin: z.string(), snapshots: z.number().int() }),
  witnesses: z.object({ configured: z.number().int(), cosigned: z.number().int().describe('that have seen the newest snapshot') }), key: z.object({ name: z.string(), vkey: z.string().nullable().describe('what to compare with the one in your contract'), words: z.array(z.string()).describe('the same as eight words, to be read aloud') }), certificates: z.array(certificateItem), commands: z.array(z.string()),
  bundles: z.array(z.object({ at: instant, entries: z.number().int(), bytes: z.number().int(), sha256: z.string().describe('of the file'), mine: z.boolean().describe('whether this account took it') })).describe('taken here, newest first'),
})
