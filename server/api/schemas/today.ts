import { z } from 'zod'
import { instantOrNull, instant, named, people, searched, standing } from './shared.ts'

export const needKinds = ['finding', 'proposal', 'grant', 'approval', 'training', 'copy', 'exit', 'choice', 'breach', 'road'] as const

/** Something that somebody has to do. */
export const need = z.object({
  kind: z.enum(needKinds), standing, controller: named.nullable(),
  /** What it is about, by id: a finding, an instruction, a grant, an approval, a person, a copy, an exit case, a contract, a breach, a store. */
  ids: z.array(z.string()), count: z.number().int(), people: people.nullable(),
  due: instantOrNull.describe('by when; null: no time is set'), since: instantOrNull, overdue: z.boolean(), detail: z.string().nullable().describe('what it waits for, in the words of the ledger'),
})

export const today = z.object({
  at: instant, items: z.array(need).describe('the most pressing, at most 100'), total: z.number().int().describe('how many there are'), searched,
  acts: z.object({ sessions: z.number().int(), rows: z.number().int(), since: instant }).describe('at the gateway, within a day'),
  clocks: z.object({ breaches: z.number().int().describe('open ones'), nextEnd: z.object({ contract: z.string(), controller: named, at: instant }).nullable() }),
  witnesses: z.object({ configured: z.number().int() }),
})
