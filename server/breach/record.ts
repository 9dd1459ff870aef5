/** The record of all breaches (Art. 33(5) GDPR): facts, effects, remedial action, whom it was told to and when, and why not earlier. Made from what is in the tables, so that it reads the same of a past moment. */
import { allControllers, theProcessor } from '#contract'
import { allDatasets, type Dataset } from '#inventory'
import type { Ledger } from '#ledger'
import type { Instant } from '#kit/time'
import { attributedText } from './notice.ts'
import { allBreaches, noticesOf, sendingsOf, toldAt } from './store.ts'
import type { Breach, BreachNotice, Counted, Sending } from './types.ts'

const hour = 3_600

/** What the record of a breach lacks. `told late, no reason`: later than the contract says, and nobody wrote down why. */
export type BreachLack = 'not attributed' | 'not counted' | 'effects' | 'remedial action' | 'not told' | 'not known whether told' | 'told late, no reason'

/** One breach as the record holds it. Null is *not told*, never *none*. */
export interface BreachRecord {
  readonly id: string
  readonly controller: { readonly id: string; readonly name: string }
  readonly contract: string
  readonly facts: { readonly nature: string; readonly cause: Breach['cause']['kind']; readonly openedBy: string; readonly openedAt: Instant; readonly awareAt: Instant; readonly attribution: Readonly<Record<'en' | 'fr', readonly string[]>>; readonly categories: readonly string[] | null; readonly counts: Counted | null }
  readonly effects: string | null
  readonly remedialAction: string | null
  readonly notices: readonly (Pick<BreachNotice, 'phase' | 'draftedAt' | 'sha256'> & { readonly sendings: readonly Pick<Sending, 'number' | 'channel' | 'outcome' | 'begunAt' | 'settledAt' | 'receipt' | 'sentBy'>[] })[]
  readonly toldAt: Instant | null
  /** From when it was known to when the controller was told. */
  readonly hoursTaken: number | null
  /** What the contract gives; null: it says nothing, or nobody kept what it said. */
  readonly hoursGiven: number | null
  readonly late: boolean
  readonly delay: string | null
  readonly lacks: readonly BreachLack[]
}

export interface BreachRegister { readonly processor: string; readonly asOf: Instant; /** Whose; null: of all. */ readonly controller: string | null; readonly breaches: readonly BreachRecord[] }

/** The record of all breaches, or of those of one controller. */
export async function breachRegister(database: Ledger['database'], { controller }: { readonly controller?: string | undefined }, at: Instant): Promise<BreachRegister> {
  const [names, datasets] = [new Map((await allControllers(database)).map(({ id, name }) => [id, name])), await allDatasets(database)]
  const breaches: BreachRecord[] = []
  for (const breach of (await allBreaches(database)).filter((one) => (controller ?? one.controller) === one.controller)) {
    breaches.push(recordOf({ breach, name: names.get(breach.controller) ?? breach.controller, datasets, notices: await noticesOf(database, breach.id), sendings: await sendingsOf(database, breach.id) }, at))
  }
  return { processor: (await theProcessor(database))?.name ?? '', asOf: at, controller: controller ?? null, breaches }
}

interface Known { readonly breach: Breach; readonly name: string; readonly datasets: readonly Dataset[]; readonly notices: readonly BreachNotice[]; readonly sendings: readonly Sending[] }

/** Pure. */
export function recordOf({ breach, name, datasets, notices, sendings }: Known, at: Instant): BreachRecord {
  const told = toldAt(sendings)
  const hoursGiven = breach.terms?.hours ?? null
  const late = hoursGiven !== null && (told ?? at) > breach.awareAt + hoursGiven * hour
  const one: Omit<BreachRecord, 'lacks'> = {
    id: breach.id, controller: { id: breach.controller, name }, contract: breach.contract,
    facts: {
      nature: breach.nature, cause: breach.cause.kind, openedBy: breach.openedBy, openedAt: breach.openedAt, awareAt: breach.awareAt, categories: categoriesOf(breach, datasets), counts: breach.counts,
      attribution: { en: (breach.attribution ?? []).map((told_) => attributedText('en', told_)), fr: (breach.attribution ?? []).map((told_) => attributedText('fr', told_)) },
    },
    effects: breach.effects, remedialAction: breach.measures, delay: breach.delay,
    notices: notices.map(({ phase, draftedAt, sha256 }) => ({ phase, draftedAt, sha256, sendings: sendings.filter((sending) => sending.phase === phase).map(({ number, channel, outcome, begunAt, settledAt, receipt, sentBy }) => ({ number, channel, outcome, begunAt, settledAt, receipt, sentBy })) })),
    toldAt: told, hoursTaken: told === null ? null : (told - breach.awareAt) / hour, hoursGiven, late,
  }
  return { ...one, lacks: lacksOf(one, breach, sendings) }
}

/** Categories of the data that the sample holds, by its columns; null where nothing of them is known. */
function categoriesOf({ attribution }: Breach, datasets: readonly Dataset[]): string[] | null {
  if (attribution === null || attribution.every(({ columns }) => columns.length === 0)) return null
  const found = attribution.flatMap(({ dataset, columns }) => (datasets.find(({ id }) => id === dataset)?.tables ?? []).flatMap((table) => columns.flatMap((column) => table.columns[column]?.category ?? [])))
  return [...new Set(found)].sort()
}

function lacksOf({ facts, effects, remedialAction, toldAt: told, late, delay }: Omit<BreachRecord, 'lacks'>, { attribution }: Breach, sendings: readonly Sending[]): BreachLack[] {
  const lacks: (BreachLack | false)[] = [
    facts.cause === 'sample' && attribution === null && 'not attributed', facts.counts === null && 'not counted', effects === null && 'effects', remedialAction === null && 'remedial action',
    told === null && (sendings.some(({ outcome }) => outcome === 'begun' || outcome === 'unknown') ? 'not known whether told' : 'not told'), late && delay === null && 'told late, no reason',
  ]
  return lacks.filter((one) => one !== false)
}
