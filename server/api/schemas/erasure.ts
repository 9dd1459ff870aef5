import { z } from 'zod'
import { instant, instantOrNull, named, notSeen, standing } from './shared.ts'

export const states = ['opened', 'planned', 'erasing', 'searched_again', 'confirmed', 'certified', 'reopened'] as const
export const statuses = ['complete', 'complete_with_exceptions', 'pending_backup_expiry', 'partial', 'invalidated'] as const
const obstacle = z.object({ store: z.string(), place: z.string(), because: z.string() })

export const certificateItem = z.object({
  id: z.string(), erasure: z.string(), controller: named, status: z.enum(statuses), standing: standing.describe('verified: it holds as far as is known; pending: backups have yet to expire; unknown: it is partial, and says of what; invalid: it no longer holds'),
  issuedAt: instant, entry: z.number().int(), invalidatedAt: instantOrNull, invalidatedBecause: z.string().nullable(),
})

export const erasureItem = z.object({
  id: z.string(), controller: named, contract: z.string(), cause: z.string(), state: z.enum(states), standing, openedAt: instant, deadline: instant, overdue: z.boolean(), retrieveUntil: instantOrNull, choice: z.string(), waits: z.object({ what: z.string(), because: z.string() }).nullable(),
  paused: z.object({ by: z.string(), at: instantOrNull }).nullable(), places: z.number().int(), done: z.number().int(), residual: z.number().int().nullable().describe('people still found by the second search; null: not searched again, so not known'), certificate: certificateItem.nullable(),
})

export const placeItem = z.object({
  number: z.number().int(), store: z.string(), environment: z.string(), place: z.string(), what: z.string(), method: z.string(), standing, state: z.enum(['planned', 'begun', 'done', 'blocked']), found: z.number().int().describe('people'), rows: z.number().int(), rowsErased: z.number().int().nullable(),
  left: z.number().int().nullable().describe('people found there by the second search; null: not searched again'), because: z.string().nullable(), begunAt: instantOrNull, doneAt: instantOrNull,
})

export const erasurePage = erasureItem.extend({
  operator: z.string().nullable(), operators: z.array(z.string()), confirmedBy: z.string().nullable(), round: z.number().int(), placeList: z.array(placeItem),
  searchedAgain: z.object({ sweep: z.string(), at: instant, stores: z.number().int(), searched: z.number().int(), notSeen }).nullable(), blocked: z.array(obstacle),
  today: z.object({ status: z.enum(statuses), obstacles: z.array(obstacle), backups: z.array(z.object({ store: z.string(), until: z.string() })) }).describe('what the certificate would say now'),
  exceptions: z.array(z.object({ id: z.string(), store: z.string(), place: z.string(), rows: z.string().nullable(), jurisdiction: z.string(), statute: z.string(), until: instant, by: z.string() })),
  subProcessors: z.array(z.object({ name: z.string(), country: z.string(), standing, askedAt: instantOrNull, outcome: z.enum(['certificate', 'statement', 'none']).nullable(), says: z.string().nullable(), remind: z.boolean() })),
  workers: z.array(z.object({ work: z.string(), store: z.string().nullable(), done: z.number().int(), total: z.number().int(), share: z.number().nullable(), secondsLeft: z.number().nullable() })), certificates: z.array(certificateItem),
  terms: z.object({ endedAt: instantOrNull, days: z.number().int().describe('from the end to the deadline'), clause: z.string().nullable(), choice: z.enum(['delete', 'return', 'send_on']).nullable().describe('null: nobody chose'), recipient: z.string().nullable(), chosenBy: z.string().nullable(), chosenAt: instantOrNull }),
  history: z.object({ plannedAt: instantOrNull, confirmedAt: instantOrNull, left: z.array(z.object({ at: instant, kind: z.enum(['search', 'search again']), people: z.number().int().describe('known to be left: at least so many'), unsure: z.boolean().describe('something was not searched') })) }),
})

export const certificatePage = certificateItem.extend({
  document: z.record(z.string(), z.unknown()).describe('what was signed'), holds: z.boolean(), findings: z.array(z.string()).describe('open ones of the same controller that are later'), erasureState: z.enum(states), sha256: z.string().describe('of the signed envelope'), envelope: z.string().describe('DSSE, in base64'), versions: z.array(z.string()),
})

export const requestItem = z.object({
  id: z.string(), controller: named, kind: z.enum(['access', 'erasure']), instruction: z.string(), operator: z.string(), openedAt: instant, closedAt: instantOrNull, standing, found: z.number().int().nullable(), erased: z.number().int().nullable(), residual: z.number().int().nullable(), notSeen,
})
