/** What the instruction is for: three activities, each a query of ours, whose results the client's contract takes with it when it ends. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { allActivities, runActivity, settleActivities, type Activity } from '#activity'
import type { Bailee } from '#composition'
import type { Instant } from '#kit/time'
import { asSuperuser, connected, type Clients } from './clients.ts'

/** Names of the files; they can be run by hand, too. */
export const activityFiles = ['at-risk.sql', 'genres.sql', 're-engage.sql'] as const

export interface Segments { readonly activities: readonly Activity[]; /** People on the list of those to be written to who had not agreed. */ readonly optedOut: number; /** Of those who hardly listen, how many were left out because they had not agreed. */ readonly leftOut: number }

/** Runs what was not run yet: a story that was killed goes on. */
export async function makeSegments({ bailee, clients }: { readonly bailee: Bailee; readonly clients: Clients }, at: Instant): Promise<Segments> {
  await settleActivities(bailee, at)
  const before = (await allActivities(bailee.database)).filter(({ state }) => state === 'made')
  const activities: Activity[] = []
  for (const name of activityFiles) {
    const text = readFileSync(join(import.meta.dirname, 'activities', name), 'utf8')
    activities.push(before.find((one) => one.name === name) ?? await runActivity(bailee, { instruction: 'INS-1', person: 'noa', purpose: 'Marketing', name, text }, at))
  }
  await letErase(clients)
  const list = activities[2]?.made?.place ?? ''
  const counted = await asSuperuser(clients.server, 'crm', async (client) => (await client.query<{ optedOut: number; leftOut: number }>(`
    select (select count(*)::int from ${list} join crm.listener using (user_id) where newsletter is not true) as "optedOut", (select count(*)::int from crm.listener where tracks_per_day < 5 and newsletter is not true) as "leftOut"`)).rows[0])
  return { activities, optedOut: counted?.optedOut ?? 0, leftOut: counted?.leftOut ?? 0 }
}

/** What an administrator does when an instruction is first worked under: the account that erases may drop what is derived, also when its schema was taken back from the instruction (`docs/guide/gateway.md`). */
async function letErase(clients: Clients): Promise<void> {
  await connected(clients.server.url('crm'), async (client) => {
    await client.query('grant bailee_gateway to bailee_erase')
    for (const { role } of (await client.query<{ role: string }>(`select quote_ident(rolname) as role from pg_roles where rolname like 'ins\\_%'`)).rows) await client.query(`grant ${role} to bailee_erase`)
  })
}
