import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Entry } from '#ledger'
import { Refused } from '#kit/errors'
import type { Warning } from './types.ts'

/** Every warning, by instruction and number. */
export async function allWarnings(executor: Database | Transaction): Promise<Warning[]> {
  return rows<Warning>(executor, sql`
    select instruction, number, slot, provision, reasons, warned_by as "warnedBy", warned_at as "warnedAt", suspended, answer, answer_says as "answerSays", answered_by as "answeredBy", custody, answered_at as "answeredAt",
      ended_at as "endedAt", ended_because as "endedBecause" from instruction_warning order by instruction, number`)
}

/** Folds `instruction.warned`. */
export async function keepWarning(tx: Transaction, entry: Entry): Promise<void> {
  const warned = partOf<{ instruction: string; number: number; provision: string; suspended: boolean; by: string }>(entry, 'evidence')
  if (warned === undefined) return
  const changed = await rows(tx, sql`
    insert into instruction_warning (instruction, number, slot, provision, reasons, warned_by, warned_at, suspended)
    values (${warned.instruction}, ${warned.number}, ${entry.slot}, ${warned.provision}, ${partOf<{ reasons: string }>(entry, 'instruction')?.reasons ?? null}, ${warned.by}, ${entry.at}, ${warned.suspended})
    on conflict do nothing returning number`)
  if (changed.length === 0) throw new Refused('instruction/warned', `somebody else warned of ${warned.instruction} meanwhile: look at it again (bailee instruction warnings)`)
}

/** Folds `instruction.answered`. A warning that the controller agrees with goes on until the instruction is replaced or withdrawn. */
export async function keepAnswer(tx: Transaction, entry: Entry): Promise<void> {
  const given = partOf<{ instruction: string; number: number; answer: 'upheld' | 'agreed'; custody: string }>(entry, 'evidence')
  if (given === undefined) return
  const said = partOf<{ signatory: string; says: string }>(entry, 'instruction')
  const upheld = given.answer === 'upheld'
  const changed = await rows(tx, sql`
    update instruction_warning set answer = ${given.answer}, answer_says = ${said?.says ?? null}, answered_by = ${said?.signatory ?? null}, custody = ${given.custody}, answered_at = ${entry.at},
      ended_at = ${upheld ? entry.at : null}, ended_because = ${upheld ? 'upheld' : null}
    where instruction = ${given.instruction} and number = ${given.number} and slot = ${entry.slot} and ended_at is null returning number`)
  if (changed.length === 0) throw new Refused('instruction/no-warning', `warning ${given.number} of ${given.instruction} is not open any more`)
}

/** Ends what was open of an instruction that is over. */
export async function endWarnings(tx: Transaction, { instruction, at, because }: { readonly instruction: string; readonly at: number; readonly because: 'superseded' | 'withdrawn' }): Promise<void> {
  await rows(tx, sql`update instruction_warning set ended_at = ${at}, ended_because = ${because} where instruction = ${instruction} and ended_at is null`)
}
