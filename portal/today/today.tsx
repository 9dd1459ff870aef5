import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Coverage } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Empty, Facts, Page, Panel, Primary } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useHasRole } from '../shell/session.tsx'
import { hasPage } from '../pages.ts'
import { useFormat, type Format } from '../words/format.ts'
import { useWords, type Translated } from '../words/index.tsx'
import { todayWords } from './words.ts'

type Today = Answer<'/today'>
type Need = Today['items'][number]
type Words = Translated<(typeof todayWords)['en']>

/** The DPO's morning: what needs me, by when? */
export default function TodayPage(): ReactNode {
  const [words, format] = [useWords(todayWords), useFormat()]
  const today = useRead('/today')
  const data = today.error === null || today.data !== undefined ? today.data : undefined
  const first = data?.items[0]
  const to = first === undefined ? undefined : addressOfNeed(first)
  return (
    <Page title={format.weekday(data?.at ?? new Date().toISOString())} sentence={data === undefined ? undefined : sentenceOf(data, words, format)} terminal="bailee doctor" read={today}
      primary={to !== undefined && hasPage(to) ? <Primary to={to}>{words.openFirst}</Primary> : undefined}>
      <Shown of={today} error="E2">{(answer) => <Morning today={answer} />}</Shown>
    </Page>
  )
}

/** One sentence: how many, by when, and what was not searched. */
function sentenceOf({ items, total, searched }: Today, words: Words, format: Format): string {
  const first = items.find(({ due }) => due !== null)
  const when = items.length === 0 ? '' : first === undefined || first.due === null ? words.noTime : first.overdue ? words.firstNow : words.first(format.day(first.due))
  const needs = items.length === 0 ? words.nothing : `${words.needs(format.number(total), total === 1)}${when}.`
  const search = searched.at === null ? words.never : searched.notSeen.length === 0 && searched.searched === searched.stores ? words.searchedAll(format.number(searched.stores)) : words.searched(format.number(searched.searched), format.number(searched.stores))
  return `${needs} ${search}`
}

/** Where something that is needed is done. */
function addressOfNeed({ kind, ids, controller }: Need): string {
  const [id = ''] = ids
  const one = ids.length === 1
  const places: Readonly<Record<Need['kind'], string>> = {
    finding: one ? addresses.finding(id) : addresses.findingsOf(controller?.id ?? ''), proposal: addresses.instruction(id), grant: addresses.people, approval: addresses.approvals, training: addresses.people, copy: addresses.transfers, exit: addresses.erasure(id),
    choice: addresses.contract(id), breach: addresses.breach(id), road: addresses.stores,
  }
  return places[kind]
}

function Morning({ today }: { readonly today: Today }): ReactNode {
  const words = useWords(todayWords)
  return (
    <div className="two-columns">
      <div>
        <Panel title={words.table}>{today.items.length === 0 ? <Empty title={words.emptyTitle}><FirstSteps /></Empty> : <Needs needs={today.items} total={today.total} />}</Panel>
        <Searched searched={today.searched} />
      </div>
      <Beside today={today} />
    </div>
  )
}

/** Nothing waits, and yet nobody can work: what is still missing of the first steps. */
function FirstSteps(): ReactNode {
  const [words, format, begins, { at }] = [useWords(todayWords), useFormat(), useHasRole('owner', 'dpo'), useSearchValues()]
  const { data } = useRead('/start', { always: 'now', when: begins && at === undefined })
  if (data === undefined || data.next === null) return null
  return <p>{words.firstSteps(format.number(data.steps.filter(({ done }) => done).length), format.number(data.steps.length))} <Go to={addresses.start}>{words.goOn}</Go></p>
}

function Needs({ needs, total }: { readonly needs: readonly Need[]; readonly total: number }): ReactNode {
  const [words, format] = [useWords(todayWords), useFormat()]
  const columns: readonly [Column<Need>, ...Column<Need>[]] = [
    { name: 'what', head: words.what, cell: (need) => <Go to={addressOfNeed(need)}>{words.kinds[need.kind](format.number(need.count), need.count === 1)}</Go> },
    { name: 'when', head: words.byWhen, cell: ({ due, overdue, kind }) => due === null ? (kind === 'finding' || kind === 'breach' ? words.now : <span className="muted">{words.noSet}</span>) : overdue ? <strong>{words.late(format.day(due))}</strong> : format.day(due) },
    { name: 'whose', head: words.whose, cell: ({ controller }) => controller === null ? <span className="muted">{words.ours}</span> : <Go to={addresses.controller(controller.id)}>{controller.name}</Go> },
    { name: 'standing', head: words.standing, cell: ({ standing, kind, people, detail }) => <><Standing is={standing} finding={kind === 'finding'} />{people === null && detail === null ? null : <div className="small muted">{people === null ? detail : words.people(format.range(people.atLeast, people.atMost))}</div>}</> },
  ]
  return <DataTable caption={words.table} rows={needs} keyOf={({ kind, ids, controller }) => `${kind} ${controller?.id ?? ''} ${ids.join(' ')}`} columns={columns} total={total} />
}

function Searched({ searched }: { readonly searched: Today['searched'] }): ReactNode {
  const [words, format] = [useWords(todayWords), useFormat()]
  const left = searched.stores - searched.searched
  return (
    <Panel title={words.lastSearch}>
      <Coverage parts={{ verified: searched.searched, notSearched: left }} notSeen={searched.notSeen} {...(left > 0 ? { means: words.means } : {})} />
      <p className="muted small">{searched.at === null ? words.never : words.at(format.moment(searched.at))}</p>
    </Panel>
  )
}

function Beside({ today: { acts, clocks, witnesses } }: { readonly today: Today }): ReactNode {
  const [words, format] = [useWords(todayWords), useFormat()]
  const { nextEnd } = clocks
  return (
    <div>
      <Panel title={words.clocks}>
        <Facts facts={[
          [words.breachClock, <Go key="b" to={addresses.breaches}>{clocks.breaches === 0 ? words.noBreach : words.breaches(format.number(clocks.breaches))}</Go>],
          [words.nextEnd, nextEnd === null ? words.noEnd : <span key="e"><Go to={addresses.contract(nextEnd.contract)}>{format.day(nextEnd.at)}</Go>, {nextEnd.controller.name}</span>],
        ]} />
      </Panel>
      <Panel title={words.acts}><p className="numbers"><Go to={addresses.decisions}>{words.actsOf(format.number(acts.sessions), format.number(acts.rows))}</Go></p></Panel>
      <Panel title={words.witnesses} {...(witnesses.configured === 0 ? { standing: 'unknown' as const } : {})}>
        {witnesses.configured === 0 ? <p>{words.noWitness}</p> : <Facts facts={[[words.witness, <Go key="w" to={addresses.ledger}>{words.someWitness(format.number(witnesses.configured))}</Go>]]} />}
      </Panel>
    </div>
  )
}
