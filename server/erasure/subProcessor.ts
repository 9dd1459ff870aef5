/** What sub-processors did with the data at the end of a contract (Art. 28(4)): each is asked, and what it answered is chained in the certificate by its hash. */
import { chainOf, type Contract, type SubProcessorIdentity } from '#contract'
import { standings } from '#people'
import type { Json, Ledger } from '#ledger'
import { Misuse, Refused } from '#kit/errors'
import { day, formatDay, type Instant } from '#kit/time'
import { controllerOf, findErasure } from './run.ts'
import { allErasures, subProcessorsOf } from './store.ts'
import type { Erasure, Obstacle, SubProcessorAnswer } from './types.ts'

/** Days after which one that did not answer is to be reminded. */
const reminderDays = 7

/** As the contract's chain has them, of every rank, whether asked or not. */
export interface SubProcessorShown { readonly name: string; readonly country: string; readonly contact: string; readonly answer: SubProcessorAnswer | undefined; /** Asked so long ago that it is to be asked again. */ readonly remind: boolean }

/** Those that may hold data: whoever has or had leave, and whoever the file lists without, whatever was said of it since. One that was taken out again may hold some still; one that was only ever announced had none. */
async function holdersIn(ledger: Ledger, contract: Contract, at: Instant): Promise<readonly SubProcessorIdentity[]> {
  return (await chainOf(ledger, contract, at)).filter(({ state, authorised, mayHold }) => authorised || mayHold || state === 'withdrawn').map(({ identity }) => identity)
}

/** Every sub-processor of the contract with what it answered. */
export async function subProcessorsShown(ledger: Ledger, erasure: Erasure, at: Instant): Promise<SubProcessorShown[]> {
  const { contract } = await controllerOf(ledger, erasure)
  const answers = new Map((await subProcessorsOf(ledger.database, erasure.id)).map((one) => [one.name, one]))
  return (await holdersIn(ledger, contract, at)).map(({ name, country, contact }) => {
    const answer = answers.get(name)
    return { name, country, contact, answer, remind: answer !== undefined && answer.outcome === null && at - answer.askedAt >= reminderDays * day }
  })
}

/** Sub-processors that were asked so long ago that they are to be asked again, in every erasure that is not certified. */
export async function remindersOf(ledger: Ledger, at: Instant): Promise<{ readonly erasure: string; readonly name: string; readonly contact: string; readonly asked: Instant }[]> {
  const reminders: { erasure: string; name: string; contact: string; asked: Instant }[] = []
  for (const erasure of (await allErasures(ledger.database)).filter(({ state }) => state !== 'certified')) {
    for (const { name, contact, answer, remind } of await subProcessorsShown(ledger, erasure, at)) if (remind && answer !== undefined) reminders.push({ erasure: erasure.id, name, contact, asked: answer.askedAt })
  }
  return reminders
}

/** Records that every sub-processor of the contract was asked, again where its time to answer is over, and gives the words to send to each that did not answer. Safe to do again. Throws `Refused` once certified. */
export async function askSubProcessors(ledger: Ledger, erasureId: string, at: Instant): Promise<readonly { readonly name: string; readonly contact: string; readonly says: string }[]> {
  const erasure = await findErasure(ledger, erasureId)
  mustBeOpen(erasure)
  const shown = await subProcessorsShown(ledger, erasure, at)
  const fresh = shown.filter(({ answer, remind }) => answer === undefined || remind)
  if (fresh.length > 0) await ledger.append(fresh.map(({ name }) => ({ slot: erasure.slot, type: 'erasure.sub_processor_asked', at, parts: { evidence: { erasure: erasure.id, name } } })))
  const says = `The contract under which you process personal data of ${erasure.controller} for us ended. Erase every copy that you and whoever works for you hold, backups included, and send us by ${formatDay(erasure.deadline)} a signed certificate that says what was erased where, how, when, and what remains until when (Art. 28(3)(g) and 28(4) GDPR). If you never held any, say so in writing.`
  return shown.filter(({ answer }) => answer === undefined || answer.outcome === null).map(({ name, contact }) => ({ name, contact, says }))
}

export interface Answering { readonly erasure: string; readonly name: string; readonly by: string; /** `none`: nothing was obtained, and why. */ readonly outcome: 'certificate' | 'statement' | 'none'; /** Of the file that was received, in hexadecimal. */ readonly sha256?: string | undefined; readonly says: string }

/** Records what a sub-processor answered, or that nothing was obtained of it; a later answer replaces it. Throws `Misuse` for one that the contract does not name, `Refused` once certified. */
export async function answerForSubProcessor(ledger: Ledger, answering: Answering, at: Instant): Promise<SubProcessorAnswer> {
  if ((answering.outcome === 'none') !== (answering.sha256 === undefined)) throw new Misuse('a certificate or a statement is recorded with the hash of its file, and nothing that was obtained with none')
  const erasure = await findErasure(ledger, answering.erasure)
  mustBeOpen(erasure)
  const known = (await standings(ledger.database)).get(answering.by)
  if (known === undefined || known.person.leftAt !== undefined) throw new Misuse(`nobody with id ${answering.by} is declared`)
  const one = (await subProcessorsShown(ledger, erasure, at)).find(({ name }) => name === answering.name)
  if (one === undefined) throw new Misuse(`contract ${erasure.contract} names no sub-processor ${JSON.stringify(answering.name)}; bailee erasure sub-processor list ${erasure.id} shows them`)
  if (one.answer === undefined) throw new Refused('erasure/not-asked', `${answering.name} was not asked yet: bailee erasure sub-processor ask ${erasure.id}`)
  const evidence = { erasure: erasure.id, name: answering.name, outcome: answering.outcome, ...(answering.sha256 === undefined ? {} : { sha256: answering.sha256 }), says: answering.says, by: answering.by }
  await ledger.append({ slot: erasure.slot, type: 'erasure.sub_processor_answered', at, parts: { evidence } })
  return (await subProcessorsOf(ledger.database, erasure.id)).find(({ name }) => name === answering.name)!
}

function mustBeOpen({ id, state }: Erasure): void {
  if (state === 'certified') throw new Refused('erasure/certified', `${id} is certified; reopen it first: bailee erasure reopen ${id} --as ID --because TEXT`)
}

/** Whoever gave no certificate of its own keeps ours from being complete (`contracts.md` 6): a bare statement says that nothing was ever held, and shows nothing. Pure. */
export function withoutEvidence(shown: readonly SubProcessorShown[]): Obstacle[] {
  return shown.filter(({ answer }) => answer?.outcome !== 'certificate').map(({ name, answer }) => ({ store: 'sub-processor', place: name, because: answer?.outcome === 'statement' ? 'it stated that it never held any of the data, and gave no certificate' : answer?.outcome === 'none' ? `no evidence was obtained: ${answer.says ?? ''}` : answer === undefined ? 'it was not asked for evidence' : 'it was asked, and gave no evidence yet' }))
}

/** As a certificate names them. */
export function subProcessorsTold(shown: readonly SubProcessorShown[]): Json {
  return shown.map(({ name, country, answer }) => {
    const { outcome = null, sha256 = null, says = null, recordedAt = null } = answer ?? {}
    const evidence = sha256 === null ? { evidence: 'none obtained', ...(says === null ? {} : { because: says }) } : { evidence: outcome, sha256, says, received: formatDay(recordedAt ?? 0) }
    return { name, country, asked: answer === undefined ? null : formatDay(answer.askedAt), ...evidence }
  })
}
