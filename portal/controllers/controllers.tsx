import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Item } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { Empty, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { controllersWords } from './words.ts'

type Row = Item<'/controllers'>

/** Whom data are held for, and how each stands: exceptions first is the server's order of a page turned by the table. */
export default function Controllers(): ReactNode {
  const [words, format, { q, cursor }] = [useWords(controllersWords), useFormat(), useSearchValues()]
  const listing = useRead('/controllers', { query: { q, cursor, limit: 50 } })
  const found = listing.data?.found ?? 0
  const sentence = listing.data === undefined ? undefined : words.sentence(words.controllers(format.number(listing.data.total), listing.data.total === 1), found === 0 ? words.noFindings : format.number(found))
  return (
    <Page title={words.title} sentence={listing.error === null ? sentence : undefined} terminal="bailee register show --all" read={listing}>
      <Panel>
        <Shown of={listing} error="E2">{(answer) => answer.total === 0 && q === undefined ? <Empty title={words.emptyTitle}><p>{words.empty}</p></Empty> : <Table answer={answer} />}</Shown>
      </Panel>
    </Page>
  )
}

function Table({ answer }: { readonly answer: { items: Row[]; next: string | null; total: number } }): ReactNode {
  const [words, format] = [useWords(controllersWords), useFormat()]
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'name', head: words.name, sort: ({ name }) => name, cell: ({ id, name }) => <Go to={addresses.controller(id)}>{name}</Go> },
    { name: 'country', head: words.country, sort: ({ country }) => country, cell: ({ country }) => format.country(country) },
    { name: 'ends', head: words.ends, sort: ({ nextEnd }) => (nextEnd === null ? Infinity : Date.parse(nextEnd)), cell: ({ nextEnd }) => (nextEnd === null ? words.noEnd : format.day(nextEnd)) },
    { name: 'instructions', head: words.instructions, numbers: true, sort: ({ instructions }) => instructions.inForce, cell: ({ instructions }) => format.number(instructions.inForce) },
    { name: 'proposed', head: words.proposed, numbers: true, sort: ({ instructions }) => instructions.proposed, cell: ({ instructions }) => format.number(instructions.proposed) },
    { name: 'copies', head: words.copies, numbers: true, sort: ({ copies }) => copies, cell: ({ id, copies }) => <Go to={addresses.copiesOf(id)}>{format.number(copies)}</Go> },
    { name: 'findings', head: words.findings, numbers: true, sort: ({ findings }) => findings.open, cell: ({ id, findings }) => <Go to={addresses.findingsOf(id)}>{format.number(findings.open)}</Go> },
    { name: 'standing', head: words.standing, cell: (row) => <><Standing is={row.standing} finding {...(row.standing === 'invalid' ? { word: words.findings } : {})} /><div className="small muted">{searchedIn(row, words, format)}</div></> },
  ]
  return <DataTable caption={words.title} rows={answer.items} keyOf={({ id }) => id} columns={columns} total={answer.total} next={answer.next} filter />
}

function searchedIn({ searched }: Row, words: { never: string; searchedAll: string; unsearched: (count: string, of: string) => string }, format: { number: (value: number) => string }): string {
  if (searched.at === null) return words.never
  return searched.notSeen.length === 0 ? words.searchedAll : words.unsearched(format.number(searched.stores - searched.searched), format.number(searched.stores))
}
