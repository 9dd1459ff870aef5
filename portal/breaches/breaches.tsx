/** Is any clock running? */
import { useState, type ReactNode } from 'react'
import { useNavigate } from '@tanstack/react-router'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Item } from '../client/shapes.ts'
import { NotCovered } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Empty, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Act } from '../components/act.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useHasRole } from '../shell/session.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { endsOf } from './figures.ts'
import { GiveSample } from './sample.tsx'
import { breachWords } from './words.ts'
import '../components/notice.css'

type Row = Item<'/breaches'>

/** Shows them, those whose controller was not told first. */
export default function Breaches(): ReactNode {
  const [words, format, { controller, cursor, q }] = [useWords(breachWords), useFormat(), useSearchValues()]
  const reading = useRead('/breaches', { query: { controller, cursor, q, limit: 50 } })
  const listing = reading.error === null ? reading.data : undefined
  const untold = listing?.items.filter(({ sentAt }) => sentAt === null) ?? []
  const [due] = untold.flatMap((one) => (one.due === null ? [] : [one.due])).sort()
  const late = untold.filter(({ overdue }) => overdue).length
  const sentence = listing === undefined ? undefined : untold.length === 0 ? (listing.total === 0 ? words.none : words.noneRunning(listing.total, format.number(listing.total))) : words.running(untold.length, format.number(untold.length)) + (due === undefined ? words.noHours : words.due(format.moment(due))) + (late === 0 ? '' : words.overdue(format.number(late)))
  const mayOpen = useHasRole('owner', 'dpo')
  return (
    <Page title={words.title} sentence={sentence} primary={mayOpen ? <OpenBreach /> : undefined} others={<>{mayOpen ? <FromSample /> : null}<Go to={addresses.breachRegister} className="button">{words.register}</Go></>} terminal="bailee breach list" read={reading}>
      <Shown of={reading} error="E2">{(answer) => <div className="stack">
        {answer.total === 0 && q === undefined ? <Empty title={words.emptyTitle}><p>{words.empty}</p></Empty> : <Panel title={words.list}><Table rows={answer.items} total={answer.total} next={answer.next} /></Panel>}
        <Panel title={words.notSeen}><NotCovered><p>{words.notSeenSays} <Go to={addresses.findings}>{words.findings}</Go></p></NotCovered></Panel>
      </div>}</Shown>
    </Page>
  )
}

function Table({ rows, total, next }: { readonly rows: readonly Row[]; readonly total: number; readonly next: string | null }): ReactNode {
  const [words, format] = [useWords(breachWords), useFormat()]
  const people = (figure: Row['people']): ReactNode => {
    if (figure === null) return <span className="muted">{words.notCounted}</span>
    const { low, high } = endsOf(figure)
    return low === null ? <span className="muted">{words.unknown}</span> : format.range(low, high)
  }
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'breach', head: words.breach, cell: ({ id, nature }) => <><Go to={addresses.breach(id)}>{id}</Go><div className="small muted nature">{nature}</div></> }, { name: 'controller', head: words.controller, sort: ({ controller }) => controller.name, cell: ({ controller }) => <Go to={addresses.controller(controller.id)}>{controller.name}</Go> },
    { name: 'aware', head: words.aware, sort: ({ awareAt }) => Date.parse(awareAt), cell: ({ awareAt }) => format.moment(awareAt) }, { name: 'people', head: words.people, numbers: true, cell: (row) => <Go to={addresses.breach(row.id)}>{people(row.people)}</Go> },
    { name: 'clock', head: words.clock, cell: ({ due, sentAt, overdue }) => (sentAt !== null ? words.toldOn(format.day(sentAt)) : due === null ? words.noClock : <>{format.moment(due)}{overdue ? <> <Standing is="invalid" word={words.late} /></> : null}</>) },
    { name: 'told', head: words.told, cell: ({ sentAt }) => (sentAt === null ? <Standing is="pending" word={words.notTold} /> : <Standing is="verified" word={words.toldOn(format.shortDay(sentAt))} />) },
  ]
  return <DataTable caption={words.list} rows={rows} keyOf={({ id }) => id} columns={columns} total={total} next={next} />
}

/** For everybody whose people a sample holds. */
function FromSample(): ReactNode {
  const [words, navigate] = [useWords(breachWords), useNavigate()]
  const [nature, setNature] = useState('')
  return (
    <GiveSample name={words.fromSample} entry="breach.opened" path="/breaches/samples" query={() => ({ nature: nature.trim() })} incomplete={nature.trim() === '' ? words.needText : undefined} onDone={(answer) => { const [id] = (answer as { breaches: string[] }).breaches; if (id !== undefined) void navigate({ to: addresses.breach(id) as never }) }}>
      <label className="form-field"><span>{words.nature}</span><textarea className="field" rows={3} maxLength={2000} value={nature} onChange={(event) => setNature(event.target.value)} /></label>
    </GiveSample>
  )
}

/** From what somebody told; a finding has its own page. */
function OpenBreach(): ReactNode {
  const words = useWords(breachWords)
  const navigate = useNavigate()
  const controllers = useRead('/controllers', { query: { limit: 200 } })
  const [controller, setController] = useState('')
  const [nature, setNature] = useState('')
  return (
    <Act primary name={words.open} entry="breach.opened" path="/breaches" body={() => ({ controller, nature })} incomplete={controller === '' || nature.trim() === '' ? words.needNature : undefined} onDone={(answer) => { const [id] = (answer as { breaches: string[] }).breaches; if (id !== undefined) void navigate({ to: addresses.breach(id) as never }) }}>
      <div className="form">
        <label className="form-field"><span>{words.controller}</span><select className="field" value={controller} onChange={(event) => setController(event.target.value)}><option value="" />{(controllers.data?.items ?? []).map(({ id, name }) => <option key={id} value={id}>{name}</option>)}</select></label>
        <label className="form-field"><span>{words.nature}</span><textarea className="field" rows={3} maxLength={2000} value={nature} onChange={(event) => setNature(event.target.value)} /></label>
      </div>
      <p className="small muted">{words.opening} {words.sampleHow}</p>
    </Act>
  )
}
