import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer, Item } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { Empty, Page, Panel, Primary } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { assessmentsWords } from './words.ts'

type Row = Item<'/assessments'>

/** Does the law reach us, and how exposed are we? */
export default function Assessments(): ReactNode {
  const [words, format, { cursor }] = [useWords(assessmentsWords), useFormat(), useSearchValues()]
  const listing = useRead('/assessments', { query: { cursor, limit: 50, language: format.language } })
  const answer = listing.error === null ? listing.data : undefined
  const open = answer?.items.filter(({ unconfirmed }) => unconfirmed.length > 0) ?? []
  return (
    <Page
      title={words.title} terminal="bailee register assessments" read={listing}
      sentence={answer === undefined || answer.total === 0 ? undefined : words.sentence(format.number(answer.total), answer.total === 1, open.length === 0 ? words.openNone : words.openSome(format.number(open.length), open.length === 1))}
      primary={open[0] === undefined ? undefined : <Primary to={addresses.assessment(open[0].id)}>{words.openFirst}</Primary>}
    >
      <Shown of={listing} error="E1">{(shown) => <Panel>{shown.total === 0 ? <Empty title={words.emptyTitle}><p>{words.empty}</p></Empty> : <Table shown={shown} />}</Panel>}</Shown>
    </Page>
  )
}

/** What an assessment is about, in words: those that are answered now have no question of their own. */
export function useSubject(): (id: string, asks?: string | null) => string {
  const [words, format] = [useWords(assessmentsWords), useFormat()]
  return (id, asks = null) => asks ?? (id === 'scope' ? words.scope : id.startsWith('transfer ') ? words.transfer(format.country(id.slice(-2))) : id)
}

function Table({ shown }: { readonly shown: Answer<'/assessments'> }): ReactNode {
  const [words, format, subject] = [useWords(assessmentsWords), useFormat(), useSubject()]
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'about', head: words.about, cell: ({ id, asks }) => <><Go to={addresses.assessment(id)}>{subject(id, asks)}</Go><div className="small muted">{asks === null ? words.computed : `${words.recorded}, ${id}`}</div></> },
    { name: 'whose', head: words.whose, sort: ({ controller }) => controller?.name ?? '', cell: ({ controller }) => (controller === null ? <span className="muted">{words.firm}</span> : <Go to={addresses.controller(controller.id)}>{controller.name}</Go>) },
    { name: 'answer', head: words.answer, cell: ({ outcome, euros }) => (euros === null ? outcome : <>{words.euros(format.number(euros.least), format.number(euros.most))}<div className="small muted">{words.range}; {words.ceiling(format.number(euros.ceiling))}</div></>) },
    { name: 'article', head: words.article, sort: ({ article }) => article, cell: ({ article }) => <span className="nowrap">{article}</span> }, { name: 'law', head: words.law, sort: ({ at }) => at, cell: ({ at }) => <span className="numbers">{format.day(at)}</span> },
    { name: 'standing', head: words.standing, sort: ({ unconfirmed }) => -unconfirmed.length, cell: ({ unconfirmed, standing }) => (unconfirmed.length > 0 ? <Standing is="unknown" word={words.unconfirmed} /> : <Standing is={standing} word={words.declared} />) },
  ]
  return <DataTable caption={words.caption} rows={shown.items} keyOf={({ id }) => id} columns={columns} total={shown.total} next={shown.next} />
}
