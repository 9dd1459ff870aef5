/** The past for whoever asks again and again: a few sets of tables stay folded, and go from moment to moment. */
import { grantReading, holdTo, refuseTables, type Database } from '#database'
import { countDestructions, holdTables, openTimes, type HeldTables, type Stand, type TimesBounds, type Untold, type Versions } from '#ledger'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Bailee } from './bailee.ts'
import { busyTables, nouns } from './folded.ts'
import { applies, appliesMany, migrations } from './stored.ts'

/** Sets of tables at once: each has a connection of its own, of ten. */
const heldMax = 3
/**
 * They are let go after nobody asked for so long: as long as one is held, the database tidies up nothing that is newer. Those of all logs, which take longest to fold, stay for as long as somebody may look into
 * something else. `life`: however often they are asked for, they are folded anew after that.
 */
export interface Lifetimes { readonly allIdleMilliseconds: number; readonly someIdleMilliseconds: number; readonly lifeMilliseconds: number }
const lifetimes: Lifetimes = { allIdleMilliseconds: 900_000, someIdleMilliseconds: 120_000, lifeMilliseconds: 3_600_000 }

/** Bailee on tables that are not its own: whatever would be recorded is refused. */
export function onlyReading(bailee: Bailee, tables: Database): Bailee {
  const refuse = (): never => { throw new Refused('ledger/as-of', 'the past is read, never written: leave out --as-of') }
  return { ...bailee, database: tables, ledger: { ...bailee.ledger, database: tables, append: refuse, alone: refuse, signers: refuse, openSlot: refuse, snapshot: refuse, read: refuse, size: refuse } }
}

export interface Past {
  /** Entries that these logs, or all, hold now. */
  entries(slots?: readonly number[]): Promise<number>
  /** What counts at a moment. Throws `Refused` `ledger/past-too-long` for more entries than are folded for one answer. */
  standAt(until: Instant, slots?: readonly number[]): Promise<Stand>
  /**
   * Bailee as these logs tell it of then, without what was sealed with keys that are destroyed by the time it is read, whenever `stand` was asked for. With `slot`, as a controller's own people may see it: held
   * to its rows by the policies that hold the live tables. Waits while all sets of tables are read at other moments.
   */
  read<Result>(stand: Stand, slot: number | undefined, work: (then: Bailee) => Promise<Result>): Promise<Result>
  /** Lets go of all that was folded before a key was destroyed, by this process or another; of what is being read, when it was read. Answers how often keys were destroyed; undefined: nothing is held. */
  letGoOfDestroyed(): Promise<number | undefined>
  /** Lets all tables go. */
  close(): Promise<void>
}

interface Wanted extends Stand { readonly slot: number | undefined }

/** What was left out is not shown as nothing. */
class NotFolded extends Refused {}
function unfolded(): never {
  throw new NotFolded('ledger/past-too-long', 'what was done at the gateway is too much to be folded for all controllers at once, so this says nothing of it; ask for one controller, or fold it in the terminal with --as-of')
}

const meanwhile: Readonly<Record<Untold, string>> = {
  none: 'the past of all controllers is not there yet: the server makes it in the background, after a start, a new version, or a destroyed key, and where it cannot, its log says why',
  busy: 'a key is being destroyed: ask again in a minute',
  behind: 'what was recorded last is not part of the kept past yet: ask again in a minute',
  unclear: 'the clocks of two logs went against each other around that moment, so the past of all controllers is not shown of it: ask for another moment',
}

/** Says why what is too long to be folded is not read from what is kept, to whoever asked for all controllers. */
async function tooLongMeanwhile(kept: Versions | undefined, { until, slots, cause }: { readonly until: Instant; readonly slots: readonly number[] | undefined; readonly cause: unknown }): Promise<never> {
  if (kept === undefined || slots !== undefined || !(cause instanceof Refused) || cause.code !== 'ledger/past-too-long') throw cause
  const why = await kept.why(until)
  throw new Refused(cause.code, why === undefined ? 'that moment can be shown now: ask again' : `${meanwhile[why]}; or ask for one controller, or fold it in the terminal with --as-of`)
}

interface Held {
  readonly scope: string
  /** Whose rows alone can be read of them. */
  readonly slot: number | undefined
  key: string
  /** How often keys had been destroyed before it was folded. */
  readonly destructions: number
  /** When it has to be folded anew: from when it was there on. */
  until: number
  readers: number
  usedAt: number
  tables: Promise<HeldTables>
  timer: NodeJS.Timeout | undefined
}

export interface PastOptions extends Pick<TimesBounds, 'foldedMax' | 'few'>, Partial<Lifetimes> {
  /** What is kept of the past of all controllers; without it, it is always folded. */
  readonly kept?: Versions | undefined
}

/** Opens it; nothing is folded before somebody asks. */
export function openPast(bailee: Bailee, { kept, foldedMax, few, ...lives }: PastOptions = {}): Past {
  const times = openTimes(bailee.ledger, nouns, { foldedMax, few })
  const held = new Sets(bailee, { ...lifetimes, ...lives })
  return {
    entries: (slots) => times.entries(slots),
    async standAt(until, slots) {
      const told = slots === undefined ? await kept?.tell(until) : undefined
      if (told !== undefined) return { ...told, scope: 'all at a moment', sizes: new Map(), whole: true, moment: until }
      return times.standAt(until, slots).catch((cause: unknown) => tooLongMeanwhile(kept, { until, slots, cause }))
    },
    async read(asked, slot, work) {
      // What is kept is of all controllers, and so shown to nobody who is held to one.
      const there = asked.moment === undefined || slot !== undefined ? undefined : await kept?.read(asked.moment, (tx) => work(onlyReading(bailee, tx)))
      if (there !== undefined) return there.result
      const stand = asked.moment === undefined ? asked : await times.standAt(asked.moment).catch((cause: unknown) => tooLongMeanwhile(kept, { until: asked.moment!, slots: undefined, cause }))
      const readOf = async (wanted: Stand): Promise<Awaited<ReturnType<typeof work>>> => {
        const one = await held.take({ ...wanted, slot })
        try {
          return await work(onlyReading(bailee, (await one.tables).tx))
        } finally {
          await held.giveBack(one)
        }
      }
      // What most pages read is folded first; what was done at the gateway, when somebody reads that.
      if (stand.lighter !== undefined && !held.has(stand.scope, slot)) {
        try {
          return await readOf(stand.lighter)
        } catch (cause) {
          if (!(cause instanceof NotFolded)) throw cause
        }
      }
      return readOf(stand)
    },
    letGoOfDestroyed: () => held.letGoOfDestroyed(),
    close: async () => { await Promise.all([held.close(), kept?.close()]) },
  }
}

class Sets {
  readonly #bailee: Bailee
  readonly #lives: Lifetimes
  readonly #all = new Set<Held>()
  readonly #waiting: (() => void)[] = []
  #closed = false

  constructor(bailee: Bailee, lives: Lifetimes) {
    this.#bailee = bailee
    this.#lives = lives
  }

  /** One at that moment, which stays there until it is given back. Nobody gets one that was folded, or is being folded, before a key was destroyed. */
  async take(stand: Wanted): Promise<Held> {
    let destructions = await this.#letGoOfOlder()
    for (;;) {
      const one = this.#ready({ ...stand, destructions })
      if (one !== undefined) {
        one.readers += 1
        clearTimeout(one.timer)
        try {
          await one.tables
        } catch (cause) {
          this.#all.delete(one)
          await this.giveBack(one)
          throw cause
        }
        destructions = await this.#letGoOfOlder()
        if (one.destructions === destructions) return one
        await this.giveBack(one)
        continue
      }
      await new Promise<void>((resolve) => { this.#waiting.push(resolve) })
      destructions = await this.#letGoOfOlder()
    }
  }

  /** Whether tables of these logs are held, at any moment. */
  has(scope: string, slot: number | undefined): boolean {
    return [...this.#all].some((one) => one.scope === scope && one.slot === slot)
  }

  async letGoOfDestroyed(): Promise<number | undefined> {
    return this.#all.size === 0 ? undefined : this.#letGoOfOlder()
  }

  /** What is read still goes when it is given back. */
  async #letGoOfOlder(): Promise<number> {
    const destructions = await countDestructions(this.#bailee.ledger)
    const older = [...this.#all].filter((one) => one.destructions !== destructions)
    for (const one of older) this.#all.delete(one)
    await Promise.all(older.filter(({ readers }) => readers === 0).map((one) => this.#letGo(one)))
    return destructions
  }

  #ready({ scope, key, sizes, slot, whole, destructions }: Wanted): Held | undefined {
    const now = performance.now()
    for (const one of this.#all) if (one.until < now) { this.#all.delete(one); if (one.readers === 0) void this.#letGo(one) }
    const all = [...this.#all]
    const there = all.find((one) => one.key === key && one.slot === slot)
    if (there !== undefined) return there
    const near = all.find((one) => one.scope === scope && one.slot === slot && one.readers === 0)
    if (near !== undefined) {
      near.key = key
      near.tables = near.tables.then((tables) => moved(tables, sizes))
      return near
    }
    if (all.length >= heldMax) {
      const oldest = all.filter((one) => one.readers === 0).sort((one, other) => one.usedAt - other.usedAt)[0]
      if (oldest === undefined) return undefined
      void this.#letGo(oldest)
    }
    const made: Held = { scope, slot, key, destructions, until: Infinity, readers: 0, usedAt: 0, timer: undefined, tables: this.#make({ sizes, whole, slot }) }
    made.tables.then(() => { made.until = performance.now() + this.#lives.lifeMilliseconds }, () => undefined)
    this.#all.add(made)
    return made
  }

  async #make({ sizes, whole, slot }: Pick<Wanted, 'sizes' | 'whole' | 'slot'>): Promise<HeldTables> {
    const tables = await holdTables(this.#bailee.ledger, { applies, many: appliesMany, migrations: migrations(), without: whole ? nouns.recorded : [...nouns.recorded, ...nouns.busy], ...(slot === undefined ? {} : { whenMade: grantReading, whenMoved: (tx) => holdTo(tx, slot) }) })
    if (!whole) refuseTables(tables.tx, busyTables, unfolded)
    return moved(tables, sizes)
  }

  async giveBack(one: Held): Promise<void> {
    one.readers -= 1
    one.usedAt = performance.now()
    if (one.readers === 0) {
      const tables = await one.tables.catch(() => undefined)
      if (tables === undefined || this.#closed || !this.#all.has(one) || !await tables.isWhole()) await this.#letGo(one)
      else if (one.readers === 0) one.timer = setTimeout(() => { if (one.readers === 0) void this.#letGo(one) }, Math.max(0, Math.min(one.until - one.usedAt, one.scope.startsWith('all') ? this.#lives.allIdleMilliseconds : this.#lives.someIdleMilliseconds))).unref()
    }
    this.#waiting.shift()?.()
  }

  async #letGo(one: Held): Promise<void> {
    this.#all.delete(one)
    clearTimeout(one.timer)
    await one.tables.then((tables) => tables.close(), () => undefined)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#all].filter(({ readers }) => readers === 0).map((one) => this.#letGo(one)))
  }
}

/** Those tables at those sizes; where they cannot be brought there, they are let go. */
async function moved(tables: HeldTables, sizes: Stand['sizes']): Promise<HeldTables> {
  try {
    await tables.moveTo(sizes)
    return tables
  } catch (cause) {
    await tables.close()
    throw cause
  }
}
