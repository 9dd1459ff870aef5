import type { Instant } from '#kit/time'
import { failpoint } from '#kit/failpoint'
import { destroyEpochs, epochKeyId, type TraceContext } from './fingerprints.ts'
import { isLeft } from './left.ts'
import { takeFingerprints, type NotTaken } from './refresh.ts'
import { currentEpoch, epochsBefore, existingFingerprints } from './store.ts'

export interface Rotated {
  /** Whose key makes tokens from now on. */
  readonly epoch: number
  readonly notTaken: readonly NotTaken[]
  /** Earlier epochs whose key is still needed, with the fingerprints that need it: each is one more pass in every search. */
  readonly needed: readonly { readonly epoch: number; readonly fingerprints: readonly string[] }[]
}

/**
 * Begins the next epoch of tokens and takes every fingerprint anew under its key; keys of earlier epochs are destroyed when no fingerprint needs them. Kept ones and
 * those of people who left cannot be taken anew: they stay under their key until they expire, or, with `anew`, those of people who left are given
 * up. A rotation that was cut short, or could not read every store, is finished before another begins.
 */
export async function rotateEpoch(context: TraceContext, at: Instant, { anew = false }: { anew?: boolean } = {}): Promise<Rotated> {
  const { ledger } = context
  const begun = await currentEpoch(ledger.database)
  const earlier = (await epochsBefore(ledger.database, begun)).map(epochKeyId)
  const unfinished = (await existingFingerprints(ledger.database)).some((record) => record.state === 'live' && !isLeft(record.id) && earlier.includes(record.tokenKey))
  const epoch = unfinished ? begun : begun + 1
  if (epoch !== begun) {
    ledger.keys.epochKey(epoch)
    failpoint('trace/before-rotated')
    await ledger.append({ slot: 0, type: 'trace.rotated', at, parts: { evidence: { epoch } } })
    failpoint('trace/after-rotated')
  }
  const { notTaken } = await takeFingerprints(context, at, { anew })
  const needed = await destroyEpochs(context, at)
  const existing = await existingFingerprints(ledger.database)
  return { epoch, notTaken, needed: needed.map((one) => ({ epoch: one, fingerprints: existing.filter((record) => record.tokenKey === epochKeyId(one)).map((record) => record.id) })) }
}
