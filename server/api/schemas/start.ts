import { z } from 'zod'
import { named } from './shared.ts'

const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'letters, digits, dot, dash or underscore, at most 63')
const text = z.string().trim().min(1).max(500)
const country = z.string().regex(/^[A-Z]{2}$/, 'a country code of two capitals')
const date = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'a date such as 2026-12-01')

/** From nothing to a first instruction, in this order. */
export const steps = ['passkey', 'me', 'store', 'controller', 'dataset', 'contract', 'instruction', 'signatory', 'acceptance', 'grant'] as const

export const start = z.object({
  steps: z.array(z.object({ step: z.enum(steps), done: z.boolean(), may: z.boolean().describe('what it stands on is there') })), next: z.enum(steps).nullable().describe('the first that is missing; null: none is'),
  processor: z.object({ name: z.string(), country: z.string(), origin: z.string(), dpo: z.enum(['told', 'there is none', 'not told']) }), person: named.nullable().describe('of the staff, that this account is of'),
  environments: z.array(z.object({ id: z.string(), class: z.enum(['production', 'non-production']) })), stores: z.array(z.object({ id: z.string(), environment: z.string() })),
  controllers: z.array(named.extend({ signatories: z.array(z.object({ name: z.string(), account: z.boolean().describe('they may sign in') })), datasets: z.number().int(), contracts: z.number().int() })),
  proposed: z.array(z.object({ id: z.string(), controller: named })), accepted: z.array(z.string()),
})

export const meBody = z.strictObject({ name: text, contact: text, dpo: z.boolean().default(false).describe('they are the data protection officer') })

/** Where a database is: a reference, or an address with its password, which goes into a file that only this Bailee reads and never comes out again. */
export const address = z.string().min(5).max(2_000).regex(/^(postgres(ql)?:\/\/.+|env:[A-Za-z_][A-Za-z0-9_]*)$/, 'postgresql://… or env:NAME')
export const tryBody = z.strictObject({ address })
const column = z.object({ name: z.string(), type: z.string(), suggested: z.object({ category: z.string(), identifies: z.boolean() }) })
export const shape = z.object({ tables: z.array(z.object({ table: z.string(), columns: z.array(column) })), notRead: z.array(z.object({ place: z.string(), why: z.string() })), more: z.boolean().describe('there are more tables than are shown') })
export const storeBody = z.strictObject({ id, address, environment: z.strictObject({ id, class: z.enum(['production', 'non-production']), country }) })
export const controllerBody = z.strictObject({ id, name: text, country, signatory: z.strictObject({ name: text, contact: text }) })
export const datasetBody = z.strictObject({
  id, controller: id, store: id,
  tables: z.array(z.strictObject({ table: text, subject: text, country: text.optional(), columns: z.record(z.string().min(1).max(200), z.strictObject({ category: z.string().regex(/^[A-Za-z][A-Za-z0-9]*$/), identifies: z.boolean().optional() })) })).min(1).max(200),
})
export const contractBody = z.strictObject({ id, controller: id, starts: date, ends: date.optional(), choice: z.enum(['delete', 'return']).optional(), withinDays: z.number().int().positive().max(3_650).optional() })
export const invitationBody = z.strictObject({ controller: id, name: text })
export const invitation = z.object({ name: z.string(), path: z.string().nullable().describe('good once, behind the address of the portal: shown now and never again; null where the request was sent again'), until: z.string() })
export const recorded = z.object({ id: z.string(), changes: z.number().int() })
