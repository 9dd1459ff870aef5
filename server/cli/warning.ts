import type { Command } from 'commander'
import { allWarnings, answerWarnings, findInstruction, warnOf, type Warning } from '#instruction'
import { Misuse } from '#kit/errors'
import { formatDay } from '#kit/time'
import { common, listing, say, withBailee, type CommonOptions } from './context.ts'
import { keyOfSignatory, signedHere } from './keys.ts'

/** `bailee instruction warn|answer|warnings`: instructions that infringe the law, in the processor's opinion (Art. 28(3), last sentence). */
export function addWarnings(instruction: Command): void {
  common(instruction.command('warn <instruction>').description('tell the controller at once that its instruction infringes the law (Art. 28(3), last sentence)'))
    .requiredOption('--provision <text>', 'what it infringes, such as "Art. 9(1) GDPR"').requiredOption('--reasons <text>', 'why, in the words that the controller reads')
    .option('--suspend', 'do nothing under it until that is settled; open sessions end at once').requiredOption('--as <person>', 'who says so')
    .action(async (id: string, options: CommonOptions & { provision: string; reasons: string; suspend?: boolean; as: string }) => {
      await withBailee(options, async ({ ledger }, at) => {
        const { provision, reasons, suspend = false, as: by } = options
        const warning = await warnOf(ledger, { instruction: id, provision, reasons, suspend, by }, at)
        say(options, { ok: true, warning }, () => [...shownWarning(warning), '  The notice is in the controller\'s log: bailee contract notices'])
      })
    })
  common(instruction.command('answer <instruction>').description('the controller answers a warning in writing, with a signature'))
    .option('--upheld', 'it upholds the instruction: the warning ends').option('--agreed', 'it agrees, and will replace or withdraw it').requiredOption('--says <text>', 'its answer')
    .requiredOption('--as <name>', 'the signatory').option('--key <file>', 'the signatory\'s private key (Ed25519, PEM); without it, one kept on this machine')
    .action(async (id: string, options: CommonOptions & { upheld?: boolean; agreed?: boolean; says: string; as: string; key?: string }) => {
      if ((options.upheld === true) === (options.agreed === true)) throw new Misuse('an answer is --upheld or --agreed')
      await withBailee(options, async (bailee, at) => {
        const key = await keyOfSignatory(bailee, (await findInstruction(bailee.ledger, id)).controller, options)
        const warning = await answerWarnings(bailee.ledger, { instruction: id, answer: options.upheld === true ? 'upheld' : 'agreed', says: options.says, signatory: options.as, key }, at)
        say(options, { ok: true, warning }, () => [...shownWarning(warning), ...signedHere(warning.custody ?? 'this machine')])
      })
    })
  listing(instruction.command('warnings').description('every warning, and how it ended')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }) => {
      const warnings = await allWarnings(database)
      say(options, warnings, () => (warnings.length === 0 ? ['No instruction was said to infringe the law.'] : warnings.flatMap(shownWarning)))
    })
  })
}

function shownWarning(one: Warning): string[] {
  const standing = one.endedAt !== null ? `ended ${formatDay(one.endedAt)}: ${one.endedBecause ?? ''}` : one.suspended ? 'OPEN, SUSPENDED' : 'OPEN'
  return [
    `${one.instruction} warning ${one.number}, ${formatDay(one.warnedAt)}, by ${one.warnedBy}: infringes ${one.provision}  ${standing}`,
    ...(one.reasons === null ? [] : [`  reasons: ${one.reasons}`]), ...(one.answer === null ? [] : [`  the controller ${one.answer}, ${formatDay(one.answeredAt ?? 0)}: ${one.answerSays ?? ''}`]),
  ]
}
