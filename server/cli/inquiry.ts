import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { allInquiries, answerInquiry, isOverdue, isSettled, recordInquiry, type Inquiry } from '#register'
import { Misuse } from '#kit/errors'
import { formatDay, parseInstant, type Instant } from '#kit/time'
import { common, listing, say, withBailee, type CommonOptions } from './context.ts'

type AskedOptions = CommonOptions & { authority: string; asks: string; received: string; due?: string; controller?: string; as: string }
type AnswerOptions = CommonOptions & { says: string; file?: string[]; partly?: boolean; as: string }

/** `bailee register inquiry ...`: what authorities ask, and what they were answered (Art. 31, 58(1)). */
export function addInquiries(register: Command, exit: (code: number) => void): void {
  const inquiry = register.command('inquiry').description('what authorities ask, and what they were answered')
  common(inquiry.command('record').summary('record what an authority asks').description('record what an authority asks, and until when; in the common log, sealed'))
    .requiredOption('--authority <name>', 'who asks').requiredOption('--asks <text>', 'what, in a sentence').requiredOption('--received <date>', 'when it came')
    .option('--due <date>', 'the first day on which it is late').option('--controller <id>', 'whose processing it is about').requiredOption('--as <person>', 'who records it')
    .action(async ({ authority, asks, received, due, controller, as: by, ...options }: AskedOptions) => {
      await withBailee(options, async ({ ledger }, at) => {
        const one = await recordInquiry(ledger, { authority, asks, controller, receivedAt: dayOf('--received', received), dueAt: due === undefined ? undefined : dayOf('--due', due), by }, at)
        say(options, { ok: true, inquiry: one }, () => shownInquiry(one, at))
      })
    })
  common(inquiry.command('answer <inquiry>').summary('record what an authority was answered').description('record what an authority was answered; of files the SHA-256 is kept, and nothing else'))
    .requiredOption('--says <text>', 'what, in a sentence').option('--file <file...>', 'what was handed over').option('--partly', 'more is still owed').requiredOption('--as <person>', 'who answered')
    .action(async (id: string, { says, file = [], partly, as: by, ...options }: AnswerOptions) => {
      const files = file.map(hashOf)
      await withBailee(options, async ({ ledger }, at) => {
        const one = await answerInquiry(ledger, { inquiry: id, says, files, partly: partly === true, by }, at)
        say(options, { ok: true, inquiry: one }, () => shownInquiry(one, at))
      })
    })
  listing(inquiry.command('list').summary('what they ask; exit 1 while one is late').description('what authorities asked, until when, and what they were answered; exit code 1 while one is late')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }, at) => {
      const known = await allInquiries(database)
      if (known.some((one) => isOverdue(one, at))) exit(1)
      say(options, known.map((one) => ({ ...one, settled: isSettled(one), overdue: isOverdue(one, at) })), () => (known.length === 0 ? ['No authority has asked anything, as far as was recorded.'] : known.flatMap((one) => shownInquiry(one, at))))
    })
  })
}

function dayOf(option: string, text: string): Instant {
  const found = parseInstant(text)
  if (found === undefined) throw new Misuse(`${option} takes a date such as 2024-03-01, not ${JSON.stringify(text)}`)
  return found
}

function hashOf(path: string): { readonly sha256: string; readonly bytes: number } {
  try {
    const bytes = readFileSync(path)
    return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length }
  } catch (cause) {
    throw new Misuse(`${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}): name what was handed over`)
  }
}

const shownInquiry = (one: Inquiry, at: Instant): string[] => [
  `${isOverdue(one, at) ? '!' : isSettled(one) ? '✓' : '.'} ${one.id}  ${formatDay(one.receivedAt)}  ${one.authority}${one.controller === null ? '' : `, about ${one.controller}`}: ${one.asks}; ${isSettled(one) ? 'settled' : one.dueAt === null ? 'no day was named' : `due before ${formatDay(one.dueAt)}`}`,
  ...one.answers.map(({ number, says, files, answeredBy, answeredAt }) => `    ${number}. ${formatDay(answeredAt)}, ${answeredBy}: ${says}${files.map(({ sha256, bytes }) => `; ${bytes} bytes, sha256 ${sha256}`).join('')}`),
]
