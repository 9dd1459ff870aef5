/** `bailee people join|move|leave|holds|import`. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { confirmMove, holdingsOf, join, leave, planStaff, proposeMove, readStaff, refuseMove, type Holding, type StaffPlan } from '#composition'
import type { Ledger } from '#ledger'
import { allPeople } from '#people'
import { Misuse } from '#kit/errors'
import { formatInstant, type Instant } from '#kit/time'
import { common, say, withBailee, type CommonOptions } from './context.ts'
import { wholeNumber } from './sessions.ts'

const held = ({ what, id, until, detail }: Holding): string => `  ${what} ${id}: ${detail}${until === undefined ? '' : `, until ${formatInstant(until)}`}`

/** Adds them. */
export function addStaff(people: Command): void {
  common(people.command('join <person>').summary('somebody new, or back with nothing of before').description('somebody new, or back: with no grant, commitment or token of before'))
    .requiredOption('--name <name>', 'as it is to be signed').requiredOption('--contact <address>', 'where they are reached').requiredOption('--role <role>', 'as roles and trainings name it')
    .action(async (id: string, options: CommonOptions & { name: string; contact: string; role: string }) => {
      await withBailee(options, async ({ ledger }, at) => {
        await join(ledger, { id, name: options.name, contact: options.contact, role: options.role }, at)
        say(options, { ok: true, person: id, role: options.role }, () => [`${id} is here. Next: bailee people commit ${id} --name NAME`])
      })
    })
  addMove(people)
  common(people.command('leave <person>').description('end at once everything that a person holds, and show it')).requiredOption('--as <person>', 'who ends it')
    .action(async (id: string, options: CommonOptions & { as: string }) => {
      await withBailee(options, async ({ ledger }, at) => {
        const closed = await leave(ledger, { person: id, by: options.as }, at)
        say(options, { ok: true, person: id, closed }, () => [`${id} has left. Ended: ${closed.length === 0 ? 'nothing was held' : ''}`, ...closed.map(held), '  The duty of confidentiality goes on.'])
      })
    })
  common(people.command('holds <person>').description('everything that a person holds')).action(async (id: string, options: CommonOptions) => {
    await withBailee(options, async ({ ledger }, at) => {
      const holds = await holdingsOf(ledger, id, at)
      say(options, { ok: true, person: id, holds }, () => (holds.length === 0 ? [`${id} holds nothing.`] : holds.map(held)))
    })
  })
  addImport(people)
}

interface MoveOptions extends CommonOptions { readonly role?: string; readonly confirm?: boolean; readonly refuse?: boolean; readonly as: string }

function addMove(people: Command): void {
  common(people.command('move <person>').summary('change a role; a second person confirms').description('change a role: grants that the new one does not cover end, when a second person confirms it'))
    .option('--role <role>', 'proposes this role').option('--confirm', 'as the second person').option('--refuse', 'as the second person').requiredOption('--as <person>', 'who does it')
    .action(async (person: string, options: MoveOptions) => {
      const { role, as: by } = options
      if ([role !== undefined, options.confirm, options.refuse].filter(Boolean).length !== 1) throw new Misuse('give one of --role ROLE, --confirm and --refuse')
      await withBailee(options, async ({ ledger }, at) => {
        if (role !== undefined) {
          const { move, ends } = await proposeMove(ledger, { person, role, by }, at)
          return say(options, { ok: true, move: move.id, state: 'proposed', ends: ends.map(({ id }) => id) }, () => [`${person} would become ${role}; ${ends.length} grants would end:`, ...ends.map(({ id, instruction }) => `  ${id} under ${instruction}`), `  A second person confirms it: bailee people move ${person} --confirm --as ID`])
        }
        if (options.refuse === true) {
          const move = await refuseMove(ledger, { person, by }, at)
          return say(options, { ok: true, move: move.id, state: 'refused' }, () => [`${person} stays ${move.from}.`])
        }
        const { move, ended } = await confirmMove(ledger, { person, by }, at)
        say(options, { ok: true, move: move.id, state: 'moved', ended: ended.map(({ id }) => id) }, () => [`${person} is ${move.to}. Ended: ${ended.map(({ id }) => id).join(', ') || 'no grant'}.`])
      })
    })
}

interface ImportOptions extends CommonOptions { readonly record?: boolean; readonly leavers?: string; readonly as?: string }

function addImport(people: Command): void {
  common(people.command('import <file>').summary('compare with a CSV file; --record records').description('people from CSV (id,name,contact,role): shows joiners, movers and leavers; records nothing without --record'))
    .option('--record', 'joiners join, changes of role are proposed').option('--leavers <number>', 'with --record: this many leave, who are not in the file').option('--as <person>', 'who does it; with --record')
    .action(async (file: string, options: ImportOptions) => {
      const staff = readStaff(textOf(file))
      await withBailee(options, async ({ ledger }, at) => {
        const plan = planStaff(staff, await allPeople(ledger.database))
        if (options.record === true) await record(ledger, { plan, options }, at)
        const { joiners, movers, leavers, renamed } = plan
        say(options, { ok: true, recorded: options.record === true, joiners: joiners.map(({ id }) => id), movers, leavers, renamed, left: options.record === true && options.leavers !== undefined }, () => [
          ...joiners.map(({ id, role }) => `  + ${id} joins as ${role}`), ...movers.map(({ person, role }) => `  ~ ${person} moves to ${role}: a second person confirms`),
          ...leavers.map((id) => `  - ${id} is not in the file${options.leavers === undefined ? ', and stays: --leavers N with --record ends what they hold' : ''}`), ...renamed.map((id) => `  ? ${id} has another name or contact there: change it in bailee.yaml`),
          options.record === true ? 'Recorded.' : 'Nothing is recorded: --record --as ID does it.',
        ])
      })
    })
}

async function record(ledger: Ledger, { plan, options }: { plan: StaffPlan; options: ImportOptions }, at: Instant): Promise<void> {
  const { as: by } = options
  if (by === undefined) throw new Misuse('say who does it: --as ID')
  const { joiners, movers, leavers } = plan
  if (options.leavers !== undefined && wholeNumber('--leavers', options.leavers, 50_000) !== leavers.length) throw new Misuse(`${leavers.length} people are not in the file, not ${options.leavers}: nothing was recorded`)
  if (options.leavers !== undefined && leavers.includes(by)) throw new Misuse(`${by} is not in the file, and cannot end what they hold themselves: nothing was recorded`)
  for (const person of joiners) await join(ledger, person, at)
  for (const { person, role } of movers) await proposeMove(ledger, { person, role, by }, at)
  if (options.leavers !== undefined) for (const person of leavers) await leave(ledger, { person, by }, at)
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Misuse(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code})`)
  }
}
