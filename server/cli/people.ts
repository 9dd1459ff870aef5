import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { allCommitments, allPeople, commit, commitmentOf, shippedCommitment, standings, train, type Commitment, type CommitmentText, type Standing } from '#people'
import { Misuse } from '#kit/errors'
import { formatDay } from '#kit/time'
import { addAccount } from './account.ts'
import { common, linesOr, listing, say, withBailee, type CommonOptions } from './context.ts'
import { addCourse } from './course.ts'
import { makeSignatoryKey } from './keys.ts'
import { addRemind } from './remind.ts'
import { addReviews } from './review.ts'
import { addToken } from './serve.ts'
import { addStaff } from './staff.ts'

/** `bailee people ...`. */
export function addPeople(program: Command, exit: (code: number) => void): void {
  const people = program.command('people').description('staff: commitments, training, access tokens')
  addCommit(people)
  common(people.command('train <person> <training>').description('record that a person passed a training elsewhere')).action(async (person: string, training: string, options: CommonOptions) => {
    await withBailee(options, async ({ ledger }, at) => {
      await train(ledger, { person, training }, at)
      say(options, { ok: true, person, training, passed: formatDay(at) }, () => [`${person} passed ${training} on ${formatDay(at)}.`])
    })
  })
  addCourse(people, exit)
  addStaff(people)
  addReviews(people, exit)
  addRemind(people, exit)
  addToken(people)
  addAccount(people)
  people.command('key').description('make a signatory\'s key, to be kept by the signatory')
    .requiredOption('--out <file>', 'where the private key goes (never overwritten)').option('--json', 'answer in JSON')
    .action((options: CommonOptions & { out: string }) => {
      const publicKey = makeSignatoryKey(options.out)
      say(options, { ok: true, file: options.out, public_key: publicKey }, () => [`Private key in ${options.out} (keep it with the signatory).`, `Declare beside the signatory in bailee.yaml:  public_key: "${publicKey}"`])
    })
  listing(people.command('list').description('who is declared, and what they signed and passed')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }) => {
      const known = await standings(database)
      const signed = Map.groupBy(await allCommitments(database), ({ person }) => person)
      const everybody = (await allPeople(database)).map((person) => ({ ...person, ...known.get(person.id), commitments: signed.get(person.id) ?? [] }))
      say(options, everybody, () => linesOr('Nobody is declared.', everybody.map((person) => `${person.id}  ${person.role}  ${person.leftAt === undefined ? '' : `left ${formatDay(person.leftAt)}  `}${commitmentShown(person.commitments)}  ${(person.passed ?? []).map(passedShown).join(', ') || 'no training'}`)))
    })
  })
}

const passedShown = ({ training, passedAt, result }: Standing['passed'][number]): string => `${training} ${formatDay(passedAt)}${result === undefined ? ' (reported)' : ` (${result.score} of ${result.questions})`}`

/** What was signed here is told from what somebody reported, and what a leaver promised from nothing. */
function commitmentShown(commitments: readonly Commitment[]): string {
  const last = commitments.at(-1)
  if (last === undefined) return 'no commitment'
  const how = last.textSha256 === undefined ? 'reported' : `text ${last.textSha256.slice(0, 8)}`
  return `committed ${formatDay(last.signedAt)} (${how})${last.withdrawnAt === undefined ? '' : `, access withdrawn ${formatDay(last.withdrawnAt)}, the duty goes on`}`
}

interface CommitOptions extends CommonOptions { readonly name?: string; readonly text?: string; readonly language: string; readonly show?: boolean }

function addCommit(people: Command): void {
  common(people.command('commit <person>').summary('sign, or report, a promise of confidentiality').description('a person promises confidentiality (Art. 28(3)(b)): signed here with --name, else reported'))
    .option('--name <name>', 'signs the text with this name, as the person is declared').option('--language <code>', 'of the text: en or fr', 'en')
    .option('--text <file>', 'a text of your own').option('--show', 'print the text, sign nothing')
    .action(async (person: string, options: CommitOptions) => {
      const text = options.text === undefined ? shippedCommitment(options.language) : ownText(options.text, options.language)
      await withBailee(options, async ({ ledger }, at) => {
        if (options.show === true) return say(options, { ok: true, ...text }, () => text.text.trimEnd().split('\n'))
        const { name } = options
        await commit(ledger, person, at, name === undefined ? undefined : { text, name, via: 'command line' })
        const what = name === undefined ? { reported: true } : { text_sha256: text.sha256, language: text.language, via: 'command line' }
        say(options, { ok: true, person, committed: formatDay(at), ...what }, () => [`${person} is bound to confidentiality since ${formatDay(at)}${name === undefined ? ', as reported: which text was signed is not told' : `, by text ${text.sha256.slice(0, 12)}`}.`])
      })
    })
}

function ownText(file: string, language: string): CommitmentText {
  try {
    return commitmentOf(readFileSync(file, 'utf8'), language)
  } catch (cause) {
    if (cause instanceof Misuse) throw cause
    throw new Misuse(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code})`)
  }
}
