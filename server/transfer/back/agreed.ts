/** What lets data go back: the choice of a signatory for the end of a contract, or an instruction while it runs. */
import { choiceNow, choicesOf, findContract, returnKeysOf, type Contract } from '#contract'
import { compile, decide } from '#decision'
import { allStores } from '#inventory'
import { recordsToJudge } from '#instruction'
import { partOf, type Json } from '#ledger'
import { Misuse, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { TransferContext } from '../context.ts'

export interface Agreed {
  readonly slot: number
  readonly controller: string
  readonly contract: string
  readonly choice: 'return' | 'send_on'
  readonly to: string
  readonly recipient: string
  readonly instruction: string | undefined
  /** Datasets that go; all without. */
  readonly datasets: readonly string[] | undefined
  readonly columnsOf: (dataset: string) => readonly string[] | '*'
  readonly withDerived: boolean
  /** What was decided, to be recorded before anything is read. */
  readonly decided: readonly Json[]
  /** Throws `Refused` where what is there now is not all of it any more. */
  readonly mayRead: () => Promise<void>
}

export interface Asked { readonly contract?: string | undefined; readonly instruction?: string | undefined; readonly purpose?: string | undefined; readonly person: string }

/** Throws `Refused` where nothing was agreed that covers it; a refused decision is recorded. */
export async function agreedReturn(context: TransferContext, asked: Asked, at: Instant): Promise<Agreed> {
  if (asked.instruction !== undefined) return instructed(context, { ...asked, instruction: asked.instruction }, at)
  if (asked.contract === undefined) throw new Misuse('data go back at the end of a contract (--contract ID), or under an instruction while one runs (--instruction ID)')
  const { ledger } = context
  const contract = await findContract(ledger, asked.contract)
  const { id } = contract
  const now = choiceNow(contract, await choicesOf(ledger.database, id))
  if (now === undefined || now.choice === 'delete') throw new Refused('transfer/not-chosen', `the choice for the end of ${id} is ${now?.choice ?? 'not made'}: data go back or on only where a signatory chose so (bailee contract choose ${id} return --as NAME)`)
  if (contract.endedAt === undefined || at < contract.endedAt) throw new Refused('transfer/not-ended', `${id} is not recorded as ended: what goes back is what there is at its end (bailee contract end ${id}, or bailee erasure due); while it runs, data go back under an instruction (--instruction ID)`)
  return {
    slot: contract.slot, controller: contract.controller, contract: id, choice: now.choice, to: now.recipient ?? contract.controller, recipient: await keyOf(context, id),
    instruction: undefined, datasets: undefined, columnsOf: () => '*', withDerived: true, decided: [], mayRead: () => mustNotBeErased(context, contract),
  }
}

async function keyOf({ ledger: { database } }: TransferContext, contract: string): Promise<string> {
  const key = (await returnKeysOf(database, contract)).at(-1)
  if (key === undefined) throw new Refused('transfer/no-key', `no key was named to which the data of ${contract} are to be encrypted: a signatory names one with bailee contract key ${contract} age1... --as NAME`)
  return key.recipient
}

/** A step of the erasure was begun: a part of the data would be handed over as all of them. */
async function mustNotBeErased({ ledger }: TransferContext, { id, slot }: Contract): Promise<void> {
  const entries = await ledger.read(slot, { types: ['erasure.opened', 'erasure.step_begun'] })
  const of = new Set(entries.flatMap((entry) => { const opened = partOf<{ erasure: string; contract?: string }>(entry, 'evidence'); return entry.type === 'erasure.opened' && opened?.contract === id ? [opened.erasure] : [] }))
  if (entries.some((entry) => entry.type === 'erasure.step_begun' && of.has(partOf<{ erasure: string }>(entry, 'evidence')?.erasure ?? ''))) throw new Refused('transfer/erased', `erasing the data of ${id} has begun: what is there now is not all of it, and none of it is returned as if it were`)
}

async function instructed(context: TransferContext, asked: Asked & { readonly instruction: string }, at: Instant): Promise<Agreed> {
  const { ledger } = context
  const records = await recordsToJudge(ledger)
  const instruction = records.instructions.find(({ id }) => id === asked.instruction)
  if (instruction === undefined) throw new Misuse(`there is no instruction ${JSON.stringify(asked.instruction)}; bailee instruction list shows them`)
  const { id, slot, controller, contract, scope } = instruction
  if (asked.contract !== undefined && asked.contract !== contract) throw new Misuse(`${id} is of contract ${contract}, not of ${asked.contract}`)
  const purpose = asked.purpose ?? (scope.purposes.length === 1 ? scope.purposes[0]! : undefined)
  if (purpose === undefined) throw new Misuse(`${id} has several purposes; name yours with --purpose: ${scope.purposes.join(', ')}`)
  const stores = new Map((await allStores(ledger.database)).map((one) => [one.id, one.environment]))
  const environments = Map.groupBy(records.datasets.filter((one) => scope.data[one.id] !== undefined && one.controller === controller), (one) => stores.get(one.store) ?? '')
  const index = compile(records)
  const decided: Json[] = []
  for (const [environment, datasets] of environments) {
    const act = { person: asked.person, controller, purpose, operation: 'return' as const, data: Object.fromEntries(datasets.map((one) => [one.id, scope.data[one.id]!])), environment, identifiable: true, at, instruction: id }
    const decision = decide(act, index)
    const evidence = { act, decision } as unknown as Json
    if (decision.outcome === 'refused') {
      await ledger.append({ slot, type: 'decision.refused', at, parts: { evidence } })
      throw new Refused('transfer/not-covered', `nothing was returned: not covered by ${id}: ${decision.failing.join(', ')} (Art. ${decision.articles.join(', ')} GDPR); ask the controller for an instruction that covers it`)
    }
    decided.push(evidence)
  }
  return {
    slot, controller, contract, choice: 'return', to: controller, recipient: await keyOf(context, contract), instruction: id, datasets: Object.keys(scope.data), columnsOf: (dataset) => scope.data[dataset] ?? [], withDerived: false, decided,
    mayRead: () => Promise.resolve(),
  }
}
