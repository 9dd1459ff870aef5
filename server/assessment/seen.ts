/** What Bailee itself saw of the facts of an assessment: beside what was stated and declared, never in its place. Pure. */
import { formatDay, parseInstant } from '#kit/time'
import type { Facts, FactValue, Observation, SeenFact } from './types.ts'

/** Each observation held against the facts. What was not seen is not here: that nothing was seen contradicts nothing. */
export function holdAgainst(facts: Facts, observations: readonly Observation[]): SeenFact[] {
  return observations.map((one) => ({ ...one, standing: standingOf(facts[one.fact], one.is) }))
}

function standingOf(stated: FactValue | undefined, is: Observation['is']): SeenFact['standing'] {
  if (stated === undefined) return 'not stated'
  if ('atLeast' in is) return typeof stated === 'number' && stated < is.atLeast ? 'contradicts' : 'supports'
  const { value } = is
  // Of lists what was seen must be among what was stated: more may be true that nobody saw.
  if (Array.isArray(value) && Array.isArray(stated)) return value.every((one) => (stated as readonly string[]).includes(one as string)) ? 'supports' : 'contradicts'
  return JSON.stringify(stated) === JSON.stringify(value) || sameMoment(stated, value) ? 'supports' : 'contradicts'
}

/** A day that is stated is not contradicted by a moment on it. */
function sameMoment(stated: FactValue, seen: FactValue): boolean {
  if (typeof stated !== 'string' || typeof seen !== 'string') return false
  const [one, other] = [parseInstant(stated), parseInstant(seen)]
  return one !== undefined && other !== undefined && (one === other || (/^\d{4}-\d{2}-\d{2}$/.test(stated) && formatDay(other) === stated))
}

/** One in words. */
export const seenText = ({ fact, is, source, standing }: SeenFact): string => `${fact}${'atLeast' in is ? `: at least ${is.atLeast}` : ` = ${typeof is.value === 'boolean' ? (is.value ? 'yes' : 'no') : String(is.value)}`}   (${source})${standing === 'supports' ? '' : standing === 'contradicts' ? '   CONTRADICTS what was stated' : '   nobody stated it'}`
