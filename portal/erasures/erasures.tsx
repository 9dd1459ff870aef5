/** What must end, by when? Exit cases, the most urgent first, and requests of single people. */
import { useCallback, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Chart, type PlotLibrary } from '../components/chart.tsx'
import { NotCovered } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Empty, Page, Panel, Primary } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { daysBetween } from './places.ts'
import { CertificateMark } from '../components/certificateMark.tsx'
import { erasuresWords } from './words.ts'
import '../components/exit.css'

type Listing = Answer<'/erasures'>
type Case = Listing['items'][number]
type Request = Listing['requests'][number]

/** Shows them. */
export default function Erasures(): ReactNode {
  const [words, format, { controller, cursor, q }] = [useWords(erasuresWords), useFormat(), useSearchValues()]
  const reading = useRead('/erasures', { query: { controller, cursor, q, limit: 50 } })
  const answer = reading.error === null ? reading.data : undefined
  const open = answer?.items.filter(({ state }) => state !== 'certified') ?? []
  const [first, certified] = [open[0], answer?.items[0]]
  return (
    <Page
      title={words.title} sentence={answer === undefined ? undefined : sentenceOf(answer, open, words, format)} terminal="bailee erasure list" read={reading}
      primary={first !== undefined ? <Primary to={addresses.erasure(first.id)}>{words.first}</Primary> : certified !== undefined && certified.certificate !== null ? <Primary to={addresses.certificate(certified.certificate.id)}>{words.certified}</Primary> : undefined}
    >
      <Shown of={reading} error="E2">{(listing) => <div className="stack">
        {listing.total === 0 && q === undefined ? <Nothing /> : <Panel title={words.cases}><Cases listing={listing} /></Panel>}
        <TimeToErase cases={listing.items} />
        <Panel title={words.requests}>{listing.requests.length === 0 ? <p className="muted">{words.noRequests}</p> : <Requests requests={listing.requests} />}</Panel>
        <Panel title={words.notSeen}><NotCovered><p>{words.notSeenSays}</p></NotCovered></Panel>
      </div>}</Shown>
    </Page>
  )
}

function sentenceOf(answer: Listing, open: readonly Case[], words: ReturnType<typeof useWords<(typeof erasuresWords)['en']>>, format: ReturnType<typeof useFormat>): string | undefined {
  const [first, waiting, late] = [open[0], answer.requests.filter(({ closedAt }) => closedAt === null).length, open.filter(({ overdue }) => overdue).length]
  const requests = waiting === 0 ? '' : words.openRequests(waiting, format.number(waiting))
  if (first === undefined) return words.noneOpen(answer.total, format.number(answer.total)) + requests
  return words.open(open.length, format.number(open.length), format.day(first.deadline)) + (late === 0 ? '' : words.overdueOne(late, format.number(late))) + requests
}

/** Where there is none: when the next one comes. */
function Nothing(): ReactNode {
  const [words, format] = [useWords(erasuresWords), useFormat()]
  const controllers = useRead('/controllers', { query: { limit: 200 } })
  const next = (controllers.data?.items ?? []).filter(({ nextEnd }) => nextEnd !== null).sort((one, other) => Date.parse(one.nextEnd ?? '') - Date.parse(other.nextEnd ?? ''))[0]
  return <Empty title={words.emptyTitle}><p>{words.empty}</p>{controllers.data === undefined ? null : <p><strong>{next === undefined || next.nextEnd === null ? words.noEnd : words.nextEnd(next.name, format.day(next.nextEnd))}</strong></p>}</Empty>
}

function Cases({ listing }: { readonly listing: Listing }): ReactNode {
  const [words, format] = [useWords(erasuresWords), useFormat()]
  const columns: readonly [Column<Case>, ...Column<Case>[]] = [
    { name: 'contract', head: words.contract, sort: ({ contract }) => contract, cell: ({ id, contract }) => <Go to={addresses.erasure(id)}>{contract}</Go> },
    { name: 'controller', head: words.controller, sort: ({ controller }) => controller.name, cell: ({ controller }) => <Go to={addresses.controller(controller.id)}>{controller.name}</Go> },
    { name: 'opened', head: words.opened, sort: ({ openedAt }) => Date.parse(openedAt), cell: ({ openedAt }) => format.day(openedAt) },
    { name: 'deadline', head: words.deadline, sort: ({ deadline }) => Date.parse(deadline), cell: ({ deadline, overdue }) => <>{format.day(deadline)}{overdue ? <> <Standing is="invalid" word={words.overdue} /></> : null}</> },
    { name: 'places', head: words.places, numbers: true, cell: ({ id, done, places }) => (places === 0 ? <span className="muted">{words.notPlanned}</span> : <Go to={addresses.erasure(id)}>{words.ofPlaces(format.number(done), format.number(places))}</Go>) },
    { name: 'left', head: words.left, numbers: true, sort: ({ residual }) => residual ?? Infinity, cell: ({ id, residual }) => (residual === null ? <span className="muted">{words.unknown}</span> : <Go to={addresses.erasure(id)}>{format.number(residual)}</Go>) },
    { name: 'standing', head: words.standing, cell: ({ standing, state, certificate }) => <>{certificate === null || state !== 'certified' ? <Standing is={standing} {...(standing === 'pending' ? { word: words.state[state] } : {})} /> : <Go to={addresses.certificate(certificate.id)}><CertificateMark status={certificate.status} /></Go>}</> },
  ]
  return <DataTable caption={words.cases} rows={listing.items} keyOf={({ id }) => id} columns={columns} total={listing.total} next={listing.next} />
}

function Requests({ requests }: { readonly requests: readonly Request[] }): ReactNode {
  const [words, format] = [useWords(erasuresWords), useFormat()]
  const rows = (count: number | null): ReactNode => (count === null ? <span className="muted">{words.unknown}</span> : format.number(count))
  const columns: readonly [Column<Request>, ...Column<Request>[]] = [
    { name: 'request', head: words.request, cell: ({ id }) => <Go to={addresses.request(id)}>{id}</Go> }, { name: 'kind', head: words.kindHead, cell: ({ kind }) => words.kind[kind] }, { name: 'of', head: words.controller, cell: ({ controller }) => <Go to={addresses.controller(controller.id)}>{controller.name}</Go> },
    { name: 'opened', head: words.opened, cell: ({ openedAt }) => format.day(openedAt) }, { name: 'found', head: words.found, numbers: true, cell: ({ found }) => rows(found) }, { name: 'erased', head: words.erased, numbers: true, cell: ({ erased }) => rows(erased) },
    { name: 'residual', head: words.residual, numbers: true, cell: ({ residual }) => rows(residual) }, { name: 'standing', head: words.standing, cell: ({ standing }) => <Standing is={standing} /> },
  ]
  return <DataTable caption={words.requests} rows={requests} keyOf={({ id }) => id} columns={columns} />
}

/** Days from the end of a contract to its certificate, beside those that were allowed. */
function TimeToErase({ cases }: { readonly cases: readonly Case[] }): ReactNode {
  const [words, format] = [useWords(erasuresWords), useFormat()]
  const done = cases.flatMap(({ contract, openedAt, deadline, certificate, state }) => (certificate === null || state !== 'certified' ? [] : [{ contract, taken: daysBetween(openedAt, certificate.issuedAt), allowed: daysBetween(openedAt, deadline) }])).slice(0, 20)
  const [key, height] = [JSON.stringify(done), 42 + done.length * 34]
  const draw = useCallback((plot: PlotLibrary, width: number, number: (value: number) => string) => {
    const rows = JSON.parse(key) as typeof done
    return plot.plot({
      width, height, marginLeft: Math.min(170, width / 3), marginRight: 40, marginTop: 6, marginBottom: 26, className: 'plot', style: { background: 'transparent' },
      x: { domain: [0, Math.max(1, ...rows.map(({ taken, allowed }) => Math.max(taken, allowed)))], label: null, tickFormat: (value: number) => number(value), ticks: 4, tickSize: 0 }, y: { label: null, tickSize: 0, padding: 0.45 },
      marks: [
        plot.ruleX([0], { stroke: 'currentColor', strokeOpacity: 0.35 }), plot.barX(rows, { y: 'contract', x: 'taken', fill: 'var(--ink)' }), plot.tickX(rows, { y: 'contract', x: 'allowed', stroke: 'currentColor', strokeWidth: 2.5 }),
        plot.text(rows, { y: 'contract', x: 'taken', text: ({ taken }: { taken: number }) => number(taken), dx: 6, textAnchor: 'start', fill: 'var(--ink)' }),
      ],
    })
  }, [key, height])
  if (done.length === 0) return null
  return <Panel title={words.timeToErase}><Chart says={words.timeSays(done.length, format.number(done.length))} draw={draw} height={height} heads={[words.contract, words.days, words.allowed]} rows={done.map(({ contract, taken, allowed }) => [contract, format.number(taken), format.number(allowed)])} /></Panel>
}
