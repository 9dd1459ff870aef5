import { z } from 'zod'
import { listingOf } from '../listing.ts'
import { instant, instantOrNull, named, standing } from './shared.ts'

export const activityItem = z.object({
  id: z.string(), kind: z.enum(['statement', 'model']), controller: named, instruction: z.string(), store: z.string(), person: named, purpose: z.string(), name: z.string().describe('of the file'), sha256: z.string(), schedule: z.string().nullable(),
  state: z.enum(['refused', 'begun', 'made', 'failed', 'stopped']), standing, begunAt: instant, endedAt: instantOrNull, because: z.string().nullable(),
  made: z.object({ derived: z.string(), place: z.string(), columns: z.array(z.string()), rows: z.number().int().nullable(), bytes: z.number().int(), from: z.array(z.string()) }).nullable(),
})
export const scheduleItem = z.object({
  id: z.string(), controller: named, instruction: z.string(), store: z.string(), person: named, name: z.string(), cron: z.string(), zone: z.string(), keep: z.number().int().nullable(), missed: z.number().int(), endedAt: instantOrNull, because: z.string().nullable(),
})
export const activityListing = listingOf(activityItem).extend({ schedules: z.array(scheduleItem) })

export const transferItem = z.object({
  id: z.string(), kind: z.enum(['copy', 'disclosure', 'return']), controller: named, instruction: z.string().nullable(), person: named, purpose: z.string().nullable(), from: z.string(), to: z.string(), country: z.string().nullable(), places: z.array(z.string()),
  state: z.enum(['begun', 'made', 'erased']), standing: standing.describe('declared: it is with somebody else, and what became of it is their word'), rows: z.number().int().nullable(), bytes: z.number().int().nullable(), begunAt: instant, madeAt: instantOrNull, until: instantOrNull, erasedAt: instantOrNull, overdue: z.boolean(),
  label: z.enum(['pseudonymised', 'passes three tests']).nullable(), receipts: z.array(z.object({ says: z.string(), by: z.string(), at: instant })),
})
export const transferListing = listingOf(transferItem)
