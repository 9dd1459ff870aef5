/** The one writer of this process. A batch goes through four states, in this order and each once: it waits, it is made, it is written, those who wait for it are told. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { machineElapsed } from '#kit/time'
import type { Entry } from './entry.ts'
import { commit, isCurrent, makeFromKnown, makeReady, OutcomeUnknown, type AppendOptions, type Change, type Made, type Writer } from './write/commit.ts'
import { nothingKnown } from './write/known.ts'

interface Pending {
  readonly change: Change
  readonly resolve: (entries: Entry[]) => void
  readonly reject: (cause: unknown) => void
}

/** Changes that go into one transaction; `made` where their entries are ready. */
interface Batch { readonly pending: readonly Pending[]; readonly made: Made | undefined }

/** Changes taken into one transaction: more only makes the first of them wait longer. */
const batchChangesMax = 1_024
/** Of so many, half are made ready while the others are written. */
const halvedMin = 64

const changesOf = (pending: readonly Pending[]): Change[] => pending.map(({ change }) => change)

/**
 * Changes that arrive while a transaction commits wait and go into the next, in the order they came; each resolves only after its commit. While the database writes one batch, this process tells those of
 * the batch before and makes the next. The head row is the lock, so any number of processes may append to one control database.
 */
export function createAppender(options: AppendOptions): (change: Change) => Promise<Entry[]> {
  const writer: Writer = { ...options, elapsed: options.elapsed ?? machineElapsed, known: nothingKnown() }
  const waiting: Pending[] = []
  let running = false

  const run = async (): Promise<void> => {
    let next: Batch | undefined
    let tellBefore: Tell = nobody
    while (next !== undefined || waiting.length > 0) {
      const pending = next?.pending ?? take(waiting, shareOf(waiting.length))
      const made = isCurrent(writer, next?.made) ? next?.made : await makeReady(writer, changesOf(pending))
      next = undefined

      const writing = write(writer, pending, made)
      if (made !== undefined && (pending.length > 1 || waiting.length > 0 || tellBefore !== nobody)) {
        await Promise.race([made.sent, writing]) // then the database is at work, and this process too
        tellBefore()
        tellBefore = nobody
        await nextTurn() // those who were told may have more
        if (waiting.length > 0) next = ahead(writer, take(waiting, shareOf(pending.length + waiting.length)))
      }
      const tell = await writing
      if (next?.made !== undefined) {
        tellBefore = tell // the database is to be at work again first
      } else {
        tellBefore()
        tellBefore = nobody
        tell() // what comes next may take its time, such as destroying keys, and is not waited for by who is done
        if (pending.length > 1 && next === undefined) await nextTurn() // those who were told may have more: together, not the first of them alone
      }
    }
    running = false
  }
  return (change) =>
    new Promise((resolve, reject) => {
      waiting.push({ change, resolve, reject })
      if (running) return
      running = true
      void run()
    })
}

/**
 * How many of all are taken: two batches of one size take turns. Were all taken that wait, a small batch would be followed by a large one and what that leaves over by a third,
 * and each would wait for the disk, which takes the same time for a few as for many.
 */
const shareOf = (count: number): number => (count >= halvedMin ? Math.ceil(count / 2) : count)

/** The next of those who wait. Whoever works while every log stands still has a batch of its own: what it looks at holds what was folded before it. */
function take(waiting: Pending[], max: number): Pending[] {
  const alone = waiting.findIndex(({ change }) => change.alone !== undefined)
  return waiting.splice(0, alone === 0 ? 1 : Math.min(batchChangesMax, max, alone === -1 ? max : alone))
}

const ahead = (writer: Writer, pending: readonly Pending[]): Batch => ({ pending, made: makeFromKnown(writer, changesOf(pending)) })

/** Tells those of a batch what became of it. */
type Tell = () => void
const nobody: Tell = () => undefined

/** Writes a batch; never rejects. One caller's refusal must not abort another's change that happened to share its batch: then each is tried by itself, and told at once. */
async function write(writer: Writer, pending: readonly Pending[], made: Made | undefined): Promise<Tell> {
  try {
    const results = await commit(writer, changesOf(pending), made)
    return () => pending.forEach(({ resolve }, place) => { resolve(results[place] ?? []) })
  } catch (cause) {
    if (pending.length === 1 || cause instanceof OutcomeUnknown) return () => pending.forEach(({ reject }) => { reject(cause) })
  }
  for (const one of pending) await commit(writer, [one.change]).then(([entries]) => { one.resolve(entries ?? []) }, one.reject)
  return nobody
}
