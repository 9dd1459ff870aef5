import type { Command } from 'commander'
import { traceContext } from '#composition'
import { takeFingerprints } from '#trace'
import { common, say, withBailee, type CommonOptions } from './context.ts'
import { createMeter } from './meter.ts'
import { addSweep } from './sweep.ts'

const place = (state: { work: string; place: string; done: number; total: number }): string => `${state.work} ${state.done + 1}/${state.total} ${state.place}`

/** `bailee trace ...`. */
export function addTrace(program: Command, exit: (code: number) => void): void {
  const trace = program.command('trace').description('fingerprints of controllers\' records, and the search for them')
  common(trace.command('refresh').description('take the fingerprints of every dataset of a live contract; people who left it stay findable')
    .option('--anew', 'forget who left, and know only who is there now')).action(async (options: CommonOptions & { anew?: boolean }) => {
    await withBailee(options, async (bailee, at) => {
      const meter = createMeter(process.stderr)
      const { taken, notTaken } = await takeFingerprints(traceContext(bailee, (state) => meter.show(place(state), state.rows)), at, { anew: options.anew === true })
      meter.end()
      if (notTaken.length > 0) exit(1)
      say(options, { ok: notTaken.length === 0, taken, not_taken: notTaken }, () => [
        ...taken.map((record) => `${record.dataset}: ${record.records.toLocaleString('en-GB')} records${record.former === 0 ? '' : `, ${record.former.toLocaleString('en-GB')} of them no longer in it`}`),
        ...notTaken.map(({ dataset, because }) => `  ! ${dataset} has no fingerprints: ${because}`),
      ])
    })
  })
  addSweep(trace, exit)
}
