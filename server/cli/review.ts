/** `bailee people review`, `break-glass` and `due`. */
import type { Command } from 'commander'
import { lastUses, remindNow, type Bailee } from '#composition'
import { theProcessor } from '#contract'
import { lapsesOf, type Lapse } from '#decision'
import { allReviews, answerReview, confirmReview, findReview, openEmergency, openApprovals, openReviews, reviewEmergency, settleApprovals, settleReviews, unreviewedEmergencies, type Grant, type Review } from '#instruction'
import { allMoves, allTrainings, standings } from '#people'
import { Misuse } from '#kit/errors'
import { day, formatDay, formatInstant, type Instant } from '#kit/time'
import { common, listing, say, tell, withBailee, type CommonOptions } from './context.ts'
import { remindedLines } from './remind.ts'
import { wholeNumber } from './sessions.ts'

const left = (review: Review): number => review.items.filter(({ outcome }) => outcome === undefined).length
const reviewLine = (review: Review): string => `${review.id}  ${review.closedAt === undefined ? `open until ${formatDay(review.endsAt)}, ${left(review)} of ${review.items.length} not settled` : `closed ${formatDay(review.closedAt)}`}`

/** Adds them. */
export function addReviews(people: Command, exit: (code: number) => void): void {
  const review = people.command('review').description('quarterly reviews of who holds what')
  listing(review.command('list').description('reviews, newest first')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }) => { const known = await allReviews(database); say(options, { ok: true, reviews: known }, () => (known.length === 0 ? ['No review.'] : known.map(reviewLine))) })
  })
  listing(review.command('show <review>').description('who has what, and when it was last used')).action(async (id: string, options: CommonOptions) => {
    await withBailee(options, async ({ ledger }) => {
      const found = await findReview(ledger, id)
      say(options, { ok: true, ...found }, () => [reviewLine(found), ...found.items.map((item) => `  ${item.grant}: ${item.person} under ${item.instruction}, ${item.lastUsedAt === undefined ? 'no use on record' : `last used ${formatDay(item.lastUsedAt)}`}; ${item.outcome ?? (item.answer === undefined ? 'not answered' : `${item.answer}, by ${item.answeredBy}, to be confirmed`)}`)])
    })
  })
  common(review.command('answer <review> <grant> <answer>').description('keep or revoke, with a reason; a second person confirms')).requiredOption('--reason <text>', 'why').requiredOption('--as <person>', 'who answers')
    .action(async (id: string, grant: string, answer: string, options: CommonOptions & { reason: string; as: string }) => {
      if (answer !== 'keep' && answer !== 'revoke') throw new Misuse('the answer is keep or revoke')
      await withBailee(options, async ({ ledger }, at) => {
        await answerReview(ledger, { review: id, grant, answer, reason: options.reason, by: options.as }, at)
        say(options, { ok: true, review: id, grant, answer }, () => [`${grant}: ${answer}. A second person confirms it: bailee people review confirm ${id} ${grant} --as ID`])
      })
    })
  common(review.command('confirm <review> <grant>').description('a second person confirms an answer')).requiredOption('--as <person>', 'who confirms')
    .action(async (id: string, grant: string, options: CommonOptions & { as: string }) => {
      await withBailee(options, async ({ ledger }, at) => {
        await confirmReview(ledger, { review: id, grant, by: options.as }, at)
        const outcome = (await findReview(ledger, id)).items.find((item) => item.grant === grant)?.outcome
        say(options, { ok: true, review: id, grant, outcome }, () => [`${grant} is ${outcome}.`])
      })
    })
  addBreakGlass(people)
  addPeopleDue(people, exit)
}

const emergencyLine = ({ id, person, instruction, until, emergency }: Grant): string => `${id}: ${person} under ${instruction} until ${formatInstant(until)}: ${emergency}`

function addBreakGlass(people: Command): void {
  const glass = people.command('break-glass').description('access in an emergency, reviewed afterwards')
  common(glass.command('open <person> <instruction>').description('open an instruction at once, without a second person; an alarm is raised')).requiredOption('--reason <text>', 'why, in a sentence').option('--minutes <number>', 'how long', '60')
    .action(async (person: string, instruction: string, options: CommonOptions & { reason: string; minutes: string }) => {
      await withBailee(options, async (bailee, at) => {
        const grant = await openEmergency(bailee.ledger, { person, instruction, reason: options.reason, minutes: wholeNumber('--minutes', options.minutes, 240) }, at)
        const reminded = await remindNow(bailee, at, 'emergency').catch((cause: unknown) => ({ sent: [], not: [{ id: grant.id, because: cause instanceof Error ? cause.message : String(cause) }] })) // it is open, whatever becomes of the alarm
        const alarms = [...await alarmsOf(bailee, [grant]), ...remindedLines(reminded).map((one) => one.trim())]
        for (const line of alarms) tell(`${line}`)
        say(options, { ok: true, grant: grant.id, until: formatInstant(grant.until), alarms }, () => [`${grant.id} is open until ${formatInstant(grant.until)}. Somebody else reviews it: bailee people break-glass review ${grant.id} --says TEXT --as ID`])
      })
    })
  common(glass.command('review <grant>').description('somebody else says what an emergency was')).requiredOption('--says <text>', 'what was found').requiredOption('--as <person>', 'who reviews')
    .action(async (grant: string, options: CommonOptions & { says: string; as: string }) => {
      await withBailee(options, async ({ ledger }, at) => {
        await reviewEmergency(ledger, { grant, by: options.as, says: options.says }, at)
        say(options, { ok: true, grant, reviewed: formatInstant(at) }, () => [`${grant} is reviewed by ${options.as}.`])
      })
    })
}

/** For the owner and the data protection officer. They are named as declared. */
async function alarmsOf({ database }: Bailee, grants: readonly Grant[]): Promise<string[]> {
  const processor = await theProcessor(database)
  const dpo = processor?.['dpo'] as { contact?: string } | 'none' | undefined
  const to = `owner ${typeof processor?.['contact'] === 'string' ? processor['contact'] : '(not declared)'}, DPO ${typeof dpo === 'object' ? dpo.contact : dpo ?? '(not declared)'}`
  return grants.map((grant) => `ALARM to ${to}: break-glass, not reviewed: ${emergencyLine(grant)}`)
}

const lapseLine = ({ person, what, training, state, until, days, level }: Lapse): string =>
  state === 'soon' ? `  ${person}: ${training} lapses on ${formatDay(until ?? 0)}, in ${days} days (reminder of ${level} days)` : `  ! ${person}: ${what}${training === undefined ? '' : ` ${training}`} ${state === 'lapsed' ? `lapsed on ${formatDay(until ?? 0)}; access is suspended` : 'lacks; nothing opens'}`

/** What is due of people, in lines; opens and ends reviews first. Empty when nothing is. */
export async function peopleDue(bailee: Bailee, at: Instant): Promise<{ lapses: Lapse[]; opened: string[]; ended: string[]; reviews: Review[]; moves: string[]; emergencies: Grant[]; approvals: string[]; lines: string[] }> {
  const { ledger, database } = bailee
  const settled = await settleReviews(ledger, await lastUses(ledger), at)
  await settleApprovals(ledger, at)
  const approvals = (await openApprovals(database)).filter(({ state }) => state === 'asked')
  const [opened, ended] = [settled.opened.map(({ id }) => id), settled.ended.map(({ id }) => id)]
  const lapses = lapsesOf((await standings(database)).values(), await allTrainings(database), at)
  const reviews = await openReviews(database)
  const moves = (await allMoves(database)).filter(({ state }) => state === 'proposed').map(({ person }) => person)
  const emergencies = await unreviewedEmergencies(ledger)
  const lines = [
    ...(await alarmsOf(bailee, emergencies)).map((line) => `  ! ${line}`), ...lapses.map(lapseLine), ...ended.map((id) => `  ! ${id} came to its end: what nobody kept is revoked`),
    ...reviews.map((review) => `  ${review.endsAt - at <= 7 * day ? '! ' : ''}${review.id}: ${left(review)} grants are not settled; what is not kept and confirmed before ${formatDay(review.endsAt)} is revoked`),
    ...approvals.map(({ id, person, use, instruction }) => `  ${id}: ${person} asks a second person to approve a ${use} under ${instruction}: bailee instruction approval show ${id}`),
    ...moves.map((person) => `  a change of role of ${person} waits for a second person`),
  ]
  return { lapses, opened, ended, reviews, moves, emergencies, approvals: approvals.map(({ id }) => id), lines }
}

function addPeopleDue(people: Command, exit: (code: number) => void): void {
  common(people.command('due').summary('what is due; exit 1 when something is late').description('trainings that lapse, reviews (opened and ended here), emergencies not reviewed; exit 1 while one is late'))
    .action(async (options: CommonOptions) => {
      await withBailee(options, async (bailee, at) => {
        const { lines, ...due } = await peopleDue(bailee, at)
        const late = due.emergencies.length > 0 || due.lapses.some(({ state }) => state === 'lapsed')
        if (late) exit(1)
        say(options, { ok: !late, ...due }, () => (lines.length === 0 ? ['Nothing is due.'] : lines))
      })
    })
}
