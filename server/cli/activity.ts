import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Command } from 'commander'
import { allActivities, planActivity, refusalOf, registerModel, runActivity, runDue, scheduleActivity, schedulesAt, settleActivities, unscheduleActivity, type Activity, type ActivityRequest, type ScheduleState } from '#activity'
import { dueActivityLines } from '#composition'
import { allDerived } from '#inventory'
import { Misuse } from '#kit/errors'
import { formatInstant } from '#kit/time'
import { common, listing, say, withBailee, type CommonOptions } from './context.ts'

export interface ActivityOptions extends CommonOptions {
  readonly instruction: string
  readonly as: string
  readonly purpose?: string
  readonly store?: string
}

/** The options of everything that is done under an instruction by somebody. */
export const underInstruction = (command: Command): Command => common(command)
  .requiredOption('--instruction <id>', 'the instruction that covers it; its operations name derive').requiredOption('--as <person>', 'who runs it and answers for it')
  .option('--purpose <term>', 'which purpose, where the instruction names several').option('--store <id>', 'which store, where it names data in several')

/** `bailee activity run|list|show|explain|...`: processing for a controller that makes derived data. */
export function addActivity(program: Command, exit: (code: number) => void): void {
  const activity = program.command('activity').description('processing for a controller: queries that make segments and scores, and models')
  underInstruction(activity.command('run <file>').description('run the query of a file under an instruction; its rows become a derived dataset, registered before it is committed'))
    .action(async (file: string, options: ActivityOptions) => {
      await withBailee(options, async (bailee, at) => {
        const made = await runActivity(bailee, requestOf(file, options), at)
        say(options, { ok: true, activity: made }, () => [...described(made), ...lineageWords(made)])
      })
    })
  underInstruction(activity.command('explain <file>').description('say what would be decided; record and run nothing'))
    .action(async (file: string, options: ActivityOptions) => {
      await withBailee({ ...options, foresees: true }, async (bailee, at) => {
        const planned = await planActivity(bailee, requestOf(file, options), at)
        const { decision, problems, purpose, store, known } = planned
        const because = refusalOf(planned)
        if (because !== undefined) exit(1)
        say(options, { ok: because === undefined, decision, problems, purpose, store: store.id, readable: Object.fromEntries(known.readable) }, () => [
          because === undefined ? `allowed under ${decision.under.join(', ')}, for ${purpose}` : `refused: ${because}`,
          ...[...known.readable].map(([table, columns]) => `  may read ${table} (${columns.join(', ')}) in ${store.id}`), ...(because === undefined ? [] : problems.map((problem) => `  ! ${problem}`)),
        ])
      })
    })
  listing(activity.command('list').description('what was run, refused and made')).option('--refused', 'also what was refused')
    .action(async (options: CommonOptions & { refused?: boolean }) => {
      await withBailee(options, async (bailee, at) => {
        if (options.asOf === undefined) await settleActivities(bailee, at)
        const activities = (await allActivities(bailee.database)).filter(({ state }) => options.refused === true || state !== 'refused')
        const gone = new Set((await allDerived(bailee.database)).flatMap(({ id, droppedAt }) => (droppedAt === null ? [] : [id])))
        say(options, { activities: activities.map((one) => ({ ...one, there: isThere(one, gone) })) }, () => (activities.length === 0 ? ['No activity.'] : activities.flatMap((one) => described(one, !isThere(one, gone)))))
      })
    })
  listing(activity.command('show <id>').description('one activity: whose, under what, by whom, what it made and from what'))
    .action(async (id: string, options: CommonOptions) => {
      await withBailee(options, async ({ database }) => {
        const found = (await allActivities(database)).find((one) => one.id === id)
        if (found === undefined) throw new Misuse(`there is no activity ${JSON.stringify(id)}; bailee activity list shows them`)
        say(options, { activity: found }, () => [...described(found), ...lineageWords(found), `    sha256 of ${found.name}: ${found.sha256}`])
      })
    })
  addSchedules(activity, exit)
  common(activity.command('model <file>').description('register a model that was trained on a controller\'s data: a derived dataset, weights not searched, erased whole'))
    .requiredOption('--instruction <id>', 'the instruction that covers it; its operations name derive').requiredOption('--as <person>', 'who answers for it').option('--purpose <term>', 'which purpose, where the instruction names several')
    .action(async (file: string, options: Omit<ActivityOptions, 'store'>) => {
      await withBailee(options, async (bailee, at) => {
        const made = await registerModel(bailee, { file, instruction: options.instruction, person: options.as, purpose: options.purpose }, at)
        say(options, { ok: true, activity: made }, () => described(made))
      })
    })
}

interface ScheduleOptions extends ActivityOptions { readonly cron: string; readonly zone: string; readonly keep?: string; readonly retries?: string }

function addSchedules(activity: Command, exit: (code: number) => void): void {
  underInstruction(activity.command('schedule <file>').description('run the query of a file again and again, by bailee worker and bailee serve; each due time once, however many they are'))
    .requiredOption('--cron <expression>', 'minute, hour, day of the month, month, day of the week: "30 2 * * 1"').option('--zone <zone>', 'whose clock', 'UTC').option('--keep <number>', 'how many results are kept (default all, as long as the instruction lasts)')
    .option('--retries <number>', 'how often a run that failed is tried again, after 1, 4, 16 and 60 minutes', '0')
    .action(async (file: string, options: ScheduleOptions) => {
      const { cron, zone } = options
      if (options.keep !== undefined && !/^[1-9]\d{0,2}$/.test(options.keep)) throw new Misuse(`--keep takes a whole number from 1 to 999, not ${JSON.stringify(options.keep)}`)
      if (!/^[0-5]$/.test(options.retries ?? '0')) throw new Misuse(`--retries takes a whole number from 0 to 5, not ${JSON.stringify(options.retries)}`)
      await withBailee(options, async (bailee, at) => {
        const made = await scheduleActivity(bailee, { ...requestOf(file, options), cron, zone, keep: options.keep === undefined ? undefined : Number(options.keep), retries: Number(options.retries ?? '0') }, at)
        const state = (await schedulesAt(bailee, at)).find(({ schedule }) => schedule.id === made.id)
        say(options, { ok: true, schedule: made, next: state?.next }, () => (state === undefined ? [] : scheduleWords(state)))
      })
    })
  common(activity.command('unschedule <schedule>').description('nothing of it is due any more; what it made stays')).action(async (id: string, options: CommonOptions) => {
    await withBailee(options, async (bailee, at) => {
      await unscheduleActivity(bailee, id, at)
      say(options, { ok: true, id }, () => [`${id} is not due any more; what it made stays as long as its instruction lasts`])
    })
  })
  common(activity.command('due').description('every schedule, when it is due next, and what is late; exit 1 while something is, or was not made')).option('--run', 'run what is due here and now')
    .action(async (options: CommonOptions & { run?: boolean }) => {
      await withBailee(options, async (bailee, at) => {
        const report = options.run === true ? await runDue(bailee, at) : undefined
        const states = await schedulesAt(bailee, at)
        const ok = states.every(({ alarms }) => alarms.length === 0)
        if (!ok) exit(1)
        say(options, { ok, schedules: states, ...report }, () => [...(report === undefined ? [] : dueActivityLines(report)), ...(states.length === 0 ? ['Nothing is scheduled.'] : states.flatMap(scheduleWords))])
      })
    })
}

function scheduleWords({ schedule: { id, controller, name, instruction, person, cron, zone, keep, retries, missed, store }, next, last, alarms }: ScheduleState): string[] {
  return [
    `${id}  ${controller}: ${name} in ${store} under ${instruction}, by ${person}, at "${cron}" ${zone}${keep === null ? '' : `, the newest ${keep} kept`}${retries === 0 ? '' : `, tried again up to ${retries} times`}; ${next === undefined ? 'never due again' : `next ${formatInstant(next)}`}`,
    ...(last === undefined ? [] : [`    last: ${last.id}, due ${formatInstant(last.dueAt ?? last.begunAt)}, ${last.state}${last.attempt === 1 ? '' : `, try ${last.attempt}`}`]), ...(missed === 0 ? [] : [`    ${count(missed)} due times were missed: nobody worked then`]), ...alarms.map((alarm) => `  ! ${alarm}`),
  ]
}

/** Minutes after which a run is said to have been late. */
const lateMinutes = 15

const lateWords = ({ begunAt, dueAt }: Activity): string => (dueAt === null || begunAt - dueAt < lateMinutes * 60 ? '' : `, late by ${count(Math.floor((begunAt - dueAt) / 60))} minutes`)

const isThere = ({ made }: Activity, gone: ReadonlySet<string>): boolean => made !== null && !gone.has(made.derived)

/** The query in a file, and what was asked for it. Throws `Misuse` for a file that cannot be read. */
export function requestOf(file: string, { instruction, as: person, purpose, store }: ActivityOptions): ActivityRequest {
  return { instruction, person, purpose, store, name: basename(file), text: readText(file) }
}

function readText(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
  } catch (cause) {
    throw new Misuse(`${file} cannot be read as text (${(cause as NodeJS.ErrnoException).code ?? 'it is not UTF-8'}); it holds one query`)
  }
}

const count = (number: number): string => number.toLocaleString('en-GB')

function described(one: Activity, gone = false): string[] {
  const title = `${one.id}  ${one.controller}: ${one.name} under ${one.instruction} for ${one.purpose}, by ${one.person} ${formatInstant(one.begunAt)}${one.schedule === null ? '' : `, due ${formatInstant(one.dueAt ?? one.begunAt)} by ${one.schedule}${lateWords(one)}`}`
  if (one.made === null) return [title, `    ${one.state === 'begun' ? 'begun, and not ended yet' : `${one.state}: ${one.because ?? ''}`}`]
  const { derived, place, columns, rows, bytes, session } = one.made
  const what = rows === null ? 'a model: weights not searched, erased whole at the end of its contract' : `${count(rows)} rows of ${columns.join(', ')}`
  return [title, `    ${derived} in ${one.store}, ${place}: ${what}; ${count(Math.ceil(bytes / 1024))} KiB${session === null ? '' : `, session ${session}`}${gone ? '; gone by now' : ''}`]
}

function lineageWords({ made }: Activity): string[] {
  return (made?.lineage?.tables ?? []).map(({ table, dataset, derived, columns }) => `    from ${table} of ${derived ?? dataset ?? 'no dataset'}${columns.length === 0 ? '' : `: at most ${columns.join(', ')}`}`)
}
