import { z } from 'zod'
import { roles } from '../principal.ts'
import { instant, named } from './shared.ts'

export const session = z.object({
  account: named, person: z.string().nullable().describe('the member of staff that the account is of: what is done is recorded under them'), roles: z.array(z.enum(roles)), controller: named.nullable(), processor: z.object({ name: z.string(), country: z.string() }),
  until: instant, language: z.enum(['en', 'fr']), counts: z.record(z.string(), z.number().int()).describe('what needs this account, by page; a page that is not named has none'),
})
