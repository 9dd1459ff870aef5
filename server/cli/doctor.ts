import type { Command } from 'commander'
import { examine, type Finding } from '#composition'
import { machineClock } from '#kit/time'
import { openOptionsOf, say, type CommonOptions } from './context.ts'

const marks = { good: '✓', note: '·', wrong: '✗' } as const

/** `bailee doctor`. */
export function addDoctor(program: Command, exit: (code: number) => void): void {
  program.command('doctor').description('keys, ledger, witnesses, disk: is all as it should be?')
    .option('--backups <directory...>', 'where backups of the control database are: no key may be there')
    .option('--dir <directory>', 'where this processor\'s state is (default .bailee)').option('--json', 'answer in JSON')
    .action(async (options: CommonOptions & { backups?: string[] }) => {
      const found = await examine({ ...openOptionsOf(options), backups: options.backups ?? [] }, machineClock())
      const problems = found.filter(({ state }) => state === 'wrong').length
      if (problems > 0) exit(1)
      say(options, { ok: problems === 0, findings: found }, () => [...found.flatMap(linesOf), problems === 0 ? 'nothing is wrong' : `${problems} ${problems === 1 ? 'thing is' : 'things are'} wrong`])
    })
}

const linesOf = ({ check, state, says, next }: Finding): string[] => [`${marks[state]} ${check}: ${says}`, ...(next === undefined ? [] : [`    ${next}`])]
