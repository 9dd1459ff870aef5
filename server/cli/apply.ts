import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { isBegun } from '#composition'
import { applyEstate, checkColumns, plan, planFirst, readEstate, type ColumnCheck, type Plan } from '#estate'
import { Misuse } from '#kit/errors'
import { directoryOf, say, withBailee, type CommonOptions } from './context.ts'

/** `bailee apply`. */
export function addApply(program: Command): void {
  program.command('apply')
    .description('compare bailee.yaml with the ledger and record the differences')
    .requiredOption('-f, --file <file>', 'the declared estate')
    .option('--plan', 'show the differences and record nothing')
    .option('--dir <directory>', 'where this processor\'s state is (default .bailee)')
    .option('--at <date>', 'the date of the entries (default now)')
    .option('--json', 'answer in JSON')
    .action(async (options: CommonOptions & { file: string; plan?: boolean }) => {
      const read = readEstate(readSource(options.file), options.file)
      if (options.plan === true && !isBegun(resolve(directoryOf(options)))) { // a plan begins no ledger: its origin could never be changed again
        const checks = await checkColumns(read, { environment: process.env, directory: resolve(directoryOf(options)) })
        const planned = planFirst(read)
        say(options, answer(planned, checks, false), () => describe(planned, checks, false))
        return
      }
      await withBailee({ ...options, origin: read.estate.processor.origin }, async ({ ledger, references }, at) => {
        if (ledger.origin !== read.estate.processor.origin) throw new Misuse(`${read.at(['processor', 'origin'])}: the logs here are named ${ledger.origin}, and a log's name never changes`)
        const checks = await checkColumns(read, references)
        const planned = options.plan === true ? await plan(ledger, read) : await applyEstate(ledger, read, checks, at)
        say(options, answer(planned, checks, options.plan !== true), () => describe(planned, checks, options.plan !== true))
      })
    })
}

function readSource(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new Misuse(`${file} cannot be read (${(cause as NodeJS.ErrnoException).code}); name your estate with -f FILE`)
  }
}

function answer(planned: Plan, checks: ColumnCheck, recorded: boolean): object {
  const changes = planned.changes.map(({ action, what, id, controller }) => ({ action, what, id, ...(controller === undefined ? {} : { controller }) }))
  return { ok: true, recorded: recorded ? changes.length : 0, changes, kept: planned.kept, checked: checks.checked, unchecked: checks.unchecked }
}

function describe(planned: Plan, checks: ColumnCheck, recorded: boolean): string[] {
  const lines = planned.changes.map((change) => `  ${change.action === 'add' ? '+' : '~'} ${change.what} ${change.id}`)
  const summary = planned.changes.length === 0 ? 'No change: the ledger holds this estate.' : `${planned.changes.length} change${planned.changes.length === 1 ? '' : 's'} ${recorded ? 'recorded' : 'planned, nothing recorded'}.`
  return [
    ...lines, summary,
    ...checks.unchecked.map(({ dataset, because }) => `  ! dataset ${dataset} is declared, not checked against its store: ${because}`),
    ...(planned.kept.length === 0 ? [] : [`  In the ledger and not in the file, kept: ${planned.kept.join(', ')}`]),
  ]
}
