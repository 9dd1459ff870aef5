/** The past for whoever asks again and again: a few sets of tables stay folded, and go from moment to moment. */
import { grantReading, holdTo, refuseTables, type Database } from '#database'
import { holdTables, openTimes, type HeldTables, type Stand } from '#ledger'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Bailee } from './bailee.ts'
import { busyTables, nouns } from './folded.ts'
import { applies, migrations } from './stored.ts'

/** Sets of tables at once: each has a connection of its own, of ten. */
const heldMax = 3
/** They are let go after nobody asked for so long: as long as one is held, the database tidies up nothing that is newer. Those of all logs, which take longest to fold, stay for as long as somebody may look into something else. */
const idleMilliseconds = { all: 900_000, some: 120_000 } as const

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
  /** Bailee as these logs tell it of then. With `slot`, as a controller's own people may see it: held to its rows by the policies that hold the live tables. Waits while all sets of tables are read at other moments. */
  read<Result>(stand: Stand, slot: number | undefined, work: (then: Bailee) => Promise<Result>): Promise<Result>
  /** Lets all tables go. */
  close(): Promise<void>
}

interface Wanted extends Stand { readonly slot: number | undefined }

/** What was left out is not shown as nothing. */
function unfolded(): never {
  throw new Refused('ledger/past-too-long', 'what was done at the gateway is too much to be folded for all controllers at once, so this says nothing of it; ask for one controller, or fold it in the terminal with --as-of')
}

interface Held {
  readonly scope: string
  /** Whose rows alone can be read of them. */
  readonly slot: number | undefined
  key: string
  readers: number
  usedAt: number
  tables: Promise<HeldTables>
  timer: NodeJS.Timeout | undefined
}

/** Opens it; nothing is folded before somebody asks. `foldedMax`: entries of one answer at most. */
export function openPast(bailee: Bailee, foldedMax?: number): Past {
  const times = openTimes(bailee.ledger, nouns, foldedMax)
  const held = new Sets(bailee)
  return {
    entries: (slots) => times.entries(slots),
    standAt: (until, slots) => times.standAt(until, slots),
    async read(stand, slot, work) {
      const one = await held.take({ ...stand, slot })
      try {
        return await work(onlyReading(bailee, (await one.tables).tx))
      } finally {
        await held.giveBack(one)
      }
    },
    close: () => held.close(),
  }
}

class Sets {
  readonly #bailee: Bailee
  readonly #all = new Set<Held>()
  readonly #waiting: (() => void)[] = []
  #closed = false

  constructor(bailee: Bailee) { this.#bailee = bailee }

  /** One at that moment, which stays there until it is given back. */
  async take(stand: Wanted): Promise<Held> {
    for (;;) {
      const one = this.#ready(stand)
      if (one !== undefined) {
        one.readers += 1
        clearTimeout(one.timer)
        try {
          await one.tables
          return one
        } catch (cause) {
          this.#all.delete(one)
          await this.giveBack(one)
          throw cause
        }
      }
      await new Promise<void>((resolve) => { this.#waiting.push(resolve) })
    }
  }

  #ready({ scope, key, sizes, slot, whole }: Wanted): Held | undefined {
    const all = [...this.#all]
    const there = all.find((one) => one.key === key && one.slot === slot)
    if (there !== undefined) return there
    const near = all.find((one) => one.scope === scope && one.slot === slot && one.readers === 0 && sameKeys(one.key, key))
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
    const made: Held = { scope, slot, key, readers: 0, usedAt: 0, timer: undefined, tables: this.#make({ sizes, whole, slot }) }
    this.#all.add(made)
    return made
  }

  async #make({ sizes, whole, slot }: Pick<Wanted, 'sizes' | 'whole' | 'slot'>): Promise<HeldTables> {
    const tables = await holdTables(this.#bailee.ledger, { applies, migrations: migrations(), without: whole ? nouns.recorded : [...nouns.recorded, ...nouns.busy], ...(slot === undefined ? {} : { whenMade: grantReading, whenMoved: (tx) => holdTo(tx, slot) }) })
    if (!whole) refuseTables(tables.tx, busyTables, unfolded)
    return moved(tables, sizes)
  }

  async giveBack(one: Held): Promise<void> {
    one.readers -= 1
    one.usedAt = performance.now()
    if (one.readers === 0) {
      const tables = await one.tables.catch(() => undefined)
      if (tables === undefined || this.#closed || !this.#all.has(one) || !await tables.isWhole()) await this.#letGo(one)
      else if (one.readers === 0) one.timer = setTimeout(() => { if (one.readers === 0) void this.#letGo(one) }, one.scope.startsWith('all') ? idleMilliseconds.all : idleMilliseconds.some).unref()
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

/** Whether as many keys were destroyed when the one was folded as when the other is asked for. */
const sameKeys = (one: string, other: string): boolean => one.split('/')[1] === other.split('/')[1]
