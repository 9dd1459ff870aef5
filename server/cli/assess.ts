import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { parse } from 'yaml'
import { answerOf, assess, findAssessment, findQuestion, inFrench, questions, holdAgainst, reassess, recordAssessment, seenText, shapeText, standingsOf, type Assessment, type RecordedAssessment, type FactValue, type SourcedFacts } from '#assessment'
import { observedFacts, type Bailee } from '#composition'
import { Misuse } from '#kit/errors'
import { formatDay, formatInstant, parseInstant, type Instant } from '#kit/time'
import { common, listing, momentOf, say, withBailee, type CommonOptions } from './context.ts'

interface Stated extends CommonOptions { readonly fact?: string[]; readonly facts?: string; readonly source?: string; readonly note?: string; readonly as?: string }

interface Options extends Stated, Spoken {
  readonly record?: boolean
  readonly lawOf?: string
  readonly controller?: string
  readonly activity?: string
}

/** Short for `--fact`: what the first four questions took before there were more. A flag that is left out is a no. */
const short: Readonly<Record<string, readonly (readonly [option: string, fact: string, flag?: 'flag', says?: string])[]>> = {
  scope: [['country', 'country'], ['subjectsInUnion', 'subjects_in_union', 'flag'], ['relation', 'relation']], transfer: [['country', 'country'], ['limits', 'limits'], ['tool', 'tool']],
  exemption: [['employees', 'employees'], ['risk', 'risk', 'flag'], ['occasional', 'occasional', 'flag'], ['special', 'special', 'flag']], fine: [['turnover', 'turnover'], ['tier', 'tier'], ['serious', 'seriousness']],
}

const defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = { scope: { relation: 'none' }, fine: { seriousness: 'high' } }

/** `bailee register assess`, `assessments`, `assessment`, `reassess` and `questions`. */
export function addAssess(register: Command): void {
  const command = stated(common(register.command('assess <question>').description('what the law of a day makes of facts that you state; bailee register questions lists them').summary('what the law of a day makes of facts')))
    .option('--record', 'record it: in the log of --controller, or the common one').option('--law-of <date>', 'the day whose law it is (default --at)').option('--as <person>', 'who assesses')
    .option('--controller <id>', 'whose data it is about').option('--language <code>', 'en or fr: what is shown; recorded is the English', 'en').option('--activity <instruction>', 'the work it is about')
  for (const flags of ['--country <code>', '--limits <limit...>', '--tool <tool>', '--employees <count>', '--turnover <euros>', '--tier <article>', '--serious <degree>', '--relation <relation>', '--subjects-in-union', '--risk', '--occasional', '--special']) command.addOption(command.createOption(flags).hideHelp())
  command.action(async (question: string, options: Options) => { await answer(question, options) })
  listing(register.command('assessments').description('recorded assessments, newest first, and whether inputs or law changed since').summary('recorded assessments, and what changed')).option('--controller <id>', 'of this controller').option('--question <id>', 'of this question').option('--limit <count>', 'at most so many', '100').action(list)
  listing(register.command('assessment <id>').description('a recorded assessment with its facts, their sources and its reasons').summary('one, with facts and reasons')).option('--language <code>', 'en or fr', 'en').action(async (id: string, options: CommonOptions & Spoken) => {
    await withBailee(options, async ({ database, ledger }, at) => {
      const one = await findAssessment(ledger, id)
      const { standing } = (await standingsOf(database, at)).find(({ recorded }) => recorded.id === id)!
      say(options, { ...shownIn(options, one), standing }, () => [...recordedLines(one, options), `  standing: ${standing.is}${standing.now === undefined ? '' : `; now: ${standing.now}`}`, ...standing.says.map((line) => `    ~ ${line}`)])
    })
  })
  stated(common(register.command('reassess <id>').description('assess once more, by the law of --at, from what is declared now and what is stated').summary('assess once more'))).requiredOption('--as <person>', 'who assesses').action(async (id: string, options: Stated & { as: string }) => {
    await withBailee(options, async ({ ledger }, at) => {
      const before = await findAssessment(ledger, id)
      const observed = await observedFacts(ledger.database, { question: before.question, controller: before.controller ?? undefined, country: countryIn(before.facts) }, at)
      const one = await reassess(ledger, { id, by: options.as, facts: sourced(options), note: options.note, observed }, at)
      say(options, one, () => recordedLines(one))
    })
  })
  register.command('questions [question]').description('the questions that can be assessed, and the facts each takes').summary('what can be assessed, from which facts').option('--json', 'answer in JSON').action((id: string | undefined, options: CommonOptions) => {
    const shown = (id === undefined ? questions : [findQuestion(id)]).map((one) => ({ id: one.id, obligations: one.obligations, asks: one.asks, rules: one.rules, facts: one.facts }))
    say(options, shown, () => shown.flatMap((one) => [`${one.id} (${one.obligations.join(', ')}): ${one.asks}`, ...(id === undefined ? [] : [...one.rules.map((rule) => `  rule: ${rule.name}, from ${rule.from}`), ...Object.entries(one.facts).map(([name, fact]) => `  ${name}: ${shapeText(fact)}${fact.optional === true ? ', if known' : ''}: ${fact.says}`)])]))
  })
}

const stated = (command: Command): Command => command.option('--fact <name=value...>', 'facts; yes or no, numbers, dates, words, a,b,c').option('--facts <file>', 'facts in YAML or JSON: `name: value`, or `name: { value, source }`')
  .option('--source <text>', 'where the facts are known from, without names of people').option('--note <text>', 'why, in your words')

/** The country that a transfer is about, where it is stated. */
const countryIn = (facts: SourcedFacts): string | undefined => (typeof facts['country']?.value === 'string' ? facts['country'].value : undefined)

async function answer(question: string, options: Options): Promise<void> {
  findQuestion(question)
  const facts = { ...shortFacts(question, options), ...sourced(options) }
  if (options.record === true) {
    const by = options.as ?? missing('--record needs --as PERSON: somebody answers for an assessment')
    await withBailee(options, async ({ ledger }, at) => {
      const observed = await observedFacts(ledger.database, { question, controller: options.controller, country: countryIn(facts) }, at)
      const one = await recordAssessment(ledger, { question, facts, observed, controller: options.controller, activity: options.activity, note: options.note, by, lawAt: lawOf(options) }, at)
      say(options, shownIn(options, one), () => recordedLines(one, options))
    })
    return
  }
  const at = lawOf(options) ?? momentOf(options, true)
  // Without --controller nothing is opened: what is stated is all there is.
  const valuesIn = (of: SourcedFacts): Record<string, FactValue> => Object.fromEntries(Object.entries(of).map(([name, { value }]) => [name, value]))
  if (options.controller === undefined) {
    const found = assess(question, valuesIn(facts), at)
    say(options, { ...shownIn(options, found), ...found.amounts }, () => lines(found, options))
    return
  }
  await withBailee({ ...options, foresees: true }, async ({ database }, now) => {
    const { assessment: found, facts: used } = await answerOf(database, { question, facts, controller: options.controller }, at)
    const seen = holdAgainst(valuesIn(used), await observedFacts(database, { question, controller: options.controller, country: countryIn(used) }, now))
    say(options, { ...shownIn(options, found), ...found.amounts, seen }, () => [...lines(found, options), ...seen.map((fact) => `  ~ ${seenText(fact)}`)])
  })
}

function missing(says: string): never {
  throw new Misuse(says)
}

function lawOf({ lawOf: text }: Options): Instant | undefined {
  if (text === undefined) return undefined
  return parseInstant(text) ?? missing(`--law-of takes a date such as 2019-04-15, not ${JSON.stringify(text)}`)
}

function shortFacts(question: string, options: Options): SourcedFacts {
  const given = options as unknown as Readonly<Record<string, unknown>>
  const facts: Record<string, unknown> = {}
  for (const [option, fact, flag] of short[question] ?? []) {
    if (given[option] !== undefined) facts[fact] = given[option]
    else if (flag === 'flag' && options.record !== true && options.fact === undefined && options.facts === undefined) facts[fact] = false
    else if (defaults[question]?.[fact] !== undefined && options.record !== true) facts[fact] = defaults[question][fact]
  }
  if (question === 'fine' && facts['tier'] === undefined && options.fact === undefined && options.facts === undefined) facts['tier'] = '83(4)'
  return withSource(facts, options)
}

/** What `--facts` and `--fact` state; the latter wins. */
function sourced(options: Stated): SourcedFacts {
  const pairs = (options.fact ?? []).map((text) => /^([a-z0-9_]{1,40})=(.*)$/su.exec(text) ?? missing(`--fact takes name=value, not ${JSON.stringify(text)}`))
  return { ...withSource(options.facts === undefined ? {} : readFile(options.facts), options), ...withSource(Object.fromEntries(pairs.map(([, name, value]) => [name!, value!])), options) }
}

/** Facts of a file may bring their source; a source that claims to be declared would later be read again as that. */
function withSource(facts: Readonly<Record<string, unknown>>, { source = 'stated' }: Stated): SourcedFacts {
  const given = Object.entries(facts).map(([name, told]) => (typeof told === 'object' && told !== null && 'value' in told ? { name, value: told.value, source: String((told as { source?: unknown }).source ?? source) } : { name, value: told, source }))
  if (given.some((one) => one.source.startsWith('declared'))) throw new Misuse('a source that begins with "declared" is for what bailee.yaml says: leave the fact out, and it is read from there')
  if (given.some((one) => one.source.startsWith('seen'))) throw new Misuse('a source that begins with "seen" is for what Bailee saw: it is looked up with --controller or --record, and stands beside what is stated')
  return Object.fromEntries(given.map(({ name, ...fact }) => [name, fact])) as unknown as SourcedFacts
}

function readFile(file: string): Readonly<Record<string, unknown>> {
  let read: unknown
  try {
    read = parse(readFileSync(file, 'utf8'), { schema: 'core', maxAliasCount: 0 })
  } catch (cause) {
    throw new Misuse(`${file} cannot be read as facts (${(cause as NodeJS.ErrnoException).code ?? 'no YAML or JSON'}): name: value, one a line`)
  }
  return typeof read === 'object' && read !== null && !Array.isArray(read) ? (read as Record<string, unknown>) : missing(`${file} holds no facts: name: value, one a line`)
}

interface Spoken { readonly language?: string }

/** Whether it is to be shown in French. Throws `Misuse` for another language than the two. */
function isFrench({ language = 'en' }: Spoken): boolean {
  if (language !== 'en' && language !== 'fr') throw new Misuse(`--language takes en or fr, not ${JSON.stringify(language)}`)
  return language === 'fr'
}

const shownIn = <Shown extends Assessment | RecordedAssessment>(options: Spoken, one: Shown): Shown => (isFrench(options) ? inFrench(one) : one)

function lines(found: Assessment, options: Spoken = {}): string[] {
  const one = shownIn(options, found)
  const [doubtful, coming, day] = isFrench(options) ? ['non confirmé :', 'à venir :', 'au'] : ['unconfirmed:', 'pending:', 'at']
  return [`Art. ${one.article}: ${one.outcome} (${one.rule}, ${day} ${one.at})`, ...one.reasons.map((reason) => `  ${reason}`), ...one.unconfirmed.map((doubt) => `  ! ${doubtful} ${doubt}`), ...one.pending.map((text) => `  ~ ${coming} ${text}`)]
}

const recordedLines = (one: RecordedAssessment, options: Spoken = {}): string[] => [
  `${one.id} ${one.question}${one.controller === null ? '' : ` of ${one.controller}`}${one.activity === null ? '' : `, ${one.activity}`}, recorded ${formatInstant(one.recordedAt)}${one.by === null ? '' : ` by ${one.by}`}${one.replaces === null ? '' : `, in place of ${one.replaces}`}`,
  ...lines({ ...one, asks: '', at: formatDay(one.lawAt) }, options).map((line) => `  ${line}`),
  ...Object.entries(one.facts).map(([name, { value, source }]) => `    ${name} = ${typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)}   (${source})`), ...(one.seen ?? []).map((fact) => `    ~ ${seenText(fact)}`), ...(one.seen === null ? ['    what was seen: nobody looked'] : []), ...(one.note === null ? [] : [`  note: ${one.note}`]),
]

async function list(options: CommonOptions & { controller?: string; question?: string; limit: string }): Promise<void> {
  const limit = /^\d{1,4}$/.test(options.limit) ? Number(options.limit) : missing('--limit takes a whole number up to 9999')
  await withBailee(options, async ({ database }: Bailee, at) => {
    const all = (await standingsOf(database, at)).map(({ recorded, standing }) => ({ ...recorded, standing }))
    const wanted = all.filter((one) => (options.controller === undefined || one.controller === options.controller) && (options.question === undefined || one.question === options.question))
    const shown = wanted.slice(0, limit)
    say(options, { assessments: shown, more: Math.max(0, wanted.length - shown.length) }, () => (shown.length === 0 ? ['No assessment is recorded.'] : [
      ...shown.map((one) => `${one.id} ${formatDay(one.lawAt)} ${one.question}${one.controller === null ? '' : ` of ${one.controller}`}: Art. ${one.article}, ${one.outcome}${one.standing.is === 'as it was' ? '' : `   [${one.standing.is}${one.standing.now === undefined ? '' : `; now: ${one.standing.now}`}]`}`),
      ...(wanted.length > shown.length ? [`and ${wanted.length - shown.length} more: --limit`] : []),
    ]))
  })
}
