import type { Command } from 'commander'
import { traceContext } from '#composition'
import { replayErasures, type Replayed } from '#erasure'
import { common, say, withBailee, type CommonOptions } from './context.ts'
import { createMeter } from './meter.ts'

/** `bailee erasure replay`. */
export function addReplay(erasure: Command, exit: (code: number) => void): void {
  common(erasure.command('replay').summary('after a backup was restored: erase again').description('after a backup was restored: erase again what was erased there'))
    .requiredOption('--store <id>', 'the store that was restored').requiredOption('--as <person>', 'who carries it out')
    .addHelpText('after', '\nThen sweep: bailee trace sweep. Exit code 1 when something could not be erased again, or be told.')
    .action(async (options: CommonOptions & { store: string; as: string }) => {
      await withBailee(options, async (bailee, at) => {
        const meter = createMeter(process.stderr)
        const replayed = await replayErasures(traceContext(bailee, (progress) => meter.show(`${progress.work} ${progress.place}`, progress.rows)), { store: options.store, operator: options.as }, at)
        meter.end()
        const open = replayed.filter(({ outcome }) => outcome === 'blocked' || outcome === 'cannot be told')
        if (open.length > 0) exit(1)
        say(options, { ok: open.length === 0, store: options.store, replayed }, () => [...(replayed.length === 0 ? [`Nothing was erased in ${options.store} by any exit that is over.`] : replayed.map(replayedLine)), '  next: bailee trace sweep'])
      })
    })
}

const replayedLine = ({ erasure, place, outcome, rows, because }: Replayed): string => `  ${outcome === 'blocked' || outcome === 'cannot be told' ? '✗' : '✓'} ${erasure}: ${place}  ${outcome}${rows > 0 ? `, ${rows} rows` : ''}${because === undefined ? '' : `  (${because})`}`
