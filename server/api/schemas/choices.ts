import { z } from 'zod'
import { instant, instantOrNull, named } from './shared.ts'
import { instructionItem } from './instruction.ts'
import { personPage } from './people.ts'

export const choices = z.object({
  contracts: z.array(z.object({ id: z.string(), controller: named, starts: instant, ends: instantOrNull, nextId: z.string().describe('that its next instruction may have') })).describe('that have not ended'),
  environments: z.array(z.object({ id: z.string(), class: z.enum(['production', 'non-production']) })),
  datasets: z.array(z.object({ id: z.string(), controller: z.string(), store: z.string(), environment: z.string(), columns: z.array(z.object({ name: z.string(), category: z.string(), identifies: z.boolean() })) })),
  purposes: z.array(z.string()).describe('that an instruction names already'), people: z.array(named).describe('to try an act as'), taken: z.array(z.string()).describe('ids of instructions there are'),
})

const amount = z.object({ sessions: z.number().int(), rows: z.number().int(), bytes: z.number().int() })
export const use = z.object({
  byInstruction: z.array(amount.extend({ instruction: z.string(), controller: named })), byPerson: z.array(amount.extend({ person: named })),
  since: instantOrNull.describe('the oldest session that was counted; null: there was none'), more: z.boolean().describe('there are older sessions than were counted'),
})

export const me = z.object({
  person: personPage.nullable().describe('null: this account is of nobody who is declared as staff'), instructions: z.array(instructionItem).describe('that this person\'s grants are about'),
  stores: z.array(z.object({ store: z.string(), environment: z.string(), instruction: z.string(), user: z.string(), command: z.string() })).describe('that the gateway opens to this person now'),
})
