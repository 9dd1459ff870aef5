import fc from 'fast-check'
import { vi } from 'vitest'

/**
 * The same commit gives the same verdict: properties draw from one seed. To look further than it does, name another one:
 * `BAILEE_SEED=$RANDOM ./bailee test --long`; a seed that fails becomes a named example.
 */
fc.configureGlobal({ seed: Number(process.env['BAILEE_SEED'] ?? '2019') })

/** A busy machine is no fault of what is waited for: ten seconds instead of one, where a test says nothing. Files share a process, so that it is said once. */
const patient = Symbol.for('bailee.patient')
if (!(patient in vi)) {
  const { waitFor } = vi
  Object.assign(vi, { [patient]: true, waitFor: ((callback, options) => waitFor(callback, options ?? { timeout: 10_000 })) satisfies typeof waitFor })
}
