import type { Command } from 'commander'
import { lookAtResults } from '#gateway'
import { allDatasets, allDerived, type Dataset, type DerivedDataset } from '#inventory'
import { formatInstant } from '#kit/time'
import { common, say, withBailee, type CommonOptions } from './context.ts'

interface ListOptions extends CommonOptions { readonly derived?: boolean; readonly look?: boolean; readonly dropped?: boolean }

/** `bailee dataset`: what is held of whom, and where: declared, and derived under an instruction. */
export function addDataset(program: Command): void {
  const dataset = program.command('dataset').description('controllers\' records in stores')
  common(dataset.command('list').description('datasets that are declared, and those that sessions derived under an instruction'))
    .option('--derived', 'only those that were derived').option('--dropped', 'also derived ones that are gone')
    .option('--look', 'look at the databases first: record what appeared or went, close what has ended')
    .action(async (options: ListOptions) => {
      await withBailee(options, async ({ ledger, references, database }, at) => {
        const looked = options.look === true ? await lookAtResults({ ledger, references }, at) : undefined
        const declared = options.derived === true ? [] : await allDatasets(database)
        const derived = (await allDerived(database)).filter(({ droppedAt }) => options.dropped === true || droppedAt === null)
        say(options, { ok: (looked?.notSeen.length ?? 0) === 0, declared, derived, ...(looked === undefined ? {} : { looked }) }, () => [
          ...declared.map(declaredLine), ...derived.map(derivedLine),
          ...(declared.length + derived.length === 0 ? [options.derived === true ? 'Nothing is derived.' : 'No dataset.'] : []),
          ...(looked?.closed ?? []).map(({ store, schema, dropped }) => `  ${store}: ${schema} is closed${dropped ? ' and gone' : ''}: its instruction has ended`),
          ...(looked?.notSeen ?? []).map(({ store, because }) => `! ${store}: not seen: ${because}`),
        ])
      })
    })
}

const declaredLine = ({ id, controller, store, tables }: Dataset): string => `${id}  ${controller} in ${store}: ${tables.map(({ table }) => table).join(', ')}`

function derivedLine(one: DerivedDataset): string {
  const by = one.person === null ? 'found by a later look' : `made by ${one.person}${one.session === null ? '' : ` in session ${one.session}`}`
  return `${one.id}  ${one.controller} in ${one.store}: ${one.place} (${one.columns.join(', ')}), derived from ${one.from.join(', ')} under ${one.instruction}, ${by}, ${formatInstant(one.derivedAt)}${one.droppedAt === null ? '' : `, gone ${formatInstant(one.droppedAt)}`}`
}
