import { readFileSync, statSync, writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { traceContext } from '#composition'
import { allRequests, answerSubject, readRequest, type SubjectAnswer } from '#erasure'
import { formatDay } from '#kit/time'
import { Misuse } from '#kit/errors'
import { common, listing, say, withBailee, type CommonOptions } from './context.ts'
import { createMeter } from './meter.ts'
import { mustBeNew } from './receipt.ts'

interface SubjectCommand extends CommonOptions {
  readonly controller: string
  readonly request: string
  readonly as: string
  readonly out?: string
}

/** A request holds a few values of one person. */
const requestBytesMax = 1024 * 1024

/** `bailee erasure subject`, `subjects`. */
export function addSubject(erasure: Command, exit: (code: number) => void): void {
  common(erasure.command('subject').summary("one person's request: hand over or erase").description('one person\'s request, on the controller\'s instruction: find everywhere, hand over or erase'))
    .requiredOption('--controller <id>', 'whose data they are')
    .requiredOption('--request <file>', 'reference, kind (access, erasure), instruction, and values')
    .requiredOption('--as <person>', 'who carries it out')
    .option('--out <file>', 'for access: a new file, readable by its owner alone, not encrypted')
    .addHelpText('after', '\nThe file: { request: REQ-14, kind: erasure, instruction: INS-9, person: { email: ... } }\nExit code 1 when rows are left, or places name the person and nothing tells whose they are.')
    .action(async (options: SubjectCommand) => {
      const request = readRequest(fileOf(options.request))
      if (request.kind === 'access' && options.out === undefined) throw new Misuse('an access request needs --out FILE, a new file for the person\'s rows')
      if (request.kind === 'erasure' && options.out !== undefined) throw new Misuse('an erasure hands nothing over; leave out --out')
      mustBeNew(options.out)
      await withBailee(options, async (bailee, at) => {
        const meter = createMeter(process.stderr)
        const context = traceContext(bailee, (progress) => meter.show(`${progress.work} ${progress.done + 1}/${progress.total} ${progress.place}`, progress.rows))
        const answer = await answerSubject(context, { controller: options.controller, request, operator: options.as }, at)
        meter.end()
        if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify({ request: request.id, controller: options.controller, places: answer.handed }, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' })
        const outcome = answer.record.outcome
        const ok = outcome !== null && outcome.residual === 0 && outcome.left.length === 0 && outcome.notSearched.length === 0
        if (!ok) exit(1)
        say(options, { ok, ...answer.record, ...(options.out === undefined ? {} : { out: options.out, encrypted: false }) }, () => linesOf(answer, options))
      })
    })
  listing(erasure.command('subjects').description('requests of persons, and what they came to')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }) => {
      const known = await allRequests(database)
      say(options, known, () => (known.length === 0 ? ['No request.'] : known.map((one) => `${one.controller} ${one.id}  ${one.kind} under ${one.instruction}, by ${one.operator}  ${one.closedAt === null ? 'open' : `closed ${formatDay(one.closedAt)}`}${one.outcome === null ? '' : `: ${one.outcome.found} rows found, ${one.kind === 'access' ? `${one.outcome.handed} handed over` : `${one.outcome.erased} erased, ${one.outcome.residual} left`}`}`)))
    })
  })
}

function fileOf(path: string): string {
  try {
    if (statSync(path).size > requestBytesMax) throw new Misuse(`--request: ${path} is larger than any request of one person`)
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Misuse) throw cause
    throw new Misuse(`--request: ${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'no reason given'})`)
  }
}

function linesOf({ record, handed }: SubjectAnswer, { out }: SubjectCommand): string[] {
  const { outcome } = record
  if (outcome === null) return [`${record.id} is open.`]
  return [
    record.kind === 'access' ? `${record.id}: ${outcome.found} rows found, ${outcome.handed} handed over from ${handed.length} places.` : `${record.id}: ${outcome.found} rows found, ${outcome.erased} erased; searched for again: ${outcome.residual} left. ${outcome.forgotten} taken out of the fingerprints.`,
    ...(out === undefined ? [] : [`  in ${out}: readable by its owner alone (0600), not encrypted. Give it to the controller on a secure way, and remove it.`]),
    ...outcome.left.map((one) => `  ! ${one.store}: ${one.place}: ${one.rows} rows: ${one.because}`),
    ...(record.closedAt === null ? [`  ! ${record.id} stays open: not everything could be read. Make it readable and run this again; ${record.kind === 'erasure' ? 'name every value of the person in the request then, as what its erased rows told is not known any more' : 'everything is searched anew then'}.`] : []),
    ...outcome.notSearched.map((one) => `  ! ${one.store}: ${one.place} was not searched: ${one.because}`),
  ]
}
