/** What goes on between two weeks, and what is recorded of it beforehand: who the people are by country, and which values changed. Without it, no leak is attributed or counted once the data are gone. */
import { recordDue } from '#breach'
import { traceContext, type Bailee } from '#composition'
import type { Instant } from '#kit/time'
import { connected, type Clients } from './clients.ts'

/** One listener of twelve changes plan, town or habit; the same ones, however often a week is begun again. */
const change = `
  update crm.listener set plan = (array['free', 'premium', 'family', 'student', 'trial'])[1 + (tracks_per_day + $1) % 5], tracks_per_day = (tracks_per_day + 7 + $1) % 90, minutes_per_day = 3 * ((tracks_per_day + 7 + $1) % 90) + $1
  where ('x' || substr(md5(user_id || ' week ' || $1), 1, 4))::bit(16)::int % 12 = 0 and minutes_per_day <> 3 * tracks_per_day + $1`

/** Lets people change, as they do. */
export async function letPeopleChange(clients: Clients, week: number): Promise<void> {
  await connected(clients.url('crm', 'owner'), async (client) => client.query(change.replaceAll('$1', String(week))))
}

/** The reading and the count that a worker makes every week; once each, also when a step is begun again. Resolves to the datasets that were counted, and those that could not be. */
export async function recordWeek(bailee: Bailee, at: Instant): Promise<{ readonly counted: readonly string[]; readonly not: readonly string[] }> {
  const { taken, missed } = await recordDue(traceContext(bailee), at, { everySeconds: 1 })
  return { counted: taken.map(({ dataset }) => dataset), not: missed.map(({ dataset }) => dataset) }
}
