import type { Command } from 'commander'
import { playCase, type CaseReport, type StepResult } from '#case'
import type { Progress } from '#trace'
import { Misuse } from '#kit/errors'
import type { CommonOptions } from './context.ts'
import { createMeter } from './meter.ts'

interface Options extends CommonOptions { readonly people?: string; readonly data?: string; readonly seed: string }

/** More would not fit a laptop's disk: 46.9 million is the case itself. */
const peopleMax = 60_000_000

/** `bailee case`. */
export function addCase(program: Command, exit: (code: number) => void): void {
  program.command('case')
    .description('play the case that Bailee exists for, from 2016 to 2020, in a minute')
    .option('--people <number>', 'how many listeners are invented (default 100000)')
    .option('--data <directory>', 'real tastes instead: RO_genres.json and HU_genres.json')
    .option('--dir <directory>', 'where the story is played', '.bailee/case')
    .option('--seed <number>', 'the same seed, the same people', '2019')
    .option('--json', 'print one JSON object, last')
    .action(async (options: Options) => {
      if (options.data !== undefined && options.people !== undefined) throw new Misuse('--data brings its own people; leave out --people')
      const people = numberOf('--people', options.people ?? '100000', peopleMax)
      const seed = numberOf('--seed', options.seed, 2 ** 31 - 1)
      const meter = createMeter(process.stderr)
      const story = options.json === true ? process.stderr : process.stdout // with --json, the object stands alone on standard output
      const report = await playCase({
        people, seed, data: options.data, directory: options.dir ?? '.bailee/case', // never BAILEE_DATABASE_URL: a story does not belong into anybody's ledger
        onBegin: (id, title) => meter.begin(`${id}  ${title}`),
        onStep: (step, resumed) => { meter.end(); story.write(stepLine(step, resumed)) },
        progress: ((state) => meter.show(`${state.work} ${state.done + 1}/${state.total} ${state.place}`, state.rows)) satisfies Progress,
      })
      meter.end()
      if (!report.ok) exit(1)
      process.stdout.write(options.json === true ? `${JSON.stringify(wire(report))}\n` : closing(report))
    })
}

/** Checks rely on this shape; `told` is for people only. */
function wire(report: CaseReport): object {
  return { ...report, steps: report.steps.map(({ id, title, ok, seconds, evidence }) => ({ id, title, ok, seconds, evidence })) }
}

function numberOf(option: string, text: string, max: number): number {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(number) || number < 1 || number > max) throw new Misuse(`${option} takes a whole number from 1 to ${max}, not ${JSON.stringify(text)}`)
  return number
}

function stepLine(step: StepResult, resumed: boolean): string {
  return `${step.ok ? '✓' : '✗'} ${step.id}  ${step.title}${resumed ? ' (done before)' : ''}  ${step.seconds.toFixed(1)} s\n     ${step.told}\n`
}

function closing(report: CaseReport): string {
  const verdict = report.ok ? `Every step held: ${report.people.toLocaleString('en-GB')} people, ${report.seconds.toFixed(1)} s.` : 'A step did not hold; see above.'
  return `\n${verdict}\n  evidence     ${report.bundle}\n  certificate  ${report.certificate}\n  check it     ./bailee-verify ${report.bundle}\n`
}
