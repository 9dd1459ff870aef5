/** The register of the day of the copy, as the ledger tells that day: what an authority would have read in it, and what it could not have. */
import { createHash } from 'node:crypto'
import { asOf } from '#composition'
import { checkRecord, driftOf, exportRegister, isCompliant, recordsOf, type RegisterRecord } from '#register'
import { Broken } from '#kit/errors'
import { formatInstant, parseInstant, type Instant } from '#kit/time'
import type { Outcome, Scene } from './steps.ts'

const moment = (text: string): Instant => {
  const at = parseInstant(text)
  if (at === undefined) throw new Broken('case/date', `not a date: ${text}`)
  return at
}

/** Deezer's record as it was known at a moment. */
const recordAt = ({ bailee }: Scene, at: Instant): Promise<RegisterRecord> => asOf(bailee, at, async ({ database }) => (await recordsOf(database, { controllers: ['deezer'] }, at))[0]!)

const found = (record: RegisterRecord): readonly string[] => record.copies.filter(({ kind }) => kind === 'found').map(({ store, place }) => `${store}: ${place}`).sort()

/**
 * The record of 2019-04-15, folded from the ledger: complete, and silent of the copies of that day, for nobody had found them yet. That of the next morning names them. Then the same record without what the published one lacked, the contact of the
 * controller's data protection officer: named by its article.
 */
export async function readRegister(scene: Scene): Promise<Outcome> {
  const [day, morning] = [moment('2019-04-15'), moment('2019-04-16T03:00:00Z')]
  const [before, after] = [await recordAt(scene, day), await recordAt(scene, morning)]
  const published: RegisterRecord = { ...before, controller: { ...before.controller, dpo: { is: 'missing' } } }
  const lacked = checkRecord(published).filter(({ required }) => required).map(({ code }) => code)
  const pages = await exportRegister([before], { format: 'csv', language: 'fr', layout: 'cnil' })
  const known = found(after)
  return {
    ok: isCompliant(before) && found(before).length === 0 && known.length === 2 && lacked.join() === '30(2)(a).controller.dpo' && !isCompliant(published),
    evidence: {
      as_of: formatInstant(day), compliant: isCompliant(before), missing: checkRecord(before).map(({ code }) => code), copies_found: found(before), sha256_cnil_csv: createHash('sha256').update(pages).digest('hex'),
      next_morning: { as_of: formatInstant(morning), copies_found: known, differences: driftOf(after).map(({ kind, article }) => `${kind} (Art. ${article})`) }, published_record_lacked: lacked,
    },
    told: `complete by Art. 30(2), and silent of the copies; the next morning it names ${known.length}; without the contact of Deezer's officer it is not complete (${lacked.join(', ')})`,
  }
}
