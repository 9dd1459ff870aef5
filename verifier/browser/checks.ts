// Seven sentences about a record, made of the steps of its check. Pure: what was seen so far goes in, what the page says comes out.
import type { AcceptanceStanding } from '../acceptances.ts'
import type { CertificateHeld } from '../certificate.ts'
import type { Refused } from '../verdict.ts'
import type { Progress } from '../walk.ts'
import type { WholeVerdict } from '../whole.ts'
import type { Language, PageWords } from './words.ts'

export const checkNames = ['whole', 'signed', 'unchanged', 'inTree', 'witnessed', 'opened', 'certificates'] as const
export type CheckName = (typeof checkNames)[number]
export type CheckStanding = 'waiting' | 'running' | 'passed' | 'declared' | 'cannot' | 'failed'

/** One of the seven. `details`: what the verifier said of each of its steps. */
export interface Check { readonly name: CheckName; readonly standing: CheckStanding; readonly says: string; readonly details: readonly { readonly step: string; readonly says: string }[] }

/** What is known so far. */
export interface Looked {
  /** A bundle, or the static files of a log on its server. */
  readonly of: 'bundle' | 'log'
  readonly files: { readonly done: number; readonly of: number; readonly bytes: number }
  /** The last thing that each step reported. */
  readonly steps: ReadonlyMap<string, Progress>
  readonly verdict?: WholeVerdict | undefined
  /** The key that was held against it: kept since a day on which its words were compared, or given just now. Absent: the one inside. */
  readonly key?: { readonly keptAt?: string | undefined } | undefined
  /** Of an earlier visit: how many entries there were, and when. */
  readonly seen?: { readonly entries: number; readonly at: string } | undefined
  /** Whether this browser keeps anything. */
  readonly keeps: boolean
}

const stepsOf: Readonly<Record<CheckName, readonly string[]>> = {
  whole: ['bundle'], signed: ['policy', 'keys', 'root checkpoint'], unchanged: ['seen before', 'old checkpoint'], inTree: ['root log', 'client log', 'client heads', 'common log', 'common heads', 'common size'], witnessed: [],
  opened: ['receipts', 'kept receipts', 'disclosures', 'acceptances', 'sayings'], certificates: ['certificates', 'claims'],
}

const failedIn = ({ because: { step, code } }: Refused): CheckName => (code === 'checkpoint/quorum' ? 'witnessed' : checkNames.find((name) => stepsOf[name].includes(step)) ?? 'whole')

/** The seven, as far as they are known. */
export function checksOf(looked: Looked, words: PageWords, language: Language): Check[] {
  const { verdict } = looked
  const failed = verdict?.outcome === 'refused' ? failedIn(verdict) : undefined
  return checkNames.map((name): Check => {
    const details = stepsOf[name].flatMap((step) => { const last = looked.steps.get(step); return last !== undefined && 'showed' in last ? [{ step, says: last.showed }] : [] })
    if (verdict?.outcome === 'refused' && name === failed) return { name, standing: 'failed', says: `${verdict.because.message} (${verdict.because.code}).`, details }
    const told = tell[name](looked, words, formatOf(language))
    // What is said of a record that does not hold together is worth nothing; what was checked before it broke stays.
    if (failed !== undefined && !['passed', 'declared'].includes(told.standing)) return { name, standing: 'cannot', says: words.notChecked(checkNames.indexOf(failed) + 1), details }
    return { name, ...told, details }
  })
}

interface Told { readonly standing: CheckStanding; readonly says: string }
interface Format { readonly number: (value: number) => string; readonly day: (at: string) => string; readonly bytes: (count: number) => string }

const megabyte = 1_000_000
export function formatOf(language: Language): Format {
  const locale = language === 'fr' ? 'fr-FR' : 'en-GB'
  const number = (value: number): string => value.toLocaleString(locale)
  return {
    number, day: (at) => new Date(at).toLocaleDateString(locale, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }),
    bytes: (count) => (count < megabyte ? `${number(Math.ceil(count / 1_000))} ${language === 'fr' ? 'Ko' : 'kB'}` : `${(count / megabyte).toLocaleString(locale, { maximumFractionDigits: 1 })} ${language === 'fr' ? 'Mo' : 'MB'}`),
  }
}

const waiting: Told = { standing: 'waiting', says: '' }
const isPast = ({ steps }: Looked, step: string): boolean => { const last = steps.get(step); return last !== undefined && 'showed' in last }

const tell: Readonly<Record<CheckName, (looked: Looked, words: PageWords, format: Format) => Told>> = {
  whole: ({ files, steps }, words, { number, bytes }) => (steps.size === 0 ? { standing: 'running', says: words.fetching(number(files.done), number(files.of)) } : { standing: 'passed', says: words.files(number(files.of), bytes(files.bytes)) }),
  signed(looked, words, { day }) {
    if (!isPast(looked, 'root checkpoint')) return looked.steps.size === 0 ? waiting : { standing: 'running', says: '' }
    if (looked.key === undefined) return { standing: 'declared', says: words.keyInside }
    return { standing: 'passed', says: looked.key.keptAt === undefined ? words.keyGiven : words.keyKept(day(looked.key.keptAt)) }
  },
  unchanged({ seen, keeps, steps }, words, { number, day }) {
    const last = steps.get('seen before')
    if (seen === undefined) return { standing: 'cannot', says: keeps ? words.seenNothing : words.seenNoStore }
    if (last === undefined || !('showed' in last)) return waiting
    return last.outcome === 'passed' ? { standing: 'passed', says: words.seenSame(number(seen.entries), day(seen.at)) } : { standing: 'cannot', says: words.seenOlder(number(seen.entries), day(seen.at)) }
  },
  inTree(looked, words, { number }) {
    const { steps, verdict } = looked
    const client = steps.get('client log')
    if (isPast(looked, 'common size')) return { standing: 'passed', says: verdict?.outcome === 'verified' ? words.inTree(number(verdict.facts.entries)) : '' }
    if (client !== undefined && 'read' in client) return { standing: 'running', says: words.read(number(client.read), number(client.of)) }
    return isPast(looked, 'root checkpoint') ? { standing: 'running', says: '' } : waiting
  },
  witnessed({ verdict }, words, { number }) {
    if (verdict?.outcome !== 'verified') return waiting
    const { witnesses, witnessesNamed, independentlyWitnessed } = verdict.facts
    const [count, named] = [number(witnesses.length), number(witnessesNamed)]
    if (independentlyWitnessed) return { standing: 'passed', says: words.cosigned(count, named) }
    return witnessesNamed === 0 ? { standing: 'cannot', says: words.noWitness } : witnesses.length === 0 ? { standing: 'cannot', says: words.noCosigned(named) } : { standing: 'declared', says: words.cosignedInside(count, named) }
  },
  opened({ verdict, of }, words, { number }) {
    if (verdict?.outcome !== 'verified') return waiting
    const { disclosed, commitments, receipts, kept, acceptances, sayings } = verdict.facts
    const [accepted, said] = [contradicted(acceptances), contradicted(sayings)]
    if (accepted + said > 0) return { standing: 'failed', says: [...(accepted > 0 ? [words.acceptancesContradicted(accepted)] : []), ...(said > 0 ? [words.sayingsContradicted(said)] : [])].join(' ') }
    return disclosed === 0 ? { standing: 'cannot', says: of === 'log' ? words.openedLog : words.openedNone } : { standing: 'passed', says: words.opened(number(disclosed), number(commitments), receipts + kept) }
  },
  certificates({ verdict, of }, words) {
    if (verdict?.outcome !== 'verified') return waiting
    const { held, issued } = verdict
    const count = countIn(held)
    if (held.length === 0) return issued === 0 ? { standing: 'passed', says: words.certificatesNone } : { standing: 'cannot', says: of === 'log' ? words.certificatesLog(issued) : words.certificatesMissing(issued) }
    return { standing: count('does not hold') > 0 ? 'failed' : count('not known') > 0 ? 'cannot' : 'passed', says: words.certificatesHeld(count('holds'), held.length) }
  },
}

const contradicted = (shown: readonly { readonly standing: AcceptanceStanding }[] = []): number => shown.filter(({ standing }) => standing === 'contradicted').length
const countIn = (held: readonly CertificateHeld[]) => (is: CertificateHeld['outcome']): number => held.filter(({ outcome }) => outcome === is).length

/** The result: a sentence, never one big tick. */
export function resultOf({ verdict, key }: Looked, words: PageWords): string {
  if (verdict === undefined) return words.checking
  if (verdict.outcome === 'refused') return `${words.refused}${words.colon} ${verdict.because.message}.`
  const { held, facts } = verdict
  const count = countIn(held)
  const [broken, unknown] = [count('does not hold'), count('not known')]
  return `${[
    key === undefined ? words.wholeInside : words.whole,
    ...(contradicted(facts.acceptances) > 0 ? [words.acceptanceBroken] : []), ...(contradicted(facts.sayings) > 0 ? [words.sayingBroken] : []),
    ...(broken > 0 ? [words.certificatesBroken(broken)] : []), ...(unknown > 0 ? [words.certificatesUnknown(unknown)] : []), ...(held.length > 0 && broken + unknown === 0 ? [words.certificatesHold(held.length)] : []),
    facts.independentlyWitnessed ? words.byWitnesses(String(facts.witnesses.length)) : facts.witnesses.length > 0 ? words.byTheirWord : words.byNobody,
  ].join(words.joiner)}.`
}
