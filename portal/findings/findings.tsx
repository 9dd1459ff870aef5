import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer, Item } from '../client/shapes.ts'
import { Coverage } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Empty, Page, Panel, Primary } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues, useSetSearch } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { findingsWords } from './words.ts'

type Row = Item<'/findings'>
type Listing = Answer<'/findings'>

const states = ['open', 'resolved', 'all'] as const

/** What no instruction covers; and, when nothing was found, what that rests on. */
export default function Findings(): ReactNode {
  const [words, format, set, { controller, cursor, state = 'open' }] = [useWords(findingsWords), useFormat(), useSetSearch(), useSearchValues()]
  const listing = useRead('/findings', { query: { controller, cursor, limit: 50, state: state === 'all' ? undefined : state } })
  const answer = listing.error === null ? listing.data : undefined
  const first = answer?.items.find((one) => one.state === 'open')
  return (
    <Page
      title={words.title} terminal="bailee trace findings" read={listing}
      sentence={answer === undefined || state !== 'open' ? undefined : answer.total === 0 && answer.searched.at === null ? `**${words.neverTitle}.** ${words.neverBody}` : words.sentence(format.number(answer.total), answer.total === 1, searchedSaid(answer, words, format))}
      primary={first === undefined ? undefined : <Primary to={addresses.finding(first.id)}>{words.decide}</Primary>} others={<Go to={addresses.sweeps} className="button">{words.sweeps}</Go>}
    >
      <Shown of={listing} error="E3">{(shown) => (
        <div className="stack">
          <Panel title={words.coverage}>{shown.searched.at === null ? <p>{words.neverBody}</p> : <Coverage parts={{ verified: shown.searched.searched, notSearched: shown.searched.stores - shown.searched.searched }} notSeen={shown.searched.notSeen} means={words.means} />}</Panel>
          <Panel>
            <div className="segments" role="group" aria-label={words.state}>{states.map((one) => <button key={one} type="button" className="segment" aria-pressed={state === one} onClick={() => set({ state: one === 'open' ? undefined : one })}>{words.states[one]}</button>)}</div>
            {shown.total === 0 ? <Empty title={shown.searched.at === null ? words.neverTitle : words.emptyTitle}><p>{shown.searched.at === null ? words.neverBody : words.empty}</p></Empty> : <Table shown={shown} />}
          </Panel>
        </div>
      )}</Shown>
    </Page>
  )
}

type Words = ReturnType<typeof useWords<typeof findingsWords.en>>

const searchedSaid = ({ searched: { at, stores, searched } }: Listing, words: Words, format: ReturnType<typeof useFormat>): string => (at === null ? words.never : stores === searched ? words.allSearched : words.unsearched(stores - searched, format.number(stores - searched)))

function Table({ shown }: { readonly shown: Listing }): ReactNode {
  const [words, format] = [useWords(findingsWords), useFormat()]
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'place', head: words.place, sort: ({ place }) => place, cell: ({ id, place }) => <Go to={addresses.finding(id)}><span className="names">{place}</span></Go> },
    { name: 'whose', head: words.whose, sort: ({ controller }) => controller.name, cell: ({ controller }) => <Go to={addresses.controller(controller.id)}>{controller.name}</Go> },
    { name: 'people', head: words.people, numbers: true, sort: ({ people }) => people, cell: ({ people }) => format.number(people) },
    { name: 'rows', head: words.rows, numbers: true, sort: ({ rows }) => rows, cell: ({ rows }) => format.number(rows) },
    { name: 'store', head: words.store, sort: ({ store }) => store, cell: ({ store, environment }) => <>{store}<div className="small muted">{environment}</div></> },
    { name: 'first', head: words.first, sort: ({ firstSeen }) => firstSeen, cell: ({ firstSeen }) => format.day(firstSeen) },
    { name: 'last', head: words.last, sort: ({ lastSeen }) => lastSeen, cell: ({ lastSeen }) => format.day(lastSeen) },
    { name: 'standing', head: words.standing, sort: ({ state }) => state, cell: ({ state }) => (state === 'open' ? <Standing is="invalid" finding word={words.noInstruction} /> : <Standing is="verified" word={words.resolved} />) },
  ]
  return <DataTable caption={words.caption} rows={shown.items} keyOf={({ id }) => id} columns={columns} total={shown.total} next={shown.next} />
}
