import type { Command } from 'commander'
import { traceContext } from '#composition'
import { compareDataset, compareFile, scratchIn, type Comparison, type LikePlace } from '#trace'
import { copiesIn, type LeakRead } from '#transfer'
import { Misuse } from '#kit/errors'
import { formatDay } from '#kit/time'
import { common, say, withBailee, type CommonOptions } from './context.ts'

/** `bailee trace compare`. */
export function addCompare(trace: Command): void {
  common(trace.command('compare').description('what every place held when it was read last, compared by samples with a dataset or a file; no store is read'))
    .option('--dataset <id>', 'the dataset, as declared')
    .option('--file <file>', 'a file from anywhere, such as a leak; packed or not')
    .option('--all', 'also places that share no more than chance gives')
    .action(async (options: CommonOptions & { dataset?: string; file?: string; all?: boolean }) => {
      const { dataset, file } = options
      if ((dataset === undefined) === (file === undefined)) throw new Misuse('compare takes either --dataset ID or --file FILE')
      await withBailee(options, async (bailee) => {
        const context = traceContext(bailee)
        const compared = dataset === undefined ? await compareFile(context, file ?? '') : await compareDataset(context, dataset)
        const leak = file === undefined ? undefined : await copiesIn(bailee.ledger, file, { scratch: scratchIn(context.directory) })
        const places = options.all === true ? compared.places : compared.places.filter(({ fields }) => fields.some(({ telling }) => telling))
        say(options, { ok: true, ...(leak === undefined ? {} : { copies: leak.copies }), known: compared.known, damaged: compared.damaged, asked: compared.asked, not_compared: compared.notCompared, places: places.map(wireOf), others: compared.places.length - places.length }, () => [...(leak === undefined ? [] : leakWords(leak)), ...linesOf(compared, places)])
      })
    })
}

const wireOf = ({ readAt, partly, ...place }: LikePlace): object => ({ ...place, read_at: readAt, partly_read: partly })

const number = (value: number): string => value.toLocaleString('en-GB')

/** With fewer tokens in common nothing is likely to be seen: the sample is one in a thousand. */
const sampledMin = 10

/** A comparison in words. A file of whose values none is in the sample was asked nothing, which is no answer. */
export function linesOf({ known, damaged, asked, notCompared, places: all }: Comparison, places: readonly LikePlace[]): string[] {
  const few = known > 0 && asked.every(({ sampled }) => sampled < sampledMin)
  return [
    ...places.flatMap(({ store, environment, place, readAt, partly, fields }) => [
      `${store}: ${place} (${environment}), read ${formatDay(readAt)}${partly ? ', not all of it' : ''}`,
      ...fields.filter(({ telling }) => telling).map((field) => `    ${field.column}${field.form === null ? '' : ` as ${field.form}`}: about ${number(field.estimate)} values${field.share === null ? '' : ` (${(field.share * 100).toFixed(1)} %)`}, between ${number(field.low)} and ${number(field.high)}, in ${field.part === '' ? '' : `${field.part}: `}${field.name ?? (field.field === null ? 'one of its last fields' : `field ${field.field + 1}`)}`),
    ]),
    ...(known > 0 && places.length === 0 ? [`None of ${number(known)} known places shares more than chance gives.`] : [`${number(known)} places are known from earlier sweeps.`]),
    ...(all.length > places.length ? [`  ${number(all.length - places.length)} places share no more than chance gives; --all lists them`] : []),
    ...(few ? ['  ! it has so few values that a sample of one in a thousand tells little: sweep to be sure'] : []),
    ...(damaged === 0 ? [] : [`  ! ${number(damaged)} sketches do not open: their places are not known until a sweep reads them`]),
    ...notCompared.map(({ what, because }) => `  ! ${what === '' ? '' : `${what}: `}${because}`),
  ]
}

/** Of which governed copies a file is, by their invented records and marks. */
export const leakWords = ({ copies }: LeakRead): string[] => copies.map(({ copy, canaries, marked, named }) =>
  (named ? `Governed copy ${copy}: ${number(canaries)} of its invented records and ${number(marked)} marked values are in the file (bailee transfer list --erased).` : `  ${number(marked)} values bear the mark of governed copy ${copy}, as chance may make them.`))
