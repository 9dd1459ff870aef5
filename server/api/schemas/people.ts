import { z } from 'zod'
import { instant, instantOrNull, named, standing } from './shared.ts'
import { grantShown } from './instruction.ts'

export const personItem = named.extend({
  role: z.string(), here: z.boolean(), leftAt: instantOrNull, committedAt: instantOrNull.describe('null: nothing binds this person to confidentiality, and every act is refused'),
  trainings: z.array(z.object({ id: z.string(), title: z.string(), passedAt: instantOrNull, lapsesAt: instantOrNull, standing: standing.describe('verified while it counts, invalid when it lapsed or was never passed') })),
  grants: z.number().int().describe('that hold'), proposed: z.number().int(), standing: standing.describe('of whether this person may act: committed, trained and granted'),
})

export const personPage = personItem.extend({
  contact: z.string(), grantList: z.array(grantShown.extend({ controller: named })),
  use: z.array(z.object({ instruction: z.string(), store: z.string(), sessions: z.number().int(), rows: z.number().int(), last: instant })), openSessions: z.number().int(),
  anomalies: z.array(z.object({ at: instant, instruction: z.string(), kind: z.string(), says: z.string() })),
})
