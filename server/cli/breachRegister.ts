import { Option, type Command } from 'commander'
import { breachFormats, breachRegister, exportBreaches, type BreachFormat, type BreachRegister } from '#breach'
import { lookBack } from '#composition'
import { findController } from '#contract'
import type { Language } from '#register'
import { Misuse } from '#kit/errors'
import { formatInstant } from '#kit/time'
import { listing, say, withBailee, type CommonOptions } from './context.ts'
import { handOut } from './handOut.ts'
import { momentAsked } from './register.ts'

type Options = CommonOptions & { readonly controller?: string; readonly all?: boolean; readonly format: BreachFormat; readonly language: Language; readonly out?: string }

/** `bailee breach register`: the record of all breaches (Art. 33(5)). */
export function addBreachRegister(breach: Command, exit: (code: number) => void): void {
  listing(breach.command('register').summary('the record of all breaches (Art. 33(5))').description('the record of all breaches (Art. 33(5)): facts, effects, remedial action, notices, reasons for delay; exit code 1 when something lacks'))
    .option('--controller <id>', 'of this controller alone: what it may have').option('--all', 'of all: for the processor itself')
    .option('--out <file>', 'write it to a new file, and its hash to the ledger; without it, it is shown').addOption(new Option('--format <format>', 'of --out').choices([...breachFormats]).default('pdf')).addOption(new Option('--language <language>', 'of --out').choices(['en', 'fr']).default('en'))
    .action(async ({ asOf: day, ...options }: Options) => {
      const { controller, all, out, format, language } = options
      if ((controller === undefined) !== (all === true)) throw new Misuse('say whose: --controller ID, or --all')
      const until = day ?? options.at
      await withBailee(options, async (bailee, at) => {
        const slot = controller === undefined ? 0 : (await findController(bailee.ledger, controller)).slot
        const moment = until === undefined ? at : momentAsked(until)
        const register = await (until === undefined ? breachRegister(bailee.database, { controller }, at) : lookBack(bailee, moment, ({ database }) => breachRegister(database, { controller }, moment)))
        const made = out === undefined ? undefined : await handOut(bailee.ledger, { out, bytes: await exportBreaches(register, { format, language }), slot, asOf: moment, format: `breaches ${format}`, language }, at)
        if (register.breaches.some(({ lacks }) => lacks.length > 0)) exit(1)
        say(options, { ...register, ...(made === undefined ? {} : { out, ...made }) }, () => [...(made === undefined ? [] : [`${out ?? ''}: ${register.breaches.length} breaches, sha256 ${made.sha256}, recorded in the ledger`]), ...shown(register)])
      })
    })
}

const shown = ({ breaches }: BreachRegister): string[] => (breaches.length === 0 ? ['No breach is recorded.'] : breaches.map(({ id, controller, facts, toldAt, late, lacks }) =>
  `${lacks.length > 0 ? '!' : ' '} ${id}: ${controller.id}, known ${formatInstant(facts.awareAt)}, ${toldAt === null ? 'controller not told' : `told ${formatInstant(toldAt)}`}${late ? ', LATE' : ''}${lacks.length === 0 ? '' : `; lacks: ${lacks.join(', ')}`}`))
