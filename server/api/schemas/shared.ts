/** Shapes that many answers share. */
import { z } from 'zod'

export const instant = z.iso.datetime().describe('UTC')
export const instantOrNull = instant.nullable()

/** How much a statement is worth. Five, never mixed. */
export const standing = z.enum(['verified', 'declared', 'invalid', 'unknown', 'pending'])
export type Standing = z.infer<typeof standing>

/** Somewhere that a search did not look into, or not wholly. */
export const notSeen = z.array(z.object({ place: z.string(), why: z.string() }))

export const named = z.object({ id: z.string(), name: z.string() })
export const idParams = z.object({ id: z.string().min(1).max(200) })

/** People, where several places may hold the same ones: no single figure is true. */
export const people = z.object({ atLeast: z.number().int(), atMost: z.number().int() })

/** What the newest search read, in stores. `at` null: never searched, so everything is unknown. */
export const searched = z.object({ at: instantOrNull, sweep: z.string().nullable(), stores: z.number().int(), searched: z.number().int().describe('stores of which nothing was left out'), notSeen })
