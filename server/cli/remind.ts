import type { Command } from 'commander'
import { remindNow } from '#composition'
import { allReminders, type Reminded, type ReminderSent } from '#reminder'
import { formatInstant } from '#kit/time'
import { common, say, withBailee, type CommonOptions } from './context.ts'

const line = ({ id, outcome, channel, begunAt, tries, receipt }: ReminderSent): string => `  ${outcome === 'sent' ? '' : '! '}${id}: ${outcome === 'begun' ? 'begun, and nothing is known of what came of it' : outcome === 'unknown' ? 'nobody knows whether it arrived' : outcome}, ${channel}, ${formatInstant(begunAt)}${tries > 1 ? `, tried ${tries} times` : ''}${receipt === null ? '' : `: ${receipt}`}`

/** What was sent now, in lines; none when nothing was due. */
export const remindedLines = ({ sent, not }: Reminded): string[] => [...sent.map(line), ...not.map(({ id, because }) => `  ! ${id} was not sent: ${because}`)]

/** `bailee people remind`. */
export function addRemind(people: Command, exit: (code: number) => void): void {
  common(people.command('remind').summary('send reminders and alarms, each once').description('send what is due, each once: trainings that lapse, reviews, emergencies, windows that end, warnings without answer; exit code 1 when something did not go'))
    .option('--list', 'show what was sent, newest first; send nothing')
    .action(async (options: CommonOptions & { list?: boolean }) => {
      await withBailee(options, async (bailee, at) => {
        if (options.list === true) {
          const known = await allReminders(bailee.database)
          say(options, { ok: true, reminders: known }, () => (known.length === 0 ? ['Nobody was reminded of anything.'] : known.map(line)))
          return
        }
        const reminded = await remindNow(bailee, at)
        if (reminded.not.length > 0) exit(1)
        say(options, { ok: reminded.not.length === 0, ...reminded }, () => { const lines = remindedLines(reminded); return lines.length === 0 ? ['Nothing is due that was not told.'] : lines })
      })
    })
}
