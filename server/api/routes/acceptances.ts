import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Bailee } from '#composition'
import { theProcessor } from '#contract'
import { acceptWithPasskey, allInstructions, beginAcceptance } from '#instruction'
import type { Ledger } from '#ledger'
import { acceptanceInWords } from '../acceptanceWords.ts'
import { addChange, type Changing } from '../change.ts'
import { mustBeThere, type RouteContext } from '../route.ts'
import { assertion, browserOptions } from '../schemas/passkey.ts'
import { idParams } from '../schemas/shared.ts'
import { minded } from '../shown.ts'
import { partyOf } from './passkeys.ts'

const begun = z.object({
  instruction: z.string(), hash: z.string().describe('SHA-256 of the proposal, as its page shows it'), log: z.string().describe('the log of the controller, which is signed with it'), words: z.object({ en: z.string(), fr: z.string() }),
  bytes: z.string().describe('base64 of what is signed: a line that says what it is, then JCS of the log and the scope'), nonce: z.string().describe('base64; the challenge is SHA-256 of `bailee/passkey/v1\\n`, the nonce and the SHA-256 of the bytes'), options: browserOptions,
})

/** Accepting an instruction with a passkey: what is to be signed is shown first, in words and as bytes. */
export function addAcceptances(app: FastifyInstance, context: RouteContext): void {
  // Accounts and passkeys are shown to nobody by the policies; what is recorded goes into the log of whoever asks all the same.
  const ledgerOf = (bailee: Bailee): Ledger => ({ ...bailee.ledger, database: context.bailee.database })
  const mine = async ({ bailee, params, principal }: Changing<z.output<typeof idParams>, unknown>): Promise<void> => {
    mustBeThere(minded(principal, await allInstructions(bailee.database)).find(({ id }) => id === params.id), 'instruction')
  }
  addChange(app, context, 'POST /instructions/:id/acceptance/options', {
    summary: 'What a signatory is about to sign, and what their browser is asked with; nothing is recorded', params: idParams, body: z.strictObject({}), answer: begun,
    change: async (asked) => {
      await mine(asked)
      const { bailee, at, params, principal } = asked
      const ledger = ledgerOf(bailee)
      const { options, nonce, bytes, instruction, hash, log } = await beginAcceptance(ledger, { instruction: params.id, account: principal.account.id }, { party: await partyOf(context), random: randomBytes, now: at })
      const processor = await theProcessor(ledger.database)
      return { instruction: instruction.id, hash, log, words: acceptanceInWords(instruction, processor?.name ?? 'the processor'), bytes: Buffer.from(bytes).toString('base64'), nonce, options: { ...options } }
    },
  })
  addChange(app, context, 'POST /instructions/:id/acceptance', {
    summary: 'Accept with what a passkey signed: `instruction.accepted`, with its proof', params: idParams, body: z.strictObject({ response: assertion }), answer: z.object({ id: z.string(), state: z.string() }),
    change: async (asked) => {
      await mine(asked)
      const { bailee, at, params, principal, body: { response } } = asked
      return acceptWithPasskey(ledgerOf(bailee), { instruction: params.id, account: principal.account.id, response }, { party: await partyOf(context), now: at })
    },
  })
}
