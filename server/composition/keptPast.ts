/** The past of all controllers, kept for whoever looks into it: made in the background, behind whoever records. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openVersions, type KeptVersions, type Versions } from '#ledger'
import type { Bailee } from './bailee.ts'
import { folded, nouns } from './folded.ts'
import { applies, migrations } from './stored.ts'

/** Of smaller offices the past is folded when somebody asks: that takes no longer than reading it. */
const entriesMinDefault = 2_000
/** Between two looks at what was recorded, in milliseconds. */
const everyMillisecondsDefault = 15_000
/** Of the time that it works, how much it then leaves to those who wait for pages. */
const rest = 0.5

const rootDirectory = join(import.meta.dirname, '..', '..')
let hashed: string | undefined

/** Names this program by all that it is made of, its packages and what runs it: what another one folded may be another past. */
function program(): string {
  if (hashed !== undefined) return hashed
  const hash = createHash('sha256').update(`node ${process.version}\n`)
  for (const file of filesOf()) hash.update(`${file}\n`).update(readFileSync(join(rootDirectory, file)))
  hashed = hash.digest('hex')
  return hashed
}

/** Of the server and of the verifier, which it is built on, and the versions of packages. */
export function filesOf(root = rootDirectory): string[] {
  const code = ['server', 'verifier'].filter((part) => existsSync(join(root, part))).flatMap((part) => readdirSync(join(root, part), { recursive: true, encoding: 'utf8' }).map((file) => join(part, file))).filter((file) => /\.(ts|js|sql|wasm)$/.test(file) && !/node_modules|\.test\.ts$/.test(file))
  return [...code, 'package.json', 'package-lock.json'].filter((file) => existsSync(join(root, file))).sort()
}

/** How this program keeps the past. */
export const keptVersions = (): KeptVersions => ({ applies, migrations: migrations(), tables: folded.map(({ name }) => name), recorded: nouns.recorded, program: program() })

/** Opens what is kept of the past of all controllers; nothing is made before `keepOn`. */
export const openKeptPast = ({ ledger }: Pick<Bailee, 'ledger'>): Versions => openVersions(ledger, keptVersions())

export interface KeepingOn {
  readonly entriesMin?: number | undefined
  readonly everyMilliseconds?: number | undefined
  /** Told when it cannot be made. */
  readonly report: (problem: string) => void
}

/** Keeps it as entries are recorded, until it is closed. Several processes may: one works, the others look again later. */
export function keepOn(versions: Versions, { entriesMin = entriesMinDefault, everyMilliseconds = everyMillisecondsDefault, report }: KeepingOn): { close(): Promise<void> } {
  const stopping = new AbortController()
  let reported = ''
  const look = async (known: number): Promise<number> => {
    const { entries, folded: there } = await versions.progress()
    if (entries < entriesMin || (entries === known && there !== undefined)) return known
    return await versions.goOn({ stopping: stopping.signal, rest }) === undefined ? -1 : entries
  }
  const keeping = (async () => {
    // Whoever waits for a first page comes first.
    await sleep(everyMilliseconds / 5, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
    for (let known = -1; !stopping.signal.aborted;) {
      known = await look(known).catch((cause: unknown) => {
        const problem = `the past of all controllers is folded each time that somebody asks: ${cause instanceof Error ? cause.message : 'no reason given'}`
        if (problem !== reported && !stopping.signal.aborted) report(reported = problem)
        return -1
      })
      await sleep(everyMilliseconds, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
    }
  })()
  return { close: () => { stopping.abort(); return keeping } }
}
