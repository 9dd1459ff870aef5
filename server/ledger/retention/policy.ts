import { randomBytes } from 'node:crypto'
import { Misuse } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { RetentionClass } from '../entry.ts'
import type { Ledger } from '../ledger.ts'
import type { RetentionPolicy } from './schedule.ts'
import * as store from './store.ts'

const monthsMax = 1_200

/** Records how long each class is kept from now on, in the common log. Throws `Misuse` for access logs kept shorter than six months, longer than a year without the risk that asks for it (`because`) or longer than three years, and for nonsense. */
export async function setRetention(ledger: Ledger, policy: RetentionPolicy, at: Instant, because?: string): Promise<void> {
  for (const [name, keep] of Object.entries(policy.classes)) if (keep !== 'always' && keep.months > monthsMax) throw new Misuse(`${name} cannot be kept ${keep.months} months; at most ${monthsMax}, or always`)
  const before = await store.retentionPolicy(ledger.database)
  for (const name of ['access', 'statement'] as const) {
    const keep = policy.classes[name]
    if (keep === 'always' || keep.after !== 'period' || keep.months < 6 || keep.months > 36) throw new Misuse(`access logs are kept 6 to 36 months after their period (CNIL, deliberation 2021-122: 6 to 12 months, up to three years where a documented risk asks for it), not ${keep === 'always' ? 'always' : `${keep.months} after the ${keep.after}`}`)
    if (keep.months > 12 && (because ?? '').trim() === '' && JSON.stringify(keep) !== JSON.stringify(before.classes[name])) throw new Misuse(`access logs are kept longer than 12 months for internal control only, where the risk is documented (CNIL, deliberation 2021-122): say the risk, and where it is documented, with --because; it is recorded`)
  }
  await ledger.append({ slot: 0, type: 'key.retention_set', at, parts: { evidence: { classes: { ...policy.classes }, backupDays: policy.backupDays, ...(because === undefined ? {} : { because }) } } })
}

/** Keeps the keys of one log beyond their day, until it is released. Resolves to the hold's id. */
export async function holdKeys(ledger: Ledger, hold: { readonly slot: number; readonly retention?: RetentionClass; readonly because: string; readonly by: string }, at: Instant): Promise<string> {
  const id = `hold-${randomBytes(4).toString('hex')}`
  await ledger.append({ slot: hold.slot, type: 'key.held', at, parts: { evidence: { hold: id, ...(hold.retention === undefined ? {} : { class: hold.retention }), because: hold.because, by: hold.by } } })
  return id
}

/** Ends a hold. Throws `Misuse` when there is none. */
export async function releaseKeys(ledger: Ledger, release: { readonly hold: string; readonly by: string }, at: Instant): Promise<void> {
  const found = (await store.keyHolds(ledger.database)).find((hold) => hold.id === release.hold && hold.releasedAt === null)
  if (found === undefined) throw new Misuse(`there is no hold ${release.hold} that was not released; bailee key list shows them`)
  await ledger.append({ slot: found.slot, type: 'key.released', at, parts: { evidence: { hold: release.hold, by: release.by } } })
}
