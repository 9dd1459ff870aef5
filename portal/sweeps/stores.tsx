import type { ReactNode } from 'react'
import { useRead } from '../client/read.ts'
import type { Answer, Item } from '../client/shapes.ts'
import { NotSeen } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Empty, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Names } from '../components/time.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { sweepsWords } from './words.ts'

type Row = Item<'/stores'>
type Listing = Answer<'/stores'>

/** The inventory: what is declared, what was seen of it, and which roads lead around the gateway. */
export default function Stores(): ReactNode {
  const [words, format, { cursor }] = [useWords(sweepsWords), useFormat(), useSearchValues()]
  const listing = useRead('/stores', { query: { cursor, limit: 50 } })
  const answer = listing.error === null ? listing.data : undefined
  const open = answer?.items.reduce((sum, { roads }) => sum + roads.open, 0) ?? 0
  return (
    <Page
      title={words.storesTitle} terminal="bailee gateway roads" read={listing}
      sentence={answer === undefined ? undefined : words.storesSentence(format.number(answer.total), format.number(answer.items.filter(({ standing }) => standing === 'verified').length), format.number(open))}
    >
      <Shown of={listing} error="E2">{(shown) => shown.total === 0 ? <Panel><Empty title={words.storesEmptyTitle}><p>{words.storesEmpty}</p></Empty></Panel> : (
        <div className="stack"><NotSeen places={shown.items.flatMap(({ notSeen }) => notSeen)} means={words.means} /><Panel><Table shown={shown} /></Panel><Roads shown={shown} /></div>
      )}</Shown>
    </Page>
  )
}

const backupsOf = ({ backups }: Row, words: ReturnType<typeof useWords<typeof sweepsWords.en>>, format: ReturnType<typeof useFormat>): string => (typeof backups === 'string' ? words.backupsSaid[backups] : words.backupDays(format.days(backups.expireAfterDays)))

function Table({ shown }: { readonly shown: Listing }): ReactNode {
  const [words, format] = [useWords(sweepsWords), useFormat()]
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'store', head: words.store, sort: ({ id }) => id, cell: ({ id }) => id }, { name: 'kind', head: words.kind, sort: ({ kind }) => kind, cell: ({ kind }) => kind },
    { name: 'environment', head: words.environment, sort: ({ environment }) => environment, cell: ({ environment, country, class: kind }) => <>{environment}<div className="small muted">{[kind === 'production' ? words.production : words.nonProduction, ...(country === null ? [] : [format.country(country)])].join(', ')}</div></> },
    { name: 'datasets', head: words.datasets, numbers: true, sort: ({ datasets }) => datasets.length, cell: ({ datasets }) => format.number(datasets.length) }, { name: 'copies', head: words.copies, numbers: true, sort: ({ copies }) => copies, cell: ({ copies }) => format.number(copies) },
    { name: 'findings', head: words.findings, numbers: true, sort: ({ findings }) => findings, cell: ({ findings }) => format.number(findings) }, { name: 'backups', head: words.backups, cell: (row) => backupsOf(row, words, format) },
    { name: 'searched', head: words.searchedAt, sort: ({ searchedAt }) => searchedAt ?? '', cell: ({ searchedAt }) => (searchedAt === null ? words.neverSearched : format.day(searchedAt)) }, { name: 'standing', head: words.standing, cell: ({ standing }) => <Standing is={standing} /> },
  ]
  return <DataTable caption={words.storesTitle} rows={shown.items} keyOf={({ id }) => id} columns={columns} total={shown.total} next={shown.next} />
}

function Roads({ shown }: { readonly shown: Listing }): ReactNode {
  const [words, format] = [useWords(sweepsWords), useFormat()]
  const roads = shown.items.flatMap(({ id, roads: { list } }) => list.map((road) => ({ ...road, store: id }))).toSorted((one, other) => Number(one.state === 'declared') - Number(other.state === 'declared'))
  return (
    <Panel title={words.roads}>{roads.length === 0 ? <p>{words.noRoads}</p> : <DataTable caption={words.roads} rows={roads} keyOf={({ store, kind, name }) => `${store} ${kind} ${name}`} columns={[
      { name: 'road', head: words.road, cell: ({ name }) => <Names>{name}</Names> }, { name: 'store', head: words.store, cell: ({ store }) => store }, { name: 'roadKind', head: words.roadKind, cell: ({ kind }) => kind }, { name: 'says', head: words.says, cell: ({ says }) => says },
      { name: 'since', head: words.since, cell: ({ since }) => format.day(since) }, { name: 'fix', head: words.fix, cell: ({ fix, because }) => because ?? fix ?? '' }, { name: 'state', head: words.standing, cell: ({ state }) => <Standing is={state === 'open' ? 'invalid' : 'declared'} finding word={words.state[state]} /> },
    ]} />}</Panel>
  )
}
