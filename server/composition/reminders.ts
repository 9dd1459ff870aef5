/** The road on which the processor's people are reminded, as it is declared. */
import { theProcessor } from '#contract'
import { resolveReference } from '#inventory'
import { allInquiries, isSettled } from '#register'
import { sendReminders, type Reminded, type ReminderKind, type Road } from '#reminder'
import { Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Bailee } from './bailee.ts'

type Declared = { readonly smtp: string; readonly from: string } | { readonly webhook: string; readonly signing: string }

/** The road of `processor.reminders`; undefined when none is declared. Throws `Misuse` for a reference that is not set. */
export async function reminderRoad({ database, references }: Pick<Bailee, 'database' | 'references'>): Promise<Road | undefined> {
  const declared = (await theProcessor(database))?.['reminders'] as Declared | undefined
  if (declared === undefined) return undefined
  const referred = (reference: string): string => {
    const found = resolveReference(reference, references)
    if (found === undefined) throw new Misuse(`processor.reminders refers to ${reference}, which is not set: nobody is reminded`)
    return found
  }
  return 'smtp' in declared ? { smtp: referred(declared.smtp), from: declared.from } : { webhook: referred(declared.webhook), signing: referred(declared.signing) }
}

/** Sends what is due, or what is due of one kind. */
export async function remindNow(bailee: Pick<Bailee, 'database' | 'references' | 'ledger'>, at: Instant, only?: ReminderKind): Promise<Reminded> {
  const inquiries = (await allInquiries(bailee.database)).filter((one) => !isSettled(one))
  return sendReminders(bailee.ledger, { road: await reminderRoad(bailee), only, inquiries }, at)
}
