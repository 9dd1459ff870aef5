import { useCallback, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer, Item } from '../client/shapes.ts'
import { Chart, type PlotLibrary } from '../components/chart.tsx'
import { Coverage } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Empty, Page, Panel } from '../components/page.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { sweepsWords } from './words.ts'

type Row = Item<'/sweeps'>
type Listing = Answer<'/sweeps'>

/** Searches and their coverage. */
export default function Sweeps(): ReactNode {
  const [words, format, { cursor }] = [useWords(sweepsWords), useFormat(), useSearchValues()]
  const listing = useRead('/sweeps', { query: { cursor, limit: 50 } })
  const answer = listing.error === null ? listing.data : undefined
  const newest = answer?.newest
  const said = newest === undefined ? undefined : newest.at === null ? words.never : words.sentence(format.number(newest.searched), format.number(newest.stores), format.day(newest.at))
  return (
    <Page title={words.title} sentence={said === undefined ? undefined : answer?.running === true ? `${said} ${words.running}` : said} terminal="bailee trace sweep" read={listing} others={<Go to={addresses.stores} className="button">{words.storesTitle}</Go>}>
      <Shown of={listing} error="E2">{(shown) => shown.total === 0 ? <Panel><Empty title={words.title}><p>{words.neverBody}</p></Empty></Panel> : (
        <div className="stack">
          <Panel title={words.newest}><Coverage parts={{ verified: shown.newest.searched, notSearched: shown.newest.stores - shown.newest.searched }} notSeen={shown.newest.notSeen} means={words.means} /></Panel>
          <OverTime shown={shown} />
          <Panel><Table shown={shown} /></Panel>
        </div>
      )}</Shown>
    </Page>
  )
}

const chartPixels = 180

/** Sweeps drawn: those of one page. */
function OverTime({ shown }: { readonly shown: Listing }): ReactNode {
  const [words, format] = [useWords(sweepsWords), useFormat()]
  const { items } = shown
  const draw = useCallback((plot: PlotLibrary, width: number, number: (value: number) => string) => {
    const bars = items.toReversed().map(({ at, id, searched, stores }, index) => ({ index, name: `${format.shortDay(at)} ${id.slice(-4)}`, searched, left: stores - searched }))
    return plot.plot({
      className: 'plot', width, height: chartPixels, marginLeft: 36, x: { label: null, tickFormat: (index: number) => format.shortDay(items.at(-1 - index)?.at ?? '') }, y: { label: null, grid: true, tickFormat: number, ticks: 4 },
      marks: [plot.barY(bars, { x: 'index', y: 'searched', fill: 'var(--verified)' }), plot.barY(bars, { x: 'index', y1: 'searched', y2: ({ searched, left }: { searched: number; left: number }) => searched + left, fill: 'none', stroke: 'var(--declared-edge)', strokeDasharray: '4 3' }), plot.ruleY([0], { stroke: 'var(--edge-strong)' })],
    })
  }, [items, format])
  if (items.length < 2) return null
  return <Panel title={words.chartHead}><Chart says={words.chart(format.number(items.length))} draw={draw} height={chartPixels} heads={[words.sweep, words.searched, words.leftOut]} rows={items.map(({ id, searched, stores }) => [id, format.number(searched), format.number(stores - searched)])} /></Panel>
}

function Table({ shown }: { readonly shown: Listing }): ReactNode {
  const [words, format] = [useWords(sweepsWords), useFormat()]
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'sweep', head: words.sweep, sort: ({ id }) => id, cell: ({ id }) => <Go to={addresses.sweep(id)}><span className="names">{id}</span></Go> },
    { name: 'at', head: words.at, sort: ({ at }) => at, cell: ({ at }) => format.moment(at) },
    { name: 'purpose', head: words.purpose, sort: ({ purpose }) => purpose, cell: ({ purpose }) => words.purposes(purpose) },
    { name: 'stores', head: words.searched, numbers: true, sort: ({ searched }) => searched, cell: ({ searched, stores }) => words.of(format.number(searched), format.number(stores)) },
    { name: 'places', head: words.places, numbers: true, sort: ({ places }) => places, cell: ({ places }) => format.number(places) },
    { name: 'notSeen', head: words.notSeen, cell: ({ notSeen }) => (notSeen.length === 0 ? words.all : notSeen.map(({ place, why }) => <div key={place} className="small"><strong>{place}</strong>: {why}</div>)) },
  ]
  return <DataTable caption={words.caption} rows={shown.items} keyOf={({ id }) => id} columns={columns} total={shown.total} next={shown.next} />
}
