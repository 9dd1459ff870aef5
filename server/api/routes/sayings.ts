import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allContracts, authoriseSubProcessor, beginSaying, choiceToMake, chooseEnd, nameReturnKey, objectTo, releaseData, releaseToSay, returnKeyToName, wordOfSubProcessor, type Saying } from '#contract'
import { allInstructions, answerToSay, answerWarning, withdrawalToSay, withdrawInstruction } from '#instruction'
import type { Ledger } from '#ledger'
import { beginSigningFor, type Signer, type ToSign } from '#people'
import { Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import { addChange, type Changing } from '../change.ts'
import type { RouteName } from '../permissions.ts'
import { mustBeThere, type RouteContext } from '../route.ts'
import { assertion, sayingBegun } from '../schemas/passkey.ts'
import { idParams } from '../schemas/shared.ts'
import { minded } from '../shown.ts'
import { partyOf } from './passkeys.ts'

const text = (max: number) => z.string().trim().min(1).max(max)
const choice = z.strictObject({ choice: z.enum(['delete', 'return', 'send_on']), recipient: text(200).optional().describe('to whom; with send_on alone') })
const release = z.strictObject({ how: z.enum(['received', 'waived']) })
const returnKey = z.strictObject({ recipient: text(200).describe('as age-keygen prints it: age1...') })
const word = z.strictObject({ name: text(300), says: z.enum(['objected', 'authorised']), reasons: text(2_000).optional().describe('of an objection') })
const withdrawal = z.strictObject({ reason: text(2_000).optional() })
const answer = z.strictObject({ number: z.number().int().min(1).describe('of the warning'), answer: z.enum(['upheld', 'agreed']), says: text(4_000) })

/** What is said, where, and how it is recorded once it is signed. */
interface Told<Body> { readonly params: { readonly id: string }; readonly body: Body; readonly at: Instant }
interface Said<Body extends z.ZodObject> {
  readonly name: 'choice' | 'release' | 'return-key' | 'sub-processors'
  readonly summary: string
  readonly body: Body
  /** What is signed; undefined: it was said already. */
  readonly begin: (ledger: Ledger, told: Told<z.output<Body>>) => Promise<Saying | undefined>
  readonly finish: (ledger: Ledger, told: Told<z.output<Body>>, by: Signer) => Promise<unknown>
}

/** What signatories say and sign with a passkey, besides accepting: first what is to be signed, then with what the device answered. */
export function addSayings(app: FastifyInstance, context: RouteContext): void {
  addSaid(app, context, {
    name: 'choice', summary: 'Choose what happens at the end of a contract: `contract.choice_made`', body: choice,
    begin: (ledger, { params, body, at }) => choiceToMake(ledger, { contract: params.id, choice: body.choice, recipient: body.recipient ?? null }, at),
    finish: (ledger, { params, body, at }, by) => chooseEnd(ledger, { contract: params.id, choice: body.choice, recipient: body.recipient ?? null, ...by }, at),
  })
  addSaid(app, context, {
    name: 'release', summary: 'Say that the data came back, or that this is waived: `contract.released`', body: release,
    begin: (ledger, { params, body, at }) => releaseToSay(ledger, { contract: params.id, how: body.how }, at), finish: (ledger, { params, body, at }, by) => releaseData(ledger, { contract: params.id, how: body.how, ...by }, at),
  })
  addSaid(app, context, {
    name: 'return-key', summary: 'Name the key that data which go back are encrypted to: `contract.return_key_named`', body: returnKey,
    begin: (ledger, { params, body }) => returnKeyToName(ledger, { contract: params.id, recipient: body.recipient }), finish: (ledger, { params, body, at }, by) => nameReturnKey(ledger, { contract: params.id, recipient: body.recipient, ...by }, at),
  })
  addSaid(app, context, {
    name: 'sub-processors', summary: 'Object to a sub-processor, or authorise it by name: `contract.sub_processor_objected`, `contract.sub_processor_authorised`', body: word,
    begin: (ledger, { params, body, at }) => wordOfSubProcessor(ledger, { contract: params.id, name: body.name, says: body.says, reasons: reasonsOf(body) }, at),
    finish: (ledger, { params, body, at }, by) => (body.says === 'authorised' ? authoriseSubProcessor(ledger, { contract: params.id, name: body.name, ...by }, at) : objectTo(ledger, { contract: params.id, name: body.name, reasons: reasonsOf(body) ?? '', ...by }, at)),
  })
  addOfInstructions(app, context)
}

function reasonsOf({ says, reasons }: z.output<typeof word>): string | null {
  if ((says === 'objected') !== (reasons !== undefined)) throw new Misuse(says === 'objected' ? 'an objection says why' : 'reasons go with an objection alone')
  return reasons ?? null
}

// Accounts and passkeys are shown to nobody by the policies; what is recorded goes into the log of whoever asks all the same.
const ledgerOf = (context: RouteContext, { bailee }: Pick<Changing<unknown, unknown>, 'bailee'>): Ledger => ({ ...bailee.ledger, database: context.bailee.database })
const done = z.object({ id: z.string() })

function addSaid<Body extends z.ZodObject>(app: FastifyInstance, context: RouteContext, { name, summary, body, begin, finish }: Said<Body>): void {
  const mine = async ({ bailee, params, principal }: Changing<z.output<typeof idParams>, unknown>): Promise<void> => { mustBeThere(minded(principal, await allContracts(bailee.database)).find(({ id }) => id === params.id), 'contract') }
  const route: `POST /contracts/:id/${typeof name}` = `POST /contracts/:id/${name}`
  addChange(app, context, `${route}/options` as RouteName, {
    summary: `What a signatory is about to sign, and what their browser is asked with; nothing is recorded. ${summary}`, params: idParams, body, answer: sayingBegun,
    change: async (asked) => {
      await mine(asked)
      const ledger = ledgerOf(context, asked)
      const saying = await begin(ledger, asked)
      if (saying === undefined) throw new Misuse('that was said already: there is nothing to sign')
      const { bytes, options, ...begun } = await beginSaying(ledger, saying, asked.principal.account.id, { party: await partyOf(context), random: randomBytes, now: asked.at })
      return { ...begun, bytes: Buffer.from(bytes).toString('base64'), options: { ...options } as never }
    },
  })
  addChange(app, context, route, {
    summary: `${summary}, signed by a passkey`, params: idParams, body: body.extend({ response: assertion }), answer: done,
    change: async (asked) => {
      await mine(asked)
      const { response, ...told } = asked.body as z.output<Body> & { response: z.output<typeof assertion> }
      await finish(ledgerOf(context, asked), { ...asked, body: told as never }, { account: asked.principal.account.id, party: await partyOf(context), response })
      return { id: asked.params.id }
    },
  })
}

/** What a signatory says of an instruction, and how that is recorded. */
interface SaidOfInstruction<Body extends z.ZodObject> {
  readonly name: 'withdrawal' | 'answer'
  readonly signs: string
  readonly summary: string
  readonly body: Body
  readonly begin: (ledger: Ledger, told: Told<z.output<Body>>) => Promise<ToSign>
  readonly finish: (ledger: Ledger, told: Told<z.output<Body>>, by: Signer) => Promise<unknown>
}

function addOfInstructions(app: FastifyInstance, context: RouteContext): void {
  addOfInstruction(app, context, {
    name: 'withdrawal', signs: 'to refuse a proposal or take an instruction back', summary: 'Refuse a proposal or take an instruction back, signed by a passkey: `instruction.withdrawn`, with its proof', body: withdrawal,
    begin: async (ledger, { params, body }) => (({ instruction: _, ...toSign }) => toSign)(await withdrawalToSay(ledger, { instruction: params.id, reason: body.reason })),
    finish: (ledger, { params, body, at }, by) => withdrawInstruction(ledger, { instruction: params.id, reason: body.reason, ...by }, at),
  })
  addOfInstruction(app, context, {
    name: 'answer', signs: 'in answer to a warning that an instruction infringes the law', summary: 'Answer a warning that an instruction infringes the law (Art. 28(3), last sentence): uphold it, which ends the warning, or agree; signed by a passkey: `instruction.answered`', body: answer,
    begin: (ledger, { params, body }) => answerToSay(ledger, { instruction: params.id, ...body }),
    finish: (ledger, { params, body, at }, by) => answerWarning(ledger, { instruction: params.id, ...body, ...by }, at),
  })
}

function addOfInstruction<Body extends z.ZodObject>(app: FastifyInstance, context: RouteContext, { name, signs, summary, body, begin, finish }: SaidOfInstruction<Body>): void {
  const mine = async ({ bailee, params, principal }: Changing<z.output<typeof idParams>, unknown>): Promise<void> => { mustBeThere(minded(principal, await allInstructions(bailee.database)).find(({ id }) => id === params.id), 'instruction') }
  const route: `POST /instructions/:id/${typeof name}` = `POST /instructions/:id/${name}`
  addChange(app, context, `${route}/options` as RouteName, {
    summary: `What a signatory is about to sign ${signs}; nothing is recorded`, params: idParams, body, answer: sayingBegun,
    change: async (asked) => {
      await mine(asked)
      const ledger = ledgerOf(context, asked)
      const toSign = await begin(ledger, asked)
      const { bytes, nonce, options } = await beginSigningFor(ledger, { ...toSign, account: asked.principal.account.id }, { party: await partyOf(context), random: randomBytes, now: asked.at })
      return { subject: toSign.subject, log: `${ledger.origin}/${toSign.slot}`, bytes: Buffer.from(bytes).toString('base64'), nonce, options: { ...options } as never }
    },
  })
  addChange(app, context, route, {
    summary, params: idParams, body: body.extend({ response: assertion }), answer: done,
    change: async (asked) => {
      await mine(asked)
      const { response, ...told } = asked.body as z.output<Body> & { response: z.output<typeof assertion> }
      await finish(ledgerOf(context, asked), { ...asked, body: told as never }, { account: asked.principal.account.id, party: await partyOf(context), response })
      return { id: asked.params.id }
    },
  })
}
