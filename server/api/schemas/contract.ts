import { z } from 'zod'
import { contractShown } from './controller.ts'
import { instant, instantOrNull, named } from './shared.ts'

/** What Art. 28(3) asks a contract for. `told`: it is declared here; `in the document`: nothing here says so, and the document it names may; `missing`: there is not even a document. */
export const elements = ['subject matter', '28(3)(a) instructions', '28(3)(b) confidentiality', '28(3)(c) security', '28(3)(d) sub-processors', '28(3)(e) rights of people', '28(3)(f) assistance', '28(3)(g) end', '28(3)(h) audits'] as const

export const contractPage = contractShown.extend({
  controller: named, document: z.string().nullable().describe('hash of the signed text'), subjectMatter: z.string().nullable(), withinDays: z.number().int().nullable(), retrievalDays: z.number().int().nullable(), clause: z.string().nullable(), breachNoticeHours: z.number().nullable(),
  terms: z.array(z.object({ term: z.string().describe('by article: `28(3)(b)`'), asks: z.string(), standing: z.enum(['stands', 'none', 'not told']).describe('none: somebody looked, and the contract has none'), clause: z.string().nullable(), from: z.enum(['bailee.yaml', 'recorded']).nullable() })),
  elements: z.array(z.object({ element: z.enum(elements), told: z.enum(['told', 'in the document', 'missing']), says: z.string().nullable() })),
  choices: z.array(z.object({ choice: z.enum(['delete', 'return', 'send_on']), recipient: z.string().nullable(), by: z.string().nullable(), key: z.enum(['signatory', 'this machine', 'passkey']), at: instant })),
  released: z.array(z.object({ how: z.enum(['received', 'waived']), by: z.string().nullable(), at: instant })), returnKey: z.object({ recipient: z.string(), by: z.string().nullable(), at: instant }).nullable(),
  instructions: z.array(named.extend({ state: z.string() })), erasure: z.string().nullable(), transfers: z.array(z.object({ country: z.string(), tool: z.string() })).nullable().describe('null: not told'), deadline: instantOrNull,
})
