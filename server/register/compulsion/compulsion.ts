/** Processing that law compels (Art. 28(3)(a), 29, 48; EDPB Opinion 22/2024): the law of the Union or a Member State only, and the controller told before, unless that law forbids it. */
import { createHash } from 'node:crypto'
import { isInside } from '#assessment'
import { findController, mustWorkHere } from '#contract'
import type { Json, Ledger } from '#ledger'
import { Misuse, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { allCompulsions, type Compulsion } from './store.ts'

export interface Compelling {
  readonly controller: string
  readonly authority: string
  readonly law: string
  readonly country: string
  readonly agreement?: string | undefined
  readonly handedOver: string
  /** The law that forbids to tell the controller, on important grounds of public interest; absent: it is told. */
  readonly forbiddenBy?: string | undefined
  readonly by: string
}

/**
 * Records what an authority compels, and tells the controller in the same transaction: before anything is handed over. Where law forbids to tell it, the record goes to the common log, sealed, under a type that says nothing. Idempotent. Throws `Refused`
 * when something was handed over under the law of a third country without an agreement: that is no exception from instructions, and a transfer or disclosure not authorised by Union law.
 */
export async function recordCompulsion(ledger: Ledger, { controller: id, by, ...of }: Compelling, at: Instant): Promise<Compulsion> {
  const controller = await findController(ledger, id)
  await mustWorkHere(ledger, by)
  if (!/^[A-Z]{2}$/.test(of.country)) throw new Misuse('the country of the law is EU, or a country code of two capitals (ISO 3166-1 alpha-2)')
  const ours = of.country === 'EU' || isInside(of.country, at)
  if (!ours && of.agreement === undefined && of.handedOver.trim().toLowerCase() !== 'nothing') {
    throw new Refused('register/third-country-law', `the law of ${of.country} is no reason to hand anything over (Art. 28(3)(a) and 48 GDPR name the law of the Union, of a Member State, or an agreement with one): record the demand with "nothing", tell the controller, or name the agreement`)
  }
  const forbidden = of.forbiddenBy !== undefined
  const key = createHash('sha256').update(JSON.stringify([id, of.authority, of.law, of.handedOver, of.forbiddenBy ?? null])).digest('hex').slice(0, 12)
  const known = (await allCompulsions(ledger.database)).find((one) => one.id === `LC-${key}`)
  if (known !== undefined) return known
  const evidence = { id: `LC-${key}`, controller: id, authority: of.authority, law: of.law, country: of.country, agreement: of.agreement ?? null, informing: forbidden ? 'forbidden' : 'told', forbiddenBy: of.forbiddenBy ?? null, handedOver: of.handedOver, recordedBy: by } satisfies { [key: string]: Json }
  const says = `${of.authority} asks us for data of yours under ${of.law} (${of.country}). Handed over: ${of.handedOver}. We tell you before we do more than this (Art. 28(3)(a) GDPR).`
  await ledger.append(forbidden ? [{ slot: 0, type: 'register.noted', at, parts: { evidence } }] : [
    { slot: controller.slot, type: 'controller.notified', at, parts: { evidence: { notice: `compulsion-${key}`, controller: id, about: `demand of ${of.authority}`, says } } },
    { slot: controller.slot, type: 'register.compulsion_recorded', at, parts: { evidence } },
  ])
  return (await allCompulsions(ledger.database)).find((one) => one.id === `LC-${key}`)!
}
