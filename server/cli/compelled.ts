import type { Command } from 'commander'
import { allCompulsions, recordCompulsion, type Compulsion } from '#register'
import { formatDay } from '#kit/time'
import { common, listing, say, withBailee, type CommonOptions } from './context.ts'

type Compelled = CommonOptions & { controller: string; authority: string; law: string; country: string; agreement?: string; handedOver: string; forbiddenBy?: string; as: string }

/** `bailee register compelled`, `compulsions`: what an authority compelled without an instruction (Art. 28(3)(a), 48). */
export function addCompelled(register: Command): void {
  common(register.command('compelled').summary('record what an authority compels by law').description('record what an authority compels by law of the Union or a Member State; the controller is told, unless that law forbids it'))
    .requiredOption('--controller <id>', 'whose data').requiredOption('--authority <name>', 'who compels').requiredOption('--law <text>', 'statute and article').requiredOption('--country <code>', 'of the law: EU, or two capitals')
    .option('--agreement <text>', 'by which a decision of a third country binds (Art. 48)').requiredOption('--handed-over <text>', 'what, in a sentence; nothing where nothing was').option('--forbidden-by <text>', 'the law that forbids to tell the controller').requiredOption('--as <person>', 'who records it')
    .action(async (options: Compelled) => {
      await withBailee(options, async ({ ledger }, at) => {
        const { controller, authority, law, country, agreement, handedOver, forbiddenBy, as: by } = options
        const one = await recordCompulsion(ledger, { controller, authority, law, country, agreement, handedOver, forbiddenBy, by }, at)
        say(options, { ok: true, compulsion: one }, () => [shownCompulsion(one), one.informing === 'told' ? '  The notice is in the controller\'s log: bailee contract notices' : '  It is in no log that a controller can read, and in exports with --confidential only.'])
      })
    })
  listing(register.command('compulsions').summary('every such record').description('every such record, those of which the controller must not be told included')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }) => {
      const known = await allCompulsions(database)
      say(options, known, () => (known.length === 0 ? ['No authority has compelled anything, as far as was recorded.'] : known.map(shownCompulsion)))
    })
  })
}

const shownCompulsion = (one: Compulsion): string => `${one.id}  ${formatDay(one.recordedAt)}  ${one.controller}  ${one.authority}, ${one.law} (${one.country})  handed over: ${one.handedOver}  ${one.informing === 'told' ? 'the controller was told' : `the controller MUST NOT be told (${one.forbiddenBy ?? ''})`}`
