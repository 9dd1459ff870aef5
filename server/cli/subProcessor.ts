import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { answerForSubProcessor, askSubProcessors, findErasure, subProcessorsShown, type SubProcessorShown } from '#erasure'
import { Misuse } from '#kit/errors'
import { formatDay } from '#kit/time'
import { common, listing, say, withBailee, type CommonOptions } from './context.ts'

type AnswerOptions = CommonOptions & { as: string; certificate?: string; statement?: string; none?: string; says?: string }

/** `bailee erasure sub-processor ask|answer|list`: what sub-processors did with the data at the end. */
export function addSubProcessor(erasure: Command): void {
  const command = erasure.command('sub-processor').description('ask sub-processors, and record what they answer')
  common(command.command('ask <erasure>').description('record that each was asked, and print what to send to those that gave nothing yet')).action(async (id: string, options: CommonOptions) => {
    await withBailee(options, async ({ ledger }, at) => {
      const asked = await askSubProcessors(ledger, id, at)
      say(options, { ok: true, asked }, () => (asked.length === 0 ? ['Nobody is to be asked: the contract names no sub-processor, or each has answered.'] : asked.flatMap(({ name, contact, says }) => [`To ${name}, ${contact}:`, `  ${says}`])))
    })
  })
  common(command.command('answer <erasure> <name>').description('record a certificate, a statement that it never held any, or that nothing was obtained'))
    .option('--certificate <file>', 'its own certificate: the hash is recorded, the file stays with you').option('--statement <file>', 'its statement that it never held any of the data').option('--none <reason>', 'nothing was obtained, and why')
    .option('--says <text>', 'in a sentence what the file says').requiredOption('--as <person>', 'who answers for it')
    .action(async (id: string, name: string, options: AnswerOptions) => {
      const given = answerIn(options)
      await withBailee(options, async ({ ledger }, at) => {
        const answer = await answerForSubProcessor(ledger, { erasure: id, name, by: options.as, ...given }, at)
        say(options, { ok: true, answer }, () => [`${name}: ${answer.outcome === 'none' ? `none obtained: ${answer.says}. The certificate will be partial.` : `${answer.outcome}, sha256 ${answer.sha256}${answer.outcome === 'statement' ? '. A statement is no certificate: ours will be partial.' : ''}`}`])
      })
    })
  listing(command.command('list <erasure>').description('who was asked when, what came, and who is to be reminded')).action(async (id: string, options: CommonOptions) => {
    await withBailee(options, async ({ ledger }, at) => {
      const shown = await subProcessorsShown(ledger, await findErasure(ledger, id), at)
      say(options, { subProcessors: shown }, () => (shown.length === 0 ? ['The contract names no sub-processor.'] : shown.map(line)))
    })
  })
}

function answerIn({ certificate, statement, none, says }: AnswerOptions): { outcome: 'certificate' | 'statement' | 'none'; sha256?: string; says: string } {
  const file = certificate ?? statement
  if ([certificate, statement, none].filter((one) => one !== undefined).length !== 1) throw new Misuse('give one of --certificate FILE, --statement FILE, --none REASON')
  if (file === undefined) return { outcome: 'none', says: none! }
  if (says === undefined) throw new Misuse('--says tells in a sentence what the file says: what was erased where, and what remains until when')
  try {
    return { outcome: certificate === undefined ? 'statement' : 'certificate', sha256: createHash('sha256').update(readFileSync(file)).digest('hex'), says }
  } catch (cause) {
    throw new Misuse(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`)
  }
}

function line({ name, country, contact, answer, remind }: SubProcessorShown): string {
  const told = answer === undefined ? 'not asked' : answer.outcome === null ? `asked ${formatDay(answer.askedAt)}, no answer${remind ? ': REMIND' : ''}` : `${answer.outcome === 'none' ? 'none obtained' : answer.outcome} ${formatDay(answer.recordedAt ?? 0)}: ${answer.says ?? ''}`
  return `${name} (${country}, ${contact}): ${told}`
}
