import type { Command } from 'commander'
import { traceContext } from '#composition'
import { exceptFromErasure, exitsOf, findErasure, remindersOf, settleDue, type Due } from '#erasure'
import { Misuse } from '#kit/errors'
import { formatDay, parseInstant } from '#kit/time'
import { common, say, withBailee, type CommonOptions } from './context.ts'
import { mustBeHere } from './rotation.ts'

/** What came due, in JSON. */
export const dueShown = ({ opened, notOpened, reopened, warned, notices }: Due): object =>
  ({ opened: opened.map(({ id, contract, deadline }) => ({ erasure: id, contract, deadline: formatDay(deadline) })), not_opened: notOpened, exceptions_over: reopened.map(({ id }) => id), warned, notices })

/** What came due, in lines; none when nothing did. */
export const dueLines = ({ opened, notOpened, reopened, warned, notices }: Due): string[] => [
  ...opened.map((one) => `  ! contract ${one.contract} is over: exit case ${one.id} is open, deadline ${formatDay(one.deadline)}`),
  ...notOpened.map((one) => `  ! contract ${one.contract} is over, and its exit case could not be opened: ${one.because}`),
  ...reopened.map(({ id }) => `  ! ${id} goes on: something that law obliged to keep need not be kept any more; next: bailee erasure run ${id} --as ID`),
  ...warned.map(({ says }) => `  ! ${says}`),
  ...(notices.length === 0 ? [] : [`  ${notices.length} notices to controllers were recorded; send them: bailee contract notices`]),
]

/** `bailee erasure due`. */
export function addDue(erasure: Command, exit: (code: number) => void): void {
  common(erasure.command('due').summary('open exits that are over; exit 1 while one is late').description('open exits of contracts that are over; exit 1 while one is late').addHelpText('after', '\nSweeps and bailee serve do it too.'))
    .action(async (options: CommonOptions) => {
      await withBailee(options, async (bailee, at) => {
        const due = await settleDue(traceContext(bailee), at)
        const exits = await exitsOf(bailee, at)
        const reminders = await remindersOf(bailee.ledger, at)
        const late = exits.filter(({ overdue }) => overdue)
        if (late.length + due.notOpened.length > 0) exit(1)
        say(options, { ok: late.length + due.notOpened.length === 0, ...dueShown(due), exits, reminders: reminders.map((one) => ({ ...one, asked: formatDay(one.asked) })) }, () => {
          const lines = [...dueLines(due), ...late.map((one) => `  ! ${one.erasure} is overdue`), ...exits.flatMap(({ erasure: id, waits }) => (waits === null ? [] : [`  ${id} waits: ${waits.because}`])), ...reminders.map(({ erasure: id, name, contact, asked }) => `  ${id}: ${name} (${contact}) was asked on ${formatDay(asked)} and did not answer; ask again: bailee erasure sub-processor ask ${id}`)]
          return lines.length === 0 ? ['Nothing is due.'] : lines
        })
      })
    })
}

interface ExceptOptions extends CommonOptions { readonly dataset: string; readonly table: string; readonly rows?: string; readonly law: string; readonly statute: string; readonly until: string; readonly as: string }

/** `bailee erasure except`. */
export function addExcept(erasure: Command): void {
  common(erasure.command('except <erasure>').description('keep what Union or Member State law obliges to keep'))
    .requiredOption('--dataset <id>', 'of the controller').requiredOption('--table <name>', 'as bailee.yaml names it')
    .option('--rows <predicate>', 'only these rows (PostgreSQL): comparisons of columns')
    .requiredOption('--law <country>', 'EU, or the Member State by two capitals').requiredOption('--statute <text>', 'which law, and article')
    .requiredOption('--until <date>', 'the first day on which it need not be kept any more').requiredOption('--as <person>', 'who answers for it')
    .action(async (id: string, options: ExceptOptions) => {
      const expires = parseInstant(options.until)
      if (expires === undefined) throw new Misuse(`--until takes a date such as 2030-01-01, not ${JSON.stringify(options.until)}`)
      await withBailee(options, async (bailee, at) => {
        await mustBeHere(bailee, options.as)
        const exception = await exceptFromErasure(traceContext(bailee), { erasure: await findErasure(bailee.ledger, id), dataset: options.dataset, table: options.table, rows: options.rows, jurisdiction: options.law, statute: options.statute, expires, by: options.as }, at)
        say(options, { ok: true, exception }, () => [`${exception.id}: ${exception.place} of ${exception.dataset} is kept until ${formatDay(exception.expires)} (${exception.statute}). Its controller's log has a notice of it.`])
      })
    })
}
