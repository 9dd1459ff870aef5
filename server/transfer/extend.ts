/** A copy that is to stay longer than it was instructed: under another instruction alone, decided as a copy would be that is made now. */
import { compile, decide, type Act, type Decision } from '#decision'
import { allStores, allDerived, derivedDraft, type Dataset } from '#inventory'
import { goingBy, recordsToJudge, usedDraft, type Approval, type Instruction } from '#instruction'
import type { Json } from '#ledger'
import { Misuse, Refused } from '#kit/errors'
import { day, type Instant } from '#kit/time'
import { approvalHint, askFor } from './approve.ts'
import type { TransferContext } from './context.ts'
import { allTransfers, aloneWith } from './store.ts'
import { isPseudonymous, parseTransform } from './transform.ts'
import type { Transfer } from './types.ts'

export interface ExtendRequest { readonly id: string; readonly instruction: string; readonly person: string; /** Where the instruction names several. */ readonly purpose?: string | undefined }

/**
 * Puts a copy under another instruction of its contract, and so under its days, counted from now. The copy stays as it is: each of its columns has to be one that the instruction names, changed as it says. Throws `Misuse` for a
 * copy or an instruction that is not there, `Refused` where its time is over, what is in it is not what the instruction lets be copied, or the act is not covered; then nothing has changed.
 */
export async function extendCopy(context: Pick<TransferContext, 'ledger'>, request: ExtendRequest, at: Instant): Promise<Transfer> {
  const { ledger } = context
  const find = async (): Promise<Transfer | undefined> => (await allTransfers(ledger.database)).find(({ id }) => id === request.id)
  if (await find() === undefined) throw noCopy(request)
  return aloneWith(ledger.database, request.id, async () => {
    await extend(context, { transfer: (await find())!, request }, at)
    return (await find())!
  })
}

/** Asks a second person to approve exactly this. Throws as `extendCopy` does, and `Misuse` where its instruction asks for none. */
export async function askExtension({ ledger }: Pick<TransferContext, 'ledger'>, request: ExtendRequest, { reason, minutes }: { readonly reason: string; readonly minutes?: number | undefined }, at: Instant): Promise<Approval> {
  const transfer = (await allTransfers(ledger.database)).find(({ id }) => id === request.id)
  if (transfer === undefined) throw noCopy(request)
  const { act, decision, instruction, what } = await prepare({ ledger }, { transfer, request }, at)
  return askFor(ledger, { use: 'copy', act, decision, instruction: instruction.id, what, reason, minutes }, at)
}

const noCopy = ({ id }: ExtendRequest): Misuse => new Misuse(`there is no copy ${JSON.stringify(id)}; bailee transfer list shows them`)

interface Extending { readonly transfer: Transfer; readonly request: ExtendRequest }
interface Prepared { readonly act: Act; readonly decision: Decision; readonly instruction: Instruction; readonly purpose: string; readonly expiresAt: Instant | null; /** What a second person is shown: of which copy, what is in it where, until when. */ readonly what: Json }

async function prepare({ ledger }: Pick<TransferContext, 'ledger'>, { transfer, request }: Extending, at: Instant): Promise<Prepared> {
  const records = await recordsToJudge(ledger)
  const instruction = records.instructions.find(({ id }) => id === request.instruction)
  if (instruction === undefined) throw new Misuse(`there is no instruction ${JSON.stringify(request.instruction)}; bailee instruction list shows them`)
  const dataset = records.datasets.find(({ id }) => id === transfer.dataset)
  const problems = problemsOf(transfer, { instruction, dataset }, at)
  if (problems.length > 0) throw new Refused('transfer/not-extended', [`${transfer.id} stays as it was instructed:`, ...problems.map((one) => `  ${one}`)].join('\n'))
  const purpose = request.purpose ?? (instruction.scope.purposes.length === 1 ? instruction.scope.purposes[0]! : transfer.purpose)
  const store = (await allStores(ledger.database)).find(({ id }) => id === transfer.store)
  if (store === undefined) throw new Misuse(`store ${transfer.store} is not declared any more; declare it again`)
  const days = instruction.scope['expires_after_days'] as number | undefined
  const expiresAt = days === undefined ? null : at + days * day
  const what: Json = { use: 'copy', extend: transfer.id, purpose, dataset: transfer.dataset, at: { store: store.id, environment: store.environment, places: [...transfer.places] }, people: transfer.sample, columns: transfer.transforms as Json, before: transfer.instruction, days: days ?? null }
  const act: Act = {
    person: request.person, controller: transfer.controller, purpose, operation: 'copy', data: { [transfer.dataset]: Object.keys(transfer.transforms) }, environment: store.environment, identifiable: isIdentifiable(transfer, dataset), at, instruction: instruction.id,
    ...goingBy(records, { instruction, person: request.person, use: 'copy', what }, at),
  }
  return { act, decision: decide(act, compile(records)), instruction, purpose, expiresAt, what }
}

async function extend({ ledger }: Pick<TransferContext, 'ledger'>, { transfer, request }: Extending, at: Instant): Promise<void> {
  const { act, decision, instruction, purpose, expiresAt } = await prepare({ ledger }, { transfer, request }, at)
  const evidence = { act, decision } as unknown as Json
  if (decision.outcome === 'refused') {
    await ledger.append({ slot: instruction.slot, type: 'decision.refused', at, parts: { evidence } })
    throw notCovered(transfer, instruction, decision)
  }
  const places = (await allDerived(ledger.database)).filter((one) => one.store === transfer.store && transfer.places.includes(one.place) && one.droppedAt === null)
  await ledger.append([
    { slot: instruction.slot, type: 'decision.allowed', at, parts: { evidence } }, ...usedDraft(instruction.slot, act, `extend ${transfer.id}`),
    { slot: transfer.slot, type: 'transfer.extended', at, parts: { evidence: { id: transfer.id, instruction: instruction.id, before: transfer.instruction, person: request.person, purpose, expiresAt } } },
    ...places.map(({ store: of, place, columns, from, lead }) => derivedDraft({ slot: transfer.slot, controller: transfer.controller, contract: transfer.contract, instruction: instruction.id, store: of, place, columns, from, person: request.person, session: null, by: 'transfer', lead: lead ?? null }, at)),
  ])
}

const notCovered = ({ id }: Transfer, instruction: Instruction, decision: Decision): Refused =>
  new Refused('transfer/not-covered', `${id} stays as it was instructed: not covered by ${instruction.id}: ${decision.failing.join(', ')} (Art. ${decision.articles.join(', ')} GDPR); ask the controller for an instruction that covers it${approvalHint(decision)}`)

/** Every reason why the copy is not one that this instruction lets be there. Pure. */
function problemsOf(transfer: Transfer, { instruction, dataset }: { readonly instruction: Instruction; readonly dataset: Dataset | undefined }, at: Instant): string[] {
  if (transfer.state !== 'made') return [transfer.state === 'erased' ? 'it is erased' : 'it was never recorded as made: erase it, and copy again']
  if (transfer.expiresAt !== null && transfer.expiresAt <= at) return ['its time is over: it is erased, and copied anew under the other instruction']
  if (instruction.contract !== transfer.contract) return [`${instruction.id} is of another contract`]
  if (instruction.id === transfer.instruction) return [`it is under ${instruction.id} already: more days are another instruction`]
  if (dataset === undefined) return [`dataset ${transfer.dataset} is not declared any more`]
  const named = instruction.scope.data[transfer.dataset]
  if (named === undefined) return [`${instruction.id} does not name dataset ${transfer.dataset}`]
  const wanted = (instruction.scope['transform'] ?? {}) as Readonly<Record<string, unknown>>
  return Object.entries(transfer.transforms).flatMap(([column, declared]) => {
    if (named !== '*' && !named.includes(column)) return [`column ${column} is in the copy, and ${instruction.id} does not name it`]
    return JSON.stringify(wanted[column]) === JSON.stringify(declared) ? [] : [`column ${column} was changed in another way than ${instruction.id} says`]
  })
}

function isIdentifiable(transfer: Transfer, dataset: Dataset | undefined): boolean {
  const columns = (dataset?.tables ?? []).flatMap((table) => Object.entries(table.columns))
  return columns.some(([name, { identifies }]) => {
    const transform = parseTransform(transfer.transforms[name])
    return identifies === true && name in transfer.transforms && (typeof transform === 'string' || !isPseudonymous(transform))
  })
}
