import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { allBreaches, attributedText, attributeBreach, clocksOf, countBreach, describeBreach, draftNotice, figureText, findBreach, noticePdf, noticesOf, openBreach, plainText, recordDue, sendingsOf, sendNotice, termsOf, toldAt, type Breach, type Sending, type Way } from '#breach'
import { reviewLeaks, traceContext } from '#composition'
import { resolveReference, type References } from '#inventory'
import { Misuse } from '#kit/errors'
import { formatDay, formatInstant, parseInstant } from '#kit/time'
import { addBreachRegister } from './breachRegister.ts'
import { common, listing, say, withBailee, type CommonOptions } from './context.ts'

type OpenOptions = CommonOptions & { sample?: string; finding?: string; controller?: string; nature: string; as: string; aware?: string }
type SendOptions = CommonOptions & { as: string; again?: true; smtp?: string; from?: string; to?: string; webhook?: string; signing?: string; receipt?: string; phase?: string }

/** `bailee breach ...`. */
export function addBreach(program: Command, exit: (code: number) => void): void {
  const breach = program.command('breach').description('what leaked: from which copy, whom it concerns, what its controller is told')
  addRecord(breach, exit)
  addOpen(breach)
  addShow(breach)
  addCount(breach)
  addNotify(breach)
  addSend(breach)
  addBreachRegister(breach, exit)
}

function addRecord(breach: Command, exit: (code: number) => void): void {
  common(breach.command('record').summary('count people and read values, before anything leaks').description('read the datasets for what changed in them, and count their people by country: before anything leaks; bailee worker and bailee serve do it every week')).action(async (options: CommonOptions) => {
    await withBailee(options, async (bailee, at) => {
      const { recorded, taken, missed } = await recordDue(traceContext(bailee), at)
      if (missed.length > 0) exit(1)
      say(options, { ok: missed.length === 0, recorded, taken, missed }, () => [
        ...recorded.map((one) => `${one.table}: ${number(one.subjects)} people${one.oneIn === 1 ? '' : `, one of ${one.oneIn} followed`}, reading ${one.readings}; ${number(one.changes)} changes and ${number(one.movements)} comings and goings known, ${number(one.bytes)} bytes sealed`),
        ...taken.map((one) => `${one.dataset}: ${number(one.people)} people in ${Object.keys(one.byCountry).length} countries, ${number(one.unknown)} of no known country`),
        ...missed.map(({ dataset, because }) => `  ! ${dataset}: ${because}`),
      ])
    })
  })
}

const number = (value: number): string => value.toLocaleString('en-GB')

function addOpen(breach: Command): void {
  common(breach.command('open').summary('open one for each controller whose people leaked').description('open one for every controller whose people a sample holds, or for that of a finding'))
    .option('--sample <file>', 'some of what leaked: CSV, JSON or JSON lines; it is read, and not kept').option('--finding <id>', 'a copy that a sweep found').option('--controller <id>', 'whose it is, where that is known otherwise')
    .requiredOption('--nature <text>', 'what happened, without anybody\'s name').requiredOption('--as <person>', 'who opens it').option('--aware <date>', 'when you came to know of it: the clocks run from here (default --at)')
    .action(async (options: OpenOptions) => {
      const awareAt = options.aware === undefined ? undefined : parseInstant(options.aware)
      if (options.aware !== undefined && awareAt === undefined) throw new Misuse(`--aware takes a date such as 2022-11-06T09:00:00Z, not ${JSON.stringify(options.aware)}`)
      await withBailee(options, async (bailee, at) => {
        const { breaches, sample } = await openBreach(traceContext(bailee), { sample: options.sample, finding: options.finding, controller: options.controller, nature: options.nature, by: options.as, awareAt }, at)
        const invalidated = await reviewLeaks(bailee, at)
        say(options, { ok: true, breaches, sample, certificates_invalidated: invalidated }, () => [...breaches.flatMap(lines), ...takenBack(invalidated), ...(sample === null ? [] : [`The sample has ${number(sample.rows)} rows, sha256 ${sample.sha256}. Keep these here: they are in no controller's log, because other rows may be another's people.`])])
      })
    })
  common(breach.command('attribute <breach>').summary('from which copy a sample comes, in one of five answers').description('from which copy a sample comes: identified, only one that fits, one of some, none, or cannot tell')).requiredOption('--sample <file>', 'some of what leaked').action(async (id: string, options: CommonOptions & { sample: string }) => {
    await withBailee(options, async (bailee, at) => {
      const one = await attributeBreach(traceContext(bailee), { breach: id, sample: options.sample }, at)
      const invalidated = await reviewLeaks(bailee, at)
      say(options, { ok: true, breach: one, certificates_invalidated: invalidated }, () => [...lines(one), ...takenBack(invalidated)])
    })
  })
}

const takenBack = (ids: readonly string[]): string[] => ids.map((id) => `Certificate ${id} no longer holds: it covered the copy that the leak comes from. Its exit is open again, and its controller is told.`)

function lines(one: Breach): string[] {
  return [
    `${one.id}: ${one.controller}, aware ${formatInstant(one.awareAt)}: ${one.nature}`,
    ...(one.attribution ?? []).flatMap((told) => [`  ${attributedText('en', told)}`, ...told.fits.slice(0, 5).map((fit) => `    ${fit.copy}: ${(fit.share * 100).toFixed(2)} % of registered copies, ${(fit.shareBesideUnknown * 100).toFixed(2)} % beside one that nobody registered`), ...told.limits.map((limit) => `    ! ${limit}`)]),
    ...(one.counts === null ? [] : [`  people (${one.counts.source}${one.counts.asOf === null ? '' : `, ${formatDay(one.counts.asOf)}`}):`, ...one.counts.figures.map((figure) => `    ${figure.country}: ${figureText(figure, 'en-GB')}`)]),
  ]
}

function addShow(breach: Command): void {
  listing(breach.command('list').description('every breach, with what it waits for')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }) => {
      const found = await allBreaches(database)
      const told = await Promise.all(found.map(async (one) => ({ ...one, sendings: await sendingsOf(database, one.id) })))
      say(options, { breaches: told }, () => (told.length === 0 ? ['No breach.'] : told.map((one) => `${one.id}: ${one.controller}, aware ${formatInstant(one.awareAt)}; ${one.attributedAt === null ? 'not attributed' : 'attributed'}, ${one.countedAt === null ? 'not counted' : 'counted'}, ${toldText(one.sendings)}`)))
    })
  })
  listing(breach.command('show <breach>').summary('all that is recorded of one').description('all that is recorded of one (Art. 33(5)): facts, effects, measures, clocks, notices, receipts')).action(async (id: string, options: CommonOptions) => {
    await withBailee(options, async (bailee) => {
      const { database } = bailee
      const one = await findBreach(traceContext(bailee), id)
      const [notices, sent] = [await noticesOf(database, id), await sendingsOf(database, id)]
      const clocks = clocksOf(one, await termsOf(bailee, one), toldAt(sent))
      say(options, { breach: one, clocks, notices, sent }, () => [
        ...lines(one), `  effects: ${one.effects ?? 'not described'}`, `  measures: ${one.measures ?? 'not described'}`, ...(one.delay === null ? [] : [`  delay: ${one.delay}`]),
        ...clocks.map((clock) => `  ${clock.of}, ${clock.law}${clock.due === null ? '' : `: by ${clock.due}`}`),
        ...notices.map((notice) => `  notice ${notice.phase}, drafted ${formatInstant(notice.draftedAt)}, sha256 ${notice.sha256}`),
        ...sent.map(sendingText),
      ])
    })
  })
}

const toldText = (sendings: readonly Sending[]): string => (toldAt(sendings) !== null ? `told ${sendings.filter(({ outcome }) => outcome === 'sent').length} times` : sendings.some(({ outcome }) => outcome === 'begun' || outcome === 'unknown') ? 'NOBODY KNOWS WHETHER THE CONTROLLER WAS TOLD' : 'CONTROLLER NOT TOLD')
const outcomes: Readonly<Record<Sending['outcome'], string>> = { begun: 'sending began, and nothing is known of what came of it', sent: 'sent', 'not sent': 'did not go', unknown: 'nobody knows whether it arrived' }
const sendingText = ({ phase, number: count, outcome, begunAt, sentBy, channel, receipt }: Sending): string => `  notice ${phase}.${count}: ${outcomes[outcome]}; ${formatInstant(begunAt)} by ${sentBy}, ${channel}${receipt === null ? '' : `: ${receipt}`}`

function addCount(breach: Command): void {
  common(breach.command('count <breach>').summary('people concerned by country, or what is not known').description('people concerned by country: known, a range, or unknown; from the stores, or as recorded before they were gone')).action(async (id: string, options: CommonOptions) => {
    await withBailee(options, async (bailee, at) => {
      const one = await countBreach(traceContext(bailee), id, at)
      say(options, { ok: true, breach: one.id, counts: one.counts }, () => lines(one))
    })
  })
  common(breach.command('describe <breach>').summary('record its effects and what was done').description('record its effects and what was done about it (Art. 33(5))')).requiredOption('--effects <text>', 'likely consequences').requiredOption('--measures <text>', 'taken or proposed').option('--delay <text>', 'why its controller was told later than the contract says').action(async (id: string, options: CommonOptions & { effects: string; measures: string; delay?: string }) => {
    await withBailee(options, async (bailee, at) => {
      const one = await describeBreach(traceContext(bailee), { breach: id, effects: options.effects, measures: options.measures, delay: options.delay }, at)
      say(options, { ok: true, breach: one }, () => [`${one.id}: described`])
    })
  })
}

function addNotify(breach: Command): void {
  common(breach.command('notify <breach>').summary('draft the next notice to its controller').description('draft the next phase of the notice to its controller, in English and French; nothing is sent')).option('--out <file>', 'write the draft there as JSON').option('--pdf <name>', 'write it there as PDF: NAME.en.pdf and NAME.fr.pdf').action(async (id: string, options: CommonOptions & { out?: string; pdf?: string }) => {
    await withBailee(options, async (bailee, at) => {
      const notice = await draftNotice(traceContext(bailee), id, at)
      if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(notice.document, undefined, 2)}\n`, { mode: 0o600 })
      if (options.pdf !== undefined) for (const language of ['en', 'fr'] as const) writeFileSync(`${options.pdf}.${language}.pdf`, await noticePdf(notice, language), { mode: 0o600 })
      say(options, { ok: true, notice }, () => [...plainText(notice, 'en').split('\n'), ...plainText(notice, 'fr').split('\n'), `Drafted, not sent: bailee breach send ${id} --as PERSON ...`])
    })
  })
}

function addSend(breach: Command): void {
  common(breach.command('send <breach>').summary('send what was drafted, because a person says so').description('send the newest phase that was drafted, because a person says so; what comes back is recorded'))
    .requiredOption('--as <person>', 'who sends it').option('--phase <number>', 'which (default the newest)').option('--to <address>', 'of the controller').option('--smtp <reference>', 'address of the server (smtp://...), as env:NAME or file:PATH').option('--from <address>', 'the sender')
    .option('--webhook <reference>', 'its address, as env:NAME or file:PATH').option('--signing <reference>', 'what webhooks are signed with, as env:NAME or file:PATH').option('--receipt <text>', 'it was handed over by hand, or arrived: how that is known').option('--again', 'once more, after asking whether it arrived')
    .action(async (id: string, options: SendOptions) => {
      await withBailee(options, async (bailee, at) => {
        const phase = options.phase === undefined ? (await noticesOf(bailee.database, id)).length : Number(options.phase)
        const sent = await sendNotice(traceContext(bailee), { breach: id, phase, by: options.as, way: wayIn(options, bailee.references), again: options.again === true }, at)
        say(options, { ok: true, sent }, () => [`${id}:${sendingText(sent)}`])
      })
    })
}

function wayIn({ smtp, from, to, webhook, signing, receipt }: SendOptions, references: References): Way {
  const referred = (option: string, reference: string): string => {
    const found = resolveReference(reference, references)
    if (found === undefined) throw new Misuse(`${option} ${reference} is not set; give it as env:NAME or file:PATH`)
    return found
  }
  if ([smtp, webhook, receipt].filter((one) => one !== undefined).length !== 1) throw new Misuse('give one of --smtp, --webhook, --receipt: how it is sent')
  if (webhook !== undefined) {
    if (signing === undefined) throw new Misuse('a webhook is signed: give --signing as env:NAME or file:PATH, agreed with whoever receives it')
    return { channel: 'webhook', url: referred('--webhook', webhook), secret: referred('--signing', signing) }
  }
  if (to === undefined) throw new Misuse('--to says where the notice goes')
  if (receipt !== undefined) return { channel: 'by hand', to, receipt }
  if (from === undefined) throw new Misuse('--from says who writes')
  return { channel: 'e-mail', smtp: referred('--smtp', smtp!), from, to }
}
