import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allContracts } from '#contract'
import { allInstructions, emergencyMinutesMax, openEmergency, proposeInstruction, reviewEmergency, warnOf, withdrawInstruction, type Instruction, type Scope } from '#instruction'
import type { Bailee } from '#composition'
import { addChange, personOf } from '../change.ts'
import type { Principal } from '../principal.ts'
import { mustBeThere, type RouteContext } from '../route.ts'
import { scopeBody } from '../schemas/decision.ts'
import { idParams } from '../schemas/shared.ts'
import { minded } from '../shown.ts'

const state = z.object({ id: z.string(), state: z.string() })
const says = z.string().trim().min(1).max(4_000)

async function theirs({ bailee, principal, params }: { readonly bailee: Bailee; readonly principal: Principal; readonly params: { readonly id: string } }): Promise<Instruction> {
  return mustBeThere(minded(principal, await allInstructions(bailee.database)).find(({ id }) => id === params.id), 'instruction')
}

/** What is recorded of instructions: proposing and taking back, warnings that they infringe the law, emergencies. */
export function addInstructionChanges(app: FastifyInstance, context: RouteContext): void {
  addChange(app, context, 'POST /instructions', {
    summary: 'Propose an instruction to its controller: `instruction.proposed`', body: z.strictObject({ scope: scopeBody }), answer: state,
    change: async ({ bailee, at, body, principal }) => {
      mustBeThere(minded(principal, await allContracts(bailee.database)).find((one) => one.id === body.scope.contract), 'contract') // what else there is, is not said
      return proposeInstruction(bailee.ledger, { scope: body.scope as unknown as Scope, controller: principal.controller?.id }, at)
    },
  })
  addChange(app, context, 'POST /instructions/:id/withdraw', {
    summary: 'Refuse a proposal, or take an instruction back: `instruction.withdrawn`. For a signatory of its controller', params: idParams, body: z.strictObject({ reason: says.optional() }), answer: state,
    change: async (asked) => {
      await theirs(asked)
      const { bailee, at, params, body, principal } = asked
      await withdrawInstruction(bailee.ledger, { instruction: params.id, signatory: principal.account.name, controller: principal.controller?.id, reason: body.reason }, at)
      return { id: params.id, state: 'withdrawn' }
    },
  })
  addChange(app, context, 'POST /instructions/:id/warnings', {
    summary: 'Tell the controller that its instruction infringes the law, and stop work under it if wanted (Art. 28(3), last sentence): `instruction.warned`', params: idParams,
    body: z.strictObject({ provision: z.string().trim().min(1).max(200), reasons: says, suspend: z.boolean().default(false) }), answer: z.object({ id: z.string(), warning: z.number().int(), suspended: z.boolean() }),
    change: async (asked) => {
      await theirs(asked)
      const { bailee, at, params, body, principal } = asked
      const { number, suspended } = await warnOf(bailee.ledger, { instruction: params.id, ...body, by: personOf(principal) }, at)
      return { id: params.id, warning: number, suspended }
    },
  })
  addEmergencies(app, context)
}

function addEmergencies(app: FastifyInstance, context: RouteContext): void {
  addChange(app, context, 'POST /instructions/:id/emergencies', {
    summary: 'Open an instruction to yourself at once, without a second person, to be looked at afterwards: `grant.emergency_opened`', params: idParams,
    body: z.strictObject({ reason: says, minutes: z.number().int().min(1).max(emergencyMinutesMax).default(60) }), answer: state,
    change: async (asked) => {
      await theirs(asked)
      const { bailee, at, params, body, principal } = asked
      return openEmergency(bailee.ledger, { person: personOf(principal), instruction: params.id, ...body }, at)
    },
  })
  addChange(app, context, 'POST /emergencies/:id/review', {
    summary: 'Say, as somebody else, what an emergency was: `grant.emergency_reviewed`', params: idParams, body: z.strictObject({ says }), answer: state,
    change: async ({ bailee, at, params, body, principal }) => {
      await reviewEmergency(bailee.ledger, { grant: params.id, by: personOf(principal), says: body.says }, at)
      return { id: params.id, state: 'reviewed' }
    },
  })
}
