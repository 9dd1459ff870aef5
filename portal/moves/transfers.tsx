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

type Row = Item<'/transfers'>
type Words = ReturnType<typeof useWords<typeof movesWords.en>>

/** What left on purpose: governed copies, disclosures, returns. */
export default function Transfers(): ReactNode {
  const [words, format, { cursor, controller }] = [useWords(movesWords), useFormat(), useSearchValues()]
  const listing = useRead('/transfers', { query: { cursor, controller, limit: 50 } })
  const answer = listing.error === null ? listing.data : undefined
  return (
    <Page
      title={words.transfers} terminal={words.terminalCopy} read={listing}
      sentence={answer === undefined ? undefined : answer.total === 0 ? `${words.transfersEmptyTitle}.` : words.transfersSentence(format.number(answer.total), answer.total === 1, format.number(answer.items.filter(({ overdue }) => overdue).length))}
    >
      <Shown of={listing} error="E2">{(shown) => <Panel>{shown.total === 0 ? <Empty title={words.transfersEmptyTitle}><p>{words.transfersEmpty}</p></Empty> : <Table shown={shown} />}</Panel>}</Shown>
    </Page>
  )
}

function Table({ shown }: { readonly shown: Answer<'/transfers'> }): ReactNode {
  const [words, format] = [useWords(movesWords), useFormat()]
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'transfer', head: words.transfer, sort: ({ id }) => id, cell: ({ id, kind }) => <>{kind === 'copy' ? <Go to={addresses.copy(id)}><Names>{id}</Names></Go> : <Names>{id}</Names>}<div className="small muted">{words.kind[kind]}</div></> },
    { name: 'whose', head: words.whose, sort: ({ controller }) => controller.name, cell: ({ controller }) => <Go to={addresses.controller(controller.id)}>{controller.name}</Go> },
    { name: 'to', head: words.to, sort: ({ to }) => to, cell: ({ from, to, country }) => <>{to}<div className="small muted">{[`${words.from} ${from}`, ...(country === null ? [] : [format.country(country)])].join(', ')}</div></> },
    { name: 'under', head: words.under, sort: ({ instruction }) => instruction ?? '', cell: ({ instruction }) => (instruction === null ? '' : <Go to={addresses.instruction(instruction)}>{instruction}</Go>) },
    { name: 'by', head: words.by, sort: ({ person }) => person.name, cell: ({ person }) => <Go to={addresses.person(person.id)}>{person.name}</Go> },
    { name: 'when', head: words.when, sort: ({ begunAt }) => begunAt, cell: ({ madeAt, begunAt }) => format.day(madeAt ?? begunAt) },
    { name: 'until', head: words.until, sort: ({ until }) => until ?? '', cell: ({ until, erasedAt }) => (erasedAt !== null ? `${words.erased} ${format.day(erasedAt)}` : until === null ? words.noEnd : format.day(until)) },
    { name: 'rows', head: words.rows, numbers: true, sort: ({ rows }) => rows ?? -1, cell: ({ rows }) => (rows === null ? words.notCounted : format.number(rows)) },
    { name: 'receipts', head: words.receipts, cell: ({ receipts }) => (receipts.length === 0 ? words.noReceipt : receipts.map(({ by, says, at }) => <div key={`${by} ${at}`} className="small">{words.said(by, says, format.day(at))}</div>)) },
    { name: 'state', head: words.state, cell: (row) => <><Standing is={row.standing} {...wordOf(row, words)} />{row.label === null ? null : <div className="small muted">{words.label[row.label]}</div>}</> },
  ]
  return <DataTable caption={words.transfers} rows={shown.items} keyOf={({ id }) => id} columns={columns} total={shown.total} next={shown.next} />
}

const wordOf = ({ overdue, standing, state }: Row, words: Words): { word?: string } => (overdue ? { word: words.overdue } : standing === 'declared' ? { word: words.theirWord } : state === 'erased' ? { word: words.erased } : {})
