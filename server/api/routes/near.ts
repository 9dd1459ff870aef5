/** Refusals near in time to a finding: what was asked for and refused before somebody put a copy where none may be. That is no proof that they have to do with each other. */
import { newestDecisions } from '#ledger'
import { day, type Instant } from '#kit/time'
import { isAllowed } from '../permissions.ts'
import type { Reading } from '../reading.ts'
import type { near } from '../schemas/decision.ts'
import { shownInstant } from '../shown.ts'
import { namesOf, ownOnly, shownDecision, slotsOf } from './decisions.ts'
import type { z } from 'zod'

/** Where nobody knows after when a copy was made: so many days before it was seen. Before it was made, somebody may have asked: a day. No more days than that in all. */
const [unknownDays, beforeDays, daysMax] = [7, 1, 31]
/** Refusals that are shown, and those among which somebody's own are looked for. */
const [shownMax, ownMax] = [5, 200]

/** When a finding was first seen, and between when its copy was made, as far as that is known: by one estimate, since the beginning of one and the end of another need not meet. */
export interface Finding { readonly controller: string; readonly firstSeen: Instant; readonly made: { readonly after?: Instant | null | undefined; readonly before?: Instant | null | undefined } | null | undefined }

/** From when to when a refusal counts as near: from a day before the copy can have been made until it must have been there. */
export function nearTo({ firstSeen, made }: Omit<Finding, 'controller'>): { readonly from: Instant; readonly to: Instant } {
  const to = Math.min(made?.before ?? firstSeen, firstSeen)
  return { to, from: Math.max((made?.after ?? to - unknownDays * day) - beforeDays * day, to - daysMax * day) }
}

/** Newest first, of the controller whose data were found, as far as whoever asks may read decisions; null: they may not, or it is nobody whose own they could be. Engineers see their own alone, looked for among so many of the newest, and both is said. */
export async function refusalsNear(reading: Reading, finding: Finding): Promise<z.output<typeof near> | null> {
  if (!isAllowed('GET /decisions', reading.principal)) return null
  const names = await namesOf(reading)
  const [{ from, to }, slots, own] = [nearTo(finding), await slotsOf(reading, names.controllers, finding.controller), ownOnly(reading)]
  if (own === '') return null
  const entries = await newestDecisions(reading.log, { slots, outcome: 'refused', since: from, until: Math.min(to, reading.at), limit: own === undefined ? shownMax + 1 : ownMax })
  const refusals = entries.map((entry) => shownDecision(entry, names)).filter(({ person }) => own === undefined || person?.id === own)
  return { from: shownInstant(from) ?? '', to: shownInstant(to) ?? '', refusals: refusals.slice(0, shownMax), more: refusals.length > shownMax, own: own !== undefined, cut: own !== undefined && entries.length === ownMax }
}
