import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Coverage } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Go } from '../shell/go.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { sweepsWords } from './words.ts'

type Sweep = Answer<'/sweeps/{id}'>
type Store = Sweep['coverage'][number]

/** One search: what it read, what it did not, and what it found first. */
export default function SweepPage(): ReactNode {
  const { id } = useParams({ strict: false }) as { id: string }
  const [words, format] = [useWords(sweepsWords), useFormat()]
  const sweep = useRead('/sweeps/{id}', { params: { id } })
  const answer = sweep.error === null ? sweep.data : undefined
  return (
    <Page
      title={words.one(id)} crumbs={[{ name: words.title, to: addresses.sweeps }, { name: id }]} terminal="bailee trace findings" read={sweep} evidence
      sentence={answer === undefined ? undefined : words.oneSentence(format.moment(answer.at), format.number(answer.searched), format.number(answer.stores), format.number(answer.found.length))}
    >
      <Shown of={sweep} error="E3">{(shown) => (
        <div className="stack">
          <Panel title={words.stores}><Coverage parts={{ verified: shown.searched, notSearched: shown.stores - shown.searched }} notSeen={shown.notSeen} means={words.means} /></Panel>
          <Panel title={words.coverage}><DataTable caption={words.coverage} rows={shown.coverage} keyOf={({ store }) => store} columns={storeColumns(words, format)} /></Panel>
          <Panel title={words.found}>{shown.found.length === 0 ? <p>{words.nothing}</p> : <DataTable caption={words.found} rows={shown.found} keyOf={(one) => one.id} columns={[
            { name: 'place', head: words.place, cell: ({ id: finding, place }) => <Go to={addresses.finding(finding)}><span className="names">{place}</span></Go> }, { name: 'whose', head: words.whose, cell: ({ controller }) => controller.name },
            { name: 'store', head: words.store, cell: ({ store }) => store }, { name: 'people', head: words.people, numbers: true, cell: ({ people }) => format.number(people) },
          ]} />}</Panel>
        </div>
      )}</Shown>
    </Page>
  )
}

/** What is withheld is said to be: an empty cell would read as none. */
function storeColumns(words: ReturnType<typeof useWords<typeof sweepsWords.en>>, format: ReturnType<typeof useFormat>): readonly [Column<Store>, ...Column<Store>[]] {
  const count = (value: number | null): string => (value === null ? words.unknown : format.number(value))
  return [
    { name: 'store', head: words.store, sort: ({ store }) => store, cell: ({ store }) => store }, { name: 'environment', head: words.environment, sort: ({ environment }) => environment, cell: ({ environment }) => environment }, { name: 'kind', head: words.kind, cell: ({ kind }) => kind },
    { name: 'places', head: words.places, numbers: true, sort: ({ places }) => places, cell: ({ places }) => format.number(places) }, { name: 'rows', head: words.rows, numbers: true, sort: ({ rows }) => rows ?? -1, cell: ({ rows, withheld }) => withheld ?? count(rows) }, { name: 'bytes', head: words.bytes, numbers: true, sort: ({ bytes }) => bytes ?? -1, cell: ({ bytes, withheld }) => withheld ?? count(bytes) },
    { name: 'standing', head: words.standing, cell: ({ standing, notSeen }) => <><Standing is={standing} />{notSeen.map(({ place, why }) => <div key={place} className="small">{place}: {why}</div>)}</> },
  ]
}
