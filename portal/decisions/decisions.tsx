import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Item } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { Empty, Page, Panel } from '../components/page.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { scopeWords } from '../components/scopeWords.ts'
import { Go } from '../shell/go.tsx'
import { useSearchValues, useSetSearch } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { Outcome } from './outcome.tsx'
import { decisionsWords } from './words.ts'
import '../components/coverage.css'
import '../components/scope.css'

type Row = Item<'/decisions'>
const filters = ['all', 'refused', 'allowed'] as const

/** Acts that were asked for: what was tried, and under what? The list is by act, not by person. */
export default function Decisions(): ReactNode {
  const [words, format, { cursor, controller, show }, set] = [useWords(decisionsWords), useFormat(), useSearchValues(), useSetSearch()]
  const outcome = show === 'refused' || show === 'allowed' ? show : undefined
  const listing = useRead('/decisions', { query: { cursor, controller, outcome, limit: 50 } })
  const [all, refused] = [useRead('/decisions', { query: { controller, limit: 1 } }), useRead('/decisions', { query: { controller, outcome: 'refused', limit: 1 } })]
  const sentence = all.data === undefined || refused.data === undefined ? undefined : all.data.total === 0 ? words.nobodyAsked : words.sentence(words.acts(format.number(all.data.total), all.data.total === 1, all.data.more), refused.data.total === 0 ? words.noneRefused : words.refusedOf(format.number(refused.data.total), refused.data.total === 1, refused.data.more))
  return (
    <Page title={words.title} sentence={listing.error === null ? sentence : undefined} terminal="bailee decision explain --act act.json" read={listing}
      primary={show === 'refused' || refused.data?.total === 0 ? undefined : <button type="button" className="button primary" onClick={() => set({ show: 'refused' })}>{words.seeRefused}</button>}>
      <div className="not-seen"><p>{words.notSeen}</p></div>
      <Panel>
        <Shown of={listing} error="E2" rows={12}>{(answer) => answer.total === 0 && show === undefined ? <Empty title={words.empty}><p>{words.emptyHow}</p><p><Go to={addresses.me}>{words.me}</Go></p></Empty> : <Table answer={answer} />}</Shown>
      </Panel>
      <p className="muted small">{words.normal}</p>
    </Page>
  )
}

function Filters(): ReactNode {
  const [words, { show = 'all' }, set] = [useWords(decisionsWords), useSearchValues(), useSetSearch()]
  return <div className="segments" role="group" aria-label={words.show}>{filters.map((one) => <button key={one} type="button" className="segment" aria-pressed={show === one} onClick={() => set({ show: one === 'all' ? undefined : one })}>{words.filters[one]}</button>)}</div>
}

function Table({ answer }: { readonly answer: { readonly items: readonly Row[]; readonly total: number; readonly more: boolean; readonly next: string | null } }): ReactNode {
  const [words, scope, format] = [useWords(decisionsWords), useWords(scopeWords), useFormat()]
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'asked', head: words.asked, cell: (row) => <><Go to={addresses.decision(row.id)}>{row.operation === null ? (row.readable ? words.nothing : words.unreadable) : words.asksFor(scope.operations[row.operation as keyof typeof scope.operations], format.list(row.datasets))}</Go>{row.purpose === null ? null : <div className="row-note">{row.purpose}{row.environment === null ? '' : `, ${row.environment}`}</div>}</> },
    { name: 'when', head: words.when, cell: ({ at }) => <span className="numbers">{format.moment(at)}</span> },
    { name: 'who', head: words.who, cell: ({ person }) => (person === null ? <span className="muted">{words.unknownWho}</span> : person.name) },
    { name: 'whose', head: words.whose, cell: ({ controller }) => (controller === null ? <span className="muted">{words.ofWhom}</span> : <Go to={addresses.controller(controller.id)}>{controller.name}</Go>) },
    { name: 'outcome', head: words.outcome, cell: (row) => <><Outcome is={row.outcome} />{row.outcome === 'refused' && row.failing.length > 0 ? <div className="small muted">{words.failing(format.list(row.failing.map((one) => scope.dimensions[one as keyof typeof scope.dimensions] ?? one)))}</div> : null}</> },
    { name: 'under', head: words.underHead, cell: ({ under }) => (under.length === 0 ? <span className="muted">{words.noClaim}</span> : <>{under.map((id, index) => <span key={id}>{index === 0 ? '' : ', '}<Go to={addresses.instruction(id)}>{id}</Go></span>)}</>) },
  ]
  return <DataTable caption={words.title} rows={answer.items} keyOf={({ id }) => id} columns={columns} total={answer.total} more={answer.more} next={answer.next} tools={<Filters />} />
}
