import { walkBundle } from './bundle.ts'
import type { CheckBundle } from './bundle.ts'
import { heldIn } from './certificate.ts'
import type { CertificateHeld } from './certificate.ts'
import type { BundleSource } from './source.ts'
import { whatItDoesNotShow, whatItShows } from './verdict.ts'
import type { Facts, Refused, Step } from './verdict.ts'
import { judged } from './walk.ts'
import type { Progress } from './walk.ts'

/** A bundle and each of its certificates. A certificate that does not hold is no fault of the bundle: it is said, and the record is whole all the same. */
export type WholeVerdict =
  | { readonly outcome: 'verified'; readonly steps: readonly Step[]; readonly facts: Facts; readonly held: readonly CertificateHeld[]; /** Entries of the log that issue a certificate, opened or not. */ readonly issued: number; readonly shows: readonly string[]; readonly doesNotShow: readonly string[] }
  | Refused

/** Checks a bundle as `checkBundle` does, and then holds every certificate in it against the log: all at once, the log read once. */
export function* checkWhole(source: BundleSource, options: CheckBundle): Generator<Progress, WholeVerdict> {
  return yield* judged(function* (walk) {
    const walked = yield* walkBundle(walk, source, options)
    const held = yield* walk.step('claims', () => {
      const all = heldIn(source, walked)
      return { value: all, showed: `${all.filter(({ outcome }) => outcome === 'holds').length} of ${all.length} certificates hold`, absent: all.length === 0 }
    })
    const { facts } = walked
    return { facts, held, issued: [...walked.concerning.values()].filter(({ type }) => type === 'certificate.issued').length, shows: whatItShows(facts), doesNotShow: whatItDoesNotShow(facts) }
  })
}
