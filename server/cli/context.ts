import { openBailee, type Bailee } from '#composition'
import { Misuse } from '#kit/errors'
import { machineClock, parseInstant, type Instant } from '#kit/time'

/** Options that every command understands. */
export interface CommonOptions {
  readonly dir?: string
  readonly json?: boolean
  readonly at?: string
}

/** Where a processor's state lives when nobody says otherwise. */
export const directoryOf = (options: CommonOptions): string => options.dir ?? process.env['BAILEE_DIR'] ?? '.bailee'

/** The moment a command speaks of: `--at`, or now. Throws `Misuse` for what is not a date. */
export function momentOf(options: CommonOptions): Instant {
  if (options.at === undefined) return machineClock()
  const at = parseInstant(options.at)
  if (at === undefined) throw new Misuse(`--at takes a date such as 2019-04-15 or 2019-04-15T09:00:00Z, not ${JSON.stringify(options.at)}`)
  return at
}

/** Opens Bailee for one command and closes it again, whatever happens. */
export async function withBailee<Result>(options: CommonOptions & { origin?: string }, work: (bailee: Bailee, at: Instant) => Promise<Result>): Promise<Result> {
  const at = momentOf(options)
  const bailee = await openBailee({
    directory: directoryOf(options), url: process.env['BAILEE_DATABASE_URL'], origin: options.origin,
    clock: 'machine', environment: process.env,
  }, at)
  try {
    return await work(bailee, at)
  } finally {
    await bailee.close()
  }
}

/** The one way a command speaks: lines for people, or one JSON value for machines. */
export function say(options: CommonOptions, value: unknown, lines: () => readonly string[]): void {
  process.stdout.write(options.json === true ? `${JSON.stringify(value, undefined, 2)}\n` : lines().map((line) => `${line}\n`).join(''))
}
