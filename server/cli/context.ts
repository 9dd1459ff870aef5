import { resolve } from 'node:path'
import type { Command } from 'commander'
import { isBegun, keysIn, lookBack, openBailee, type Bailee, type OpenOptions } from '#composition'
import { isLocked } from '#ledger'
import { Misuse } from '#kit/errors'
import { machineClock, parseInstant, type Instant } from '#kit/time'
import { askPassphrase } from './passphrase.ts'

/** Options that every command understands. */
export interface CommonOptions {
  readonly dir?: string
  readonly json?: boolean
  readonly at?: string
  readonly asOf?: string
}

/** Gives a command the options of all that record or list. */
export const common = (command: Command): Command => command
  .option('--dir <directory>', 'where this processor\'s state is (default .bailee)')
  .option('--at <date>', 'the date of what is recorded (default now)')
  .option('--json', 'answer in JSON')

/** Gives a command that lists the options of one. */
export const listing = (command: Command): Command => common(command).option('--as-of <date>', 'as the ledger told it then, this moment included')

/** Where a processor's state lives when nobody says otherwise. */
export const directoryOf = (options: CommonOptions): string => options.dir ?? process.env['BAILEE_DIR'] ?? '.bailee'

/** Seconds that another machine's clock may be ahead of this one. */
const aheadSecondsMax = 300

function instantOf(option: string, text: string): Instant {
  const at = parseInstant(text)
  if (at === undefined || at < 0) throw new Misuse(`${option} takes a date such as 2019-04-15 or 2019-04-15T09:00:00Z, from 1970 on, not ${JSON.stringify(text)}`)
  return at
}

/**
 * The moment a command speaks of: `--at`, or now. Throws `Misuse` for what is not a date, for one before 1970 (no entry can carry it), and, unless
 * `foresees`, for one to come: what is recorded has happened. A withdrawal dated 2062 by a slip would say "withdrawn" and cover everything until then.
 */
export function momentOf(options: CommonOptions, foresees = false): Instant {
  const now = machineClock()
  if (options.at === undefined) return now
  const at = instantOf('--at', options.at)
  if (!foresees && at > now + aheadSecondsMax) throw new Misuse(`--at ${options.at} is still to come, and what is recorded has happened; leave out --at for now`)
  return at
}

/** How a command opens Bailee. */
export const openOptionsOf = (options: CommonOptions & { origin?: string | undefined }): OpenOptions => ({
  directory: directoryOf(options), url: process.env['BAILEE_DATABASE_URL'], origin: options.origin, clock: 'machine', environment: process.env, ask: askPassphrase,
})

/** Never in silence: who may read these files reads what they seal. */
export const inClear = 'bailee: the keys are not encrypted at rest (mode 0600 alone keeps them); bailee key encrypt does it, and bailee doctor says what else is open\n'

/** Opens Bailee for one command and closes it again, whatever happens. With `--as-of`, what the command reads is what the ledger told then. */
export async function withBailee<Result>(options: CommonOptions & { origin?: string | undefined; foresees?: boolean }, work: (bailee: Bailee, at: Instant) => Promise<Result>): Promise<Result> {
  const at = momentOf(options, options.foresees)
  const first = !isBegun(resolve(directoryOf(options)))
  const bailee = await openBailee(openOptionsOf(options), at)
  if (first && !isLocked(keysIn(bailee.directory))) process.stderr.write(inClear)
  try {
    if (options.asOf === undefined) return await work(bailee, at)
    const moment = instantOf('--as-of', options.asOf)
    return await lookBack(bailee, moment, (then) => work(then, moment))
  } finally {
    await bailee.close()
  }
}

/** What would move the cursor, colour or reorder what a terminal shows: a file may be called anything. */
const unseen = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu

/** A text of one line that does nothing to a terminal but stand there. */
export const shown = (text: string): string => text.replaceAll(unseen, '\uFFFD')

/** What is said beside the answer, on the error stream: one line, whatever names are in it. */
export const tell = (line: string): void => { process.stderr.write(`bailee: ${shown(line)}\n`) }

/** The same, of what has lines of its own, such as a list of problems. */
export const tellLines = (text: string): void => { process.stderr.write(`bailee: ${text.split('\n').map(shown).join('\n')}\n`) }

/** The lines of a list, or what is said of one that is empty: nothing at all would leave open whether anything was asked. */
export const linesOr = (none: string, lines: readonly string[]): readonly string[] => (lines.length === 0 ? [none] : lines)

/** The one way a command speaks: lines for people, or one JSON value for machines. A line stays one line, whatever names are in it. */
export function say(options: CommonOptions, value: unknown, lines: () => readonly string[]): void {
  process.stdout.write(options.json === true ? `${JSON.stringify(value, undefined, 2)}\n` : lines().map((line) => `${shown(line)}\n`).join(''))
}
