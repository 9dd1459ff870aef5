/** Answers about the past, kept in memory: what was, stays, unless a key is destroyed; and whoever steps through time comes by again. */
import { createHash } from 'node:crypto'
import { makeNonce } from './security.ts'

/** Bytes of all answers kept, and how long each is, in milliseconds: of what does not come from entries, nothing may be kept for good. */
const [bytesMax, keptMilliseconds] = [32 * 1024 * 1024, 600_000]

interface Kept { readonly answer: unknown; readonly bytes: number; readonly until: number; readonly destructions: number }

export interface PastAnswers {
  /** Names the answer to what is asked: the same name, the same answer. Of this process alone; another may be of another version. */
  tagOf(asked: readonly unknown[]): string
  find(tag: string): Kept['answer']
  /** `destructions`: how often keys had been destroyed before it was made. */
  keep(tag: string, answer: unknown, destructions: number): void
  /** Forgets what was made before keys were destroyed that often, and keeps no more of it. */
  forgetBefore(destructions: number): void
}

/** Keeps none yet. */
export function openPastAnswers(): PastAnswers {
  const [process, answers] = [makeNonce(), new Map<string, Kept>()]
  let [bytes, destroyed] = [0, 0]
  const drop = (tag: string): void => { bytes -= answers.get(tag)?.bytes ?? 0; answers.delete(tag) }
  return {
    tagOf: (asked) => `"${createHash('sha256').update(JSON.stringify([process, ...asked])).digest('base64url').slice(0, 27)}"`,
    find(tag) {
      const kept = answers.get(tag)
      if (kept === undefined) return undefined
      if (kept.until < performance.now()) { drop(tag); return undefined }
      answers.delete(tag)
      answers.set(tag, kept) // the one asked for last is dropped last
      return kept.answer
    },
    forgetBefore(destructions) {
      if (destructions <= destroyed) return
      destroyed = destructions
      for (const [tag, kept] of answers) if (kept.destructions < destroyed) drop(tag)
    },
    keep(tag, answer, destructions) {
      drop(tag)
      if (destructions < destroyed) return
      const kept = { answer, bytes: 2 * JSON.stringify(answer).length, until: performance.now() + keptMilliseconds, destructions }
      if (kept.bytes > bytesMax / 8) return
      answers.set(tag, kept)
      bytes += kept.bytes
      for (const oldest of answers.keys()) { if (bytes <= bytesMax) break; drop(oldest) }
    },
  }
}
