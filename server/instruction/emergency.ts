/** Break-glass: access without a second person, for a short time, that is looked at afterwards (Art. 32(1)(b), 32(4)). */
import { allContracts } from '#contract'
import type { Ledger } from '#ledger'
import { personExists } from '#people'
import { Misuse, Refused } from '#kit/errors'
import { formatInstant, type Instant } from '#kit/time'
import { findInstruction } from './instruction.ts'
import { allGrants, allInstructions, type Transaction } from './store.ts'
import { isInForce, isSuspended, type Grant } from './types.ts'

/** Minutes that an emergency may last: somebody else can be reached by then. */
export const emergencyMinutesMax = 240

/** Reasons shorter than this say nothing to whoever looks at them. */
const reasonCharactersMin = 10

/**
 * Opens an instruction to a person at once. It never goes beyond the instruction: that must be in force and not suspended, and commitment and training are still asked for. Nobody opens another
 * while one of theirs is not reviewed. Throws `Misuse` for bad input, `Refused` for what is not in force or not reviewed.
 */
export async function openEmergency(ledger: Ledger, wanted: { person: string; instruction: string; reason: string; minutes: number }, at: Instant): Promise<Grant> {
  const { person, reason, minutes } = wanted
  if (reason.trim().length < reasonCharactersMin) throw new Misuse('say why, in a sentence; name no person of the data')
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > emergencyMinutesMax) throw new Misuse(`an emergency lasts 1 to ${emergencyMinutesMax} minutes`)
  const instruction = await findInstruction(ledger, wanted.instruction)
  const id = `emergency-${person}-${instruction.id}-${formatInstant(at)}`
  // While every log stands still: of two at one moment the second sees the first, and an instruction that ends or is suspended meanwhile opens nothing.
  await ledger.alone({
    begin: async (tx) => {
      await mustBeOpenable(tx, { person, instruction: instruction.id }, at)
      return [{ slot: instruction.slot, type: 'grant.emergency_opened', at, parts: { evidence: { grant: id, person, instruction: instruction.id, until: at + minutes * 60, reason } } }]
    },
    end: () => Promise.resolve(),
  })
  const made = (await allGrants(ledger.database)).find((grant) => grant.id === id)
  if (made === undefined) throw new Refused('emergency/not-recorded', `${id} is not there`)
  return made
}

/** Throws `Misuse` for somebody who is not here, `Refused` for an instruction that covers nothing at this moment, and for who has another that is not reviewed. */
async function mustBeOpenable(tx: Transaction, { person, instruction: id }: { person: string; instruction: string }, at: Instant): Promise<void> {
  if (!await personExists(tx, person)) throw new Misuse(`nobody with id ${person} is declared`)
  const instruction = (await allInstructions(tx)).find((one) => one.id === id)
  const contract = (await allContracts(tx)).find((one) => one.id === instruction?.contract)
  if (instruction === undefined || at < instruction.from || !isInForce(instruction, contract?.endedAt ?? undefined, at)) throw new Refused('emergency/instruction', `${id} is ${instruction?.state ?? 'unknown'} and covers nothing now; an emergency opens no more than an instruction does`)
  if (isSuspended(instruction, at)) throw new Refused('emergency/suspended', `${id} is suspended: the controller was warned that it infringes the law, and has not upheld it (bailee instruction warn); an emergency opens no more than an instruction does`)
  const open = (await allGrants(tx)).find((grant) => grant.person === person && isUnreviewed(grant))
  if (open !== undefined) throw new Refused('emergency/unreviewed', `${open.id} of ${person} is not reviewed yet: bailee people break-glass review ${open.id} --as ID`)
}

const isUnreviewed = ({ emergency, reviewedAt }: Grant): boolean => emergency !== undefined && reviewedAt === undefined

/** Emergencies that nobody has looked at: they stay due until somebody does. */
export async function unreviewedEmergencies({ database }: Pick<Ledger, 'database'>): Promise<Grant[]> {
  return (await allGrants(database)).filter(isUnreviewed)
}

/** Somebody else says what an emergency was. Throws `Refused` for one's own, or what is reviewed. */
export async function reviewEmergency(ledger: Ledger, reviewed: { grant: string; by: string; says: string }, at: Instant): Promise<void> {
  const grant = (await allGrants(ledger.database)).find(({ id, emergency }) => id === reviewed.grant && emergency !== undefined)
  if (grant === undefined) throw new Misuse(`no emergency ${reviewed.grant}; not reviewed are: ${(await unreviewedEmergencies(ledger)).map(({ id }) => id).join(', ') || 'none'}`)
  if (!await personExists(ledger.database, reviewed.by)) throw new Misuse(`nobody with id ${reviewed.by} is declared`)
  if (reviewed.by === grant.person) throw new Refused('emergency/second-person', `${grant.id} is reviewed by somebody else than ${grant.person}`)
  if (reviewed.says.trim().length < reasonCharactersMin) throw new Misuse('say what was found, in a sentence')
  await ledger.append({ slot: grant.slot, type: 'grant.emergency_reviewed', at, parts: { evidence: { ...reviewed } } })
}
