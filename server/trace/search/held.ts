/** A loaded table that whoever looks for the same fingerprints next may use again: an erasure searches, erases and searches again. */
import type { SegmentHeader } from '../fingerprint/index.ts'
import type { Searcher } from './search.ts'

export interface HeldTable {
  /** The table of that name, which nobody else gets until it is given back; undefined when another is held, or none. */
  take(name: string): Searcher | undefined
  /** Holds it in the place of any other. */
  give(name: string, searcher: Searcher): Promise<void>
  /** Gives up what is held; what is given back after that is given up at once. */
  close(): Promise<void>
}

/** Fingerprints as a name tells them: by the hash of what they were opened from. */
export interface Hashed { readonly header: Pick<SegmentHeader, 'dataset' | 'epoch'>; readonly sha256?: string | undefined }

/** The name of a table that holds these and no others; undefined where what one was opened from is not known by its hash. */
export function heldName(sources: readonly Hashed[], threads: number | undefined): string | undefined {
  if (sources.length === 0 || sources.some(({ sha256 }) => sha256 === undefined)) return undefined
  return JSON.stringify([threads ?? null, ...sources.map(({ header: { dataset, epoch }, sha256 }) => [dataset, epoch, sha256])])
}

/** Holds one table at most. */
export function holdTable(): HeldTable {
  let held: { readonly name: string; readonly searcher: Searcher } | undefined
  let closed = false
  const letGo = async (): Promise<void> => {
    const { searcher } = held ?? {}
    held = undefined
    await searcher?.close()
  }
  return {
    take: (name) => {
      if (held?.name !== name) return undefined
      const { searcher } = held
      held = undefined
      return searcher
    },
    give: async (name, searcher) => {
      await letGo()
      if (closed) await searcher.close()
      else held = { name, searcher }
    },
    close: async () => {
      closed = true
      await letGo()
    },
  }
}
