import type { Command } from 'commander'
import { playCase, type CaseReport, type StepResult } from '#case'
import type { Progress } from '#trace'
import { openBailee } from '#composition'
import { Misuse } from '#kit/errors'
import { machineClock } from '#kit/time'
import { inBrowser } from './browser.ts'
import { openOptionsOf, tell, type CommonOptions } from './context.ts'
import { stopSignal } from './listening.ts'
import { createMeter } from './meter.ts'

interface Options extends CommonOptions { readonly people?: string; readonly data?: string; readonly seed: string; readonly choice: string; readonly serve?: string | true; readonly open?: boolean }

/** Where the portal is, when nobody says otherwise. */
const addressDefault = '127.0.0.1:6490'

/** As `bailee serve`: what is recorded is fixed within a minute. */
const snapshotMilliseconds = 60_000

/** More would not fit a laptop's disk: 46.9 million is the case itself. */
const peopleMax = 60_000_000

/** `bailee case`. */
export function addCase(program: Command, exit: (code: number) => void): void {
  program.command('case')
    .description('play the case that Bailee exists for, from 2016 to 2025, in a minute')
    .option('--people <number>', 'how many listeners are invented (default 100000)')
    .option('--data <directory>', 'real tastes instead: RO_genres.json and HU_genres.json')
    .option('--dir <directory>', 'where the story is played', '.bailee/case')
    .option('--seed <number>', 'the same seed, the same people', '2019')
    .option('--choice <choice>', 'what the controller chose for the end: delete, or return', 'delete')
    .option('--serve [address]', `then open the portal on what was played, until stopped (${addressDefault})`)
    .option('--open', 'of --serve: in a browser, signed in')
    .option('--json', 'print one JSON object, last')
    .action(async (options: Options) => {
      if (options.open === true && options.serve === undefined) throw new Misuse('--open goes with --serve')
      if (options.data !== undefined && options.people !== undefined) throw new Misuse('--data brings its own people; leave out --people')
      const people = numberOf('--people', options.people ?? '100000', peopleMax)
      const seed = numberOf('--seed', options.seed, 2 ** 31 - 1)
      if (options.choice !== 'delete' && options.choice !== 'return') throw new Misuse(`--choice is delete or return, not ${JSON.stringify(options.choice)}`)
      const choice = options.choice === 'return' ? options.choice : undefined
      const meter = createMeter(process.stderr)
      const story = options.json === true ? process.stderr : process.stdout // with --json, the object stands alone on standard output
      const report = await playCase({
        people, seed, choice, data: options.data, directory: options.dir ?? '.bailee/case', // never BAILEE_DATABASE_URL: a story does not belong into anybody's ledger
        onBegin: (id, title) => meter.begin(`${id}  ${title}`),
        onStep: (step, resumed) => { meter.end(); story.write(stepLine(step, resumed)) },
        progress: ((state) => meter.show(`${state.work} ${state.done + 1}/${state.total} ${state.place}`, state.rows)) satisfies Progress,
      })
      meter.end()
      if (!report.ok) exit(1)
      process.stdout.write(options.json === true ? `${JSON.stringify(wire(report))}\n` : closing(report))
      if (report.ok && options.serve !== undefined) await serveCase(options, options.serve === true ? addressDefault : options.serve)
    })
}

/** The portal on what was played. No gateway: the databases of the story are not running any more, and nothing in it is anybody's. */
async function serveCase(options: Options, http: string): Promise<void> {
  const stop = stopSignal()
  const bailee = await openBailee({ ...openOptionsOf(options), directory: options.dir ?? '.bailee/case', url: undefined }, machineClock())
  try {
    const { openHttp } = await import('./http.ts') // no other command waits for it to load
    const serving = await openHttp(bailee, { http, withLink: true })
    const fix = async (): Promise<void> => { await bailee.ledger.snapshot(machineClock()).catch((cause: unknown) => { tell(`no snapshot: ${String(cause)}`) }) }
    await fix() // what was recorded on the way here, such as who owns it
    const timer = setInterval(() => { void fix() }, snapshotMilliseconds)
    process.stdout.write(options.json === true ? `${JSON.stringify({ url: serving.url, link: serving.link })}\n` : `\nThe portal is at ${serving.url}. Sign in as the owner, once:\n  ${serving.link}\nStop it with Ctrl C. Open it again: bailee serve --dir ${options.dir ?? '.bailee/case'} --open\n`)
    if (options.open === true && serving.link !== undefined) inBrowser(serving.link)
    await stop
    clearInterval(timer)
    await serving.close()
  } finally {
    await bailee.close()
  }
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
