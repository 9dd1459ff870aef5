import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer, Item } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { Empty, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Names } from '../components/time.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { movesWords } from './words.ts'

type Row = Item<'/activities'>
type Schedule = Answer<'/activities'>['schedules'][number]

/** What was made of clients' data, under which instruction, and what is due. */
export default function Activities(): ReactNode {
  const [words, format, { cursor, controller }] = [useWords(movesWords), useFormat(), useSearchValues()]
  const listing = useRead('/activities', { query: { cursor, controller, limit: 50 } })
  const answer = listing.error === null ? listing.data : undefined
  const made = answer?.items.filter((one) => one.made !== null).length ?? 0
  return (
    <Page
      title={words.activities} terminal="bailee activity list" read={listing}
      sentence={answer === undefined ? undefined : made === 0 && answer.schedules.every(({ endedAt }) => endedAt !== null) ? `${words.activitiesEmptyTitle}.` : words.activitiesSentence(format.number(made), made === 1, format.number(answer.schedules.filter(({ endedAt }) => endedAt === null).length))}
    >
      <Shown of={listing} error="E2">{(shown) => (
        <div className="stack">
          <Panel>{shown.total === 0 ? <Empty title={words.activitiesEmptyTitle}><p>{words.activitiesEmpty}</p></Empty> : <Table shown={shown} />}</Panel>
          {shown.schedules.length === 0 ? null : <Panel title={words.schedules}><Schedules schedules={shown.schedules} /></Panel>}
        </div>
      )}</Shown>
    </Page>
  )
}

function Table({ shown }: { readonly shown: Answer<'/activities'> }): ReactNode {
  const [words, format] = [useWords(movesWords), useFormat()]
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'what', head: words.what, sort: ({ name }) => name, cell: ({ name, kind, purpose }) => <><Names>{name}</Names><div className="small muted">{kind === 'model' ? words.model : purpose}</div></> },
    { name: 'whose', head: words.whose, sort: ({ controller }) => controller.name, cell: ({ controller }) => <Go to={addresses.controller(controller.id)}>{controller.name}</Go> },
    { name: 'under', head: words.under, sort: ({ instruction }) => instruction, cell: ({ instruction }) => <Go to={addresses.instruction(instruction)}>{instruction}</Go> },
    { name: 'by', head: words.by, sort: ({ person }) => person.name, cell: ({ person }) => <Go to={addresses.person(person.id)}>{person.name}</Go> },
    { name: 'when', head: words.when, sort: ({ begunAt }) => begunAt, cell: ({ begunAt }) => format.moment(begunAt) },
    { name: 'made', head: words.made, cell: ({ made, because }) => (made === null ? (because === null ? words.nothing : words.refusedBecause(because)) : <><Go to={addresses.copy(made.derived)}><Names>{made.place}</Names></Go><div className="small muted">{`${words.from} ${made.from.join(', ')}`}</div></>) },
    { name: 'rows', head: words.rows, numbers: true, sort: ({ made }) => made?.rows ?? -1, cell: ({ made }) => (made === null ? words.nothing : made.rows === null ? words.notCounted : format.number(made.rows)) },
    { name: 'state', head: words.state, sort: ({ state }) => state, cell: ({ state, standing }) => <Standing is={standing} word={words.activityState[state]} /> },
  ]
  return <DataTable caption={words.activities} rows={shown.items} keyOf={({ id }) => id} columns={columns} total={shown.total} next={shown.next} />
}

function Schedules({ schedules }: { readonly schedules: readonly Schedule[] }): ReactNode {
  const [words, format] = [useWords(movesWords), useFormat()]
  return <DataTable caption={words.schedules} rows={schedules} keyOf={({ id }) => id} columns={[
    { name: 'what', head: words.what, cell: ({ name }) => <Names>{name}</Names> }, { name: 'whose', head: words.whose, cell: ({ controller }) => controller.name }, { name: 'under', head: words.under, cell: ({ instruction }) => <Go to={addresses.instruction(instruction)}>{instruction}</Go> },
    { name: 'cron', head: words.cron, cell: ({ cron }) => <Names>{cron}</Names> }, { name: 'zone', head: words.zone, cell: ({ zone }) => zone }, { name: 'keep', head: words.keep, numbers: true, cell: ({ keep }) => (keep === null ? words.keepAll : format.number(keep)) },
    { name: 'missed', head: words.missed, numbers: true, cell: ({ missed }) => format.number(missed) }, { name: 'state', head: words.state, cell: ({ endedAt, because }) => (endedAt === null ? words.due : `${words.ended} ${format.day(endedAt)}${because === null ? '' : `: ${because}`}`) },
  ]} />
}
