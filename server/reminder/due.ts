/** Of what the processor's people have to be reminded, or alarmed about, at a moment. Pure. */
import { lateSeconds, type ScheduleState } from '#activity'
import type { ChainLink } from '#contract'
import type { Lapse } from '#decision'
import type { Grant, Review, Warning } from '#instruction'
import type { Person } from '#people'
import type { Transfer } from '#transfer'
import { day, formatDay, formatInstant, sayDay, sayInstant, type Instant } from '#kit/time'
import type { Reminder } from './types.ts'

export interface ReminderFacts {
  /** Contacts as declared: of the owner of the processor, and of its data protection officer. */
  readonly owner: string | undefined
  readonly dpo: string | undefined
  readonly people: ReadonlyMap<string, Pick<Person, 'contact'>>
  readonly lapses: readonly Lapse[]
  readonly reviews: readonly Review[]
  readonly emergencies: readonly Grant[]
  readonly links: readonly (Pick<ChainLink, 'contract' | 'name' | 'number' | 'state' | 'until'> & { readonly slot: number })[]
  readonly warnings: readonly Warning[]
  /** Those that are not ended. */
  readonly schedules: readonly Pick<ScheduleState, 'schedule' | 'lateFor' | 'last' | 'again'>[]
  /** Governed copies, erased or not. */
  readonly copies: readonly Pick<Transfer, 'id' | 'slot' | 'instruction' | 'store' | 'person' | 'state' | 'expiresAt'>[]
  /** What authorities asked and is not settled. */
  readonly inquiries: readonly OpenInquiry[]
}

/** What an authority asked of the processor, by what it is called here; null: it named no day. */
export interface OpenInquiry { readonly id: string; readonly dueAt: Instant | null }

/** Days before the end of a review, of a window or of a copy at which it is said once more. */
const soonDays = 7

/** Days after which a warning without an answer is said, and said again. */
const unansweredDays = [30, 7] as const

/** Days for which it is said that a window is over: what was over long before anything was sent is no news. */
const overDays = 30

type Says = Reminder['says']
type About = Omit<Reminder, 'to' | 'id'> & { readonly id: string }

const told = (about: About, to: readonly (readonly [whom: string, contact: string | undefined])[]): Reminder[] =>
  [...new Map(to.map(([whom, contact]) => [contact ?? whom, { ...about, id: `${about.id}/${whom}`, to: contact }])).values()]

/** Everything that is due, told or not. */
export function remindersAt(facts: ReminderFacts, at: Instant): Reminder[] {
  return [...facts.emergencies.flatMap((grant) => ofEmergency(grant, facts)), ...facts.lapses.flatMap((lapse) => ofLapse(lapse, facts)), ...facts.reviews.flatMap((review) => ofReview(review, facts, at)), ...facts.links.flatMap((link) => ofWindow(link, facts, at)), ...facts.warnings.flatMap((warning) => ofWarning(warning, facts, at)), ...facts.schedules.flatMap((one) => ofSchedule(one, facts, at)), ...facts.copies.flatMap((one) => ofCopy(one, facts, at)), ...facts.inquiries.flatMap((one) => ofInquiry(one, facts, at))]
}

/** Nobody approved it before: owner and officer are told at once, each. */
function ofEmergency({ id, slot, person, instruction, until }: Grant, { owner, dpo }: ReminderFacts): Reminder[] {
  const says: Says = {
    en: `ALARM: ${person} opened ${instruction} without a second person, until ${formatInstant(until)}. Somebody else reviews it: bailee people break-glass review ${id} --says TEXT --as ID`,
    fr: `ALERTE : ${person} a ouvert ${instruction} sans seconde personne, jusqu'au ${sayInstant('fr', until)}. Une autre personne doit l'examiner : bailee people break-glass review ${id} --says TEXTE --as ID`,
  }
  return told({ id: `emergency/${id}`, slot, kind: 'emergency', says }, [['owner', owner], ['dpo', dpo]])
}

/** A run that should have been and was not, once for each time at which nothing was begun; and one that was begun or judged and not made. What failed long before anything was sent is no news, nor what is tried again. */
function ofSchedule({ schedule, lateFor, last, again }: ReminderFacts['schedules'][number], { owner, people }: ReminderFacts, at: Instant): Reminder[] {
  const { id, slot, instruction, person } = schedule
  const whom = [['owner', owner], [person, people.get(person)?.contact]] as const
  const late: Says | undefined = lateFor === undefined ? undefined : {
    en: `ALARM: ${id} under ${instruction} was due ${formatInstant(lateFor)} and was not begun: no worker runs. bailee activity due says what is late; bailee activity due --run runs it`,
    fr: `ALERTE : ${id} (${instruction}) devait commencer le ${sayInstant('fr', lateFor)} et n'a pas commencé : aucun processus ne travaille. bailee activity due montre les retards ; bailee activity due --run l'exécute`,
  }
  const failed: Says | undefined = last === undefined || last.state === 'made' || last.state === 'begun' || (again !== undefined && at <= again + lateSeconds) || last.begunAt < at - overDays * day ? undefined : {
    en: `ALARM: the scheduled run ${last.id} of ${id} under ${instruction} was not made: ${last.state}. bailee activity list says why`,
    fr: `ALERTE : l'exécution prévue ${last.id} de ${id} (${instruction}) n'a rien produit (${last.state}). bailee activity list en donne la raison`,
  }
  return [...(late === undefined ? [] : told({ id: `activity/${id}/late/${lateFor}`, slot, kind: 'activity', says: late }, whom)), ...(failed === undefined ? [] : told({ id: `activity/${id}/${last?.id ?? ''}`, slot, kind: 'activity', says: failed }, whom))]
}

/** Said a week before a copy is erased, to whoever made it and to the owner; and once when it should have been erased a day ago and is there still. One that was extended has another end. */
function ofCopy({ id, slot, instruction, store, person, state, expiresAt }: ReminderFacts['copies'][number], { owner, people }: ReminderFacts, at: Instant): Reminder[] {
  if (state === 'erased' || expiresAt === null || expiresAt - at > soonDays * day) return []
  const overdue = at >= expiresAt + day
  if (at >= expiresAt && !overdue) return []
  const on = formatDay(expiresAt)
  const says: Says = overdue ? {
    en: `ALARM: the copy ${id} in ${store} under ${instruction} should have been erased on ${on}, and is not: bailee transfer expire says why`,
    fr: `ALERTE : la copie ${id} dans ${store} (${instruction}) devait être effacée le ${sayDay('fr', expiresAt)} et ne l'est pas : bailee transfer expire en donne la raison`,
  } : {
    en: `The copy ${id} in ${store} under ${instruction} is erased on ${on}. Longer it stays only under another instruction: bailee transfer extend ${id} --instruction ID --as PERSON`,
    fr: `La copie ${id} dans ${store} (${instruction}) sera effacée le ${sayDay('fr', expiresAt)}. Elle ne reste plus longtemps que sur une autre instruction : bailee transfer extend ${id} --instruction ID --as PERSONNE`,
  }
  return told({ id: `copy/${id}/${expiresAt}/${overdue ? 'over' : soonDays}`, slot, kind: 'copy', says }, [['owner', owner], [person, people.get(person)?.contact]])
}

/** Said a week before an answer to an authority is due, and once when it is late, to the officer and the owner. Nothing of what was asked is said, nor in the ledger that an authority asked: it may be nobody else's to know. */
function ofInquiry({ id, dueAt }: OpenInquiry, { owner, dpo }: ReminderFacts, at: Instant): Reminder[] {
  if (dueAt === null || dueAt - at > soonDays * day) return []
  const late = at >= dueAt
  const says: Says = late ? {
    en: `ALARM: ${id} was due on ${formatDay(dueAt)} and is not settled: bailee register inquiry list shows it`,
    fr: `ALERTE : ${id} était à traiter pour le ${sayDay('fr', dueAt)} et ne l'est pas : bailee register inquiry list le montre`,
  } : {
    en: `${id} is due on ${formatDay(dueAt)} and is not settled: bailee register inquiry list shows it`, fr: `${id} est à traiter pour le ${sayDay('fr', dueAt)} : bailee register inquiry list le montre`,
  }
  return told({ id: `noted/${id}/${dueAt}/${late ? 'over' : soonDays}`, slot: 0, kind: 'noted', says }, [['dpo', dpo], ['owner', owner]])
}

function ofLapse({ person, training, state, until, level }: Lapse, { people, dpo }: ReminderFacts): Reminder[] {
  if (training === undefined || until === undefined || state === 'lacks') return []
  const on = formatDay(until)
  const says: Says = state === 'soon' ? {
    en: `Your training ${training} lapses on ${on}. From then on nothing opens to you. Take it again: bailee people course take ${person} ${training}`, fr: `Votre formation ${training} expire le ${sayDay('fr', until)}. Ensuite, plus aucun accès ne vous sera ouvert. Pour la repasser : bailee people course take ${person} ${training}`,
  } : {
    en: `The training ${training} of ${person} lapsed on ${on}: access is suspended until it is passed again.`, fr: `La formation ${training} de ${person} a expiré le ${sayDay('fr', until)} : l'accès est suspendu jusqu'à ce qu'elle soit repassée.`,
  }
  const own = [person, people.get(person)?.contact] as const
  return told({ id: `training/${person}/${training}/${on}/${state === 'soon' ? level : 'lapsed'}`, slot: 0, kind: 'training', says }, state === 'soon' ? [own] : [own, ['dpo', dpo]])
}

function ofReview({ id, slot, endsAt, items }: Review, { dpo, owner }: ReminderFacts, at: Instant): Reminder[] {
  const left = items.filter(({ outcome }) => outcome === undefined).length
  const soon = endsAt - at <= soonDays * day
  if (left === 0) return []
  const says: Says = {
    en: `Access review ${id}: ${left} grants are not settled. What is not kept and confirmed before ${formatDay(endsAt)} is revoked: bailee people review show ${id}`, fr: `Revue des accès ${id} : ${left} habilitations sont à traiter. Ce qui n'est pas conservé et confirmé avant le ${sayDay('fr', endsAt)} est révoqué : bailee people review show ${id}`,
  }
  return told({ id: `review/${id}/${soon ? soonDays : 'opened'}`, slot, kind: 'review', says }, soon ? [['dpo', dpo], ['owner', owner]] : [['dpo', dpo]])
}

function ofWindow({ contract, name, number, slot, state, until }: ReminderFacts['links'][number], { dpo }: ReminderFacts, at: Instant): Reminder[] {
  if (state !== 'announced' || until === null || until - at > soonDays * day || at >= until + overDays * day) return []
  const over = at >= until
  const says: Says = over ? {
    en: `The time to object to ${name} under ${contract} ended on ${formatDay(until)}, and nobody objected: it may have data from then on.`, fr: `Le délai d'opposition à ${name} au titre de ${contract} a expiré le ${sayDay('fr', until)}, sans opposition : des données peuvent lui être confiées depuis.`,
  } : {
    en: `The time to object to ${name} under ${contract} ends on ${formatDay(until)}. Nothing goes to it before.`, fr: `Le délai d'opposition à ${name} au titre de ${contract} expire le ${sayDay('fr', until)}. Rien ne lui est confié avant.`,
  }
  return told({ id: `window/${contract}/${name}/${number}/${over ? 'over' : soonDays}`, slot, kind: 'window', says }, [['dpo', dpo]])
}

function ofWarning({ instruction, number, slot, provision, warnedAt, suspended, answeredAt, endedAt }: Warning, { dpo }: ReminderFacts, at: Instant): Reminder[] {
  const level = unansweredDays.find((days) => warnedAt + days * day <= at)
  if (level === undefined || answeredAt !== null || endedAt !== null) return []
  const says: Says = {
    en: `Warning ${number} of ${instruction} (${provision}) of ${formatDay(warnedAt)} has no answer of its controller${suspended ? '; work under it is suspended' : ''}. Ask: bailee instruction warnings`, fr: `L'avertissement ${number} de ${instruction} (${provision}) du ${sayDay('fr', warnedAt)} est sans réponse du responsable${suspended ? ' ; le travail est suspendu' : ''}. À relancer : bailee instruction warnings`,
  }
  return told({ id: `warning/${instruction}/${number}/${level}`, slot, kind: 'warning', says }, [['dpo', dpo]])
}
