import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import type { Command } from 'commander'
import { allActivities, planActivity, refusalOf, runActivity, settleActivities, type Activity, type ActivityRequest } from '#activity'
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
}

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
  const title = `${one.id}  ${one.controller}: ${one.name} under ${one.instruction} for ${one.purpose}, by ${one.person} ${formatInstant(one.begunAt)}${one.schedule === null ? '' : `, due ${formatInstant(one.dueAt ?? one.begunAt)} by ${one.schedule}`}`
  if (one.made === null) return [title, `    ${one.state === 'begun' ? 'begun, and not ended yet' : `${one.state}: ${one.because ?? ''}`}`]
  const { derived, place, columns, rows, bytes, session } = one.made
  const what = rows === null ? 'a model: weights not searched, erased whole at the end of its contract' : `${count(rows)} rows of ${columns.join(', ')}`
  return [title, `    ${derived} in ${one.store}, ${place}: ${what}; ${count(Math.ceil(bytes / 1024))} KiB${session === null ? '' : `, session ${session}`}${gone ? '; gone by now' : ''}`]
}

function lineageWords({ made }: Activity): string[] {
  return (made?.lineage?.tables ?? []).map(({ table, dataset, derived, columns }) => `    from ${table} of ${derived ?? dataset ?? 'no dataset'}${columns.length === 0 ? '' : `: at most ${columns.join(', ')}`}`)
}
