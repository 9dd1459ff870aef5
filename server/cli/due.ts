import type { Command } from 'commander'
import { traceContext } from '#composition'
import { exitsOf, settleDue, type Due } from '#erasure'
import { formatDay } from '#kit/time'
import { common, say, withBailee, type CommonOptions } from './context.ts'

/** What came due, in JSON. */
export const dueShown = ({ opened, notOpened, warned, notices }: Due): object =>
  ({ opened: opened.map(({ id, contract, deadline }) => ({ erasure: id, contract, deadline: formatDay(deadline) })), not_opened: notOpened, warned, notices })

/** What came due, in lines; none when nothing did. */
export const dueLines = ({ opened, notOpened, warned, notices }: Due): string[] => [
  ...opened.map((one) => `  ! contract ${one.contract} is over: exit case ${one.id} is open, deadline ${formatDay(one.deadline)}`),
  ...notOpened.map((one) => `  ! contract ${one.contract} is over, and its exit case could not be opened: ${one.because}`),
  ...warned.map(({ says }) => `  ! ${says}`),
  ...(notices.length === 0 ? [] : [`  ${notices.length} notices to controllers were recorded; send them: bailee contract notices`]),
]

/** `bailee erasure due`. */
export function addDue(erasure: Command, exit: (code: number) => void): void {
  common(erasure.command('due').description('open the exits of contracts that are over, warn of deadlines; exit 1 while one is late. Sweeps and bailee serve do it too'))
    .action(async (options: CommonOptions) => {
      await withBailee(options, async (bailee, at) => {
        const due = await settleDue(traceContext(bailee), at)
        const exits = await exitsOf(bailee, at)
        const late = exits.filter(({ overdue }) => overdue)
        if (late.length + due.notOpened.length > 0) exit(1)
        say(options, { ok: late.length + due.notOpened.length === 0, ...dueShown(due), exits }, () => {
          const lines = [...dueLines(due), ...late.map((one) => `  ! ${one.erasure} is overdue`), ...exits.flatMap(({ erasure: id, waits }) => (waits === null ? [] : [`  ${id} waits: ${waits.because}`]))]
          return lines.length === 0 ? ['Nothing is due.'] : lines
        })
      })
    })
}
