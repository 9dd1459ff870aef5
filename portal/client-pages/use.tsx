/** Who did what with our data, under which instruction? */
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer, Item } from '../client/shapes.ts'
import { Bars } from '../components/bars.tsx'
import { NotCovered } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Empty, Page, Panel, together } from '../components/page.tsx'
import { scopeWords } from '../components/scopeWords.ts'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Names } from '../components/time.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues, useSetSearch } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { clientWords } from './words.ts'
import './client.css'

const views = ['sessions', 'refused', 'transfers', 'activities'] as const
type View = (typeof views)[number]

/** Shows it. */
export default function ClientUse(): ReactNode {
  const [words, format, { controller, show }, set] = [useWords(clientWords), useFormat(), useSearchValues(), useSetSearch()]
  const view: View = views.find((one) => one === show) ?? 'sessions'
  const [use, all] = [useRead('/client/use', { query: { controller, limit: 1 } }), useRead('/instructions/use', { query: { controller } })]
  const refused = use.data?.refused ?? 0
  return (
    <Page
      title={words.useTitle} sentence={use.data === undefined || all.data === undefined ? undefined : sentenceOf(use.data, all.data, words, format)} terminal="bailee gateway sessions" read={together(use, all)}
      primary={refused === 0 || view === 'refused' ? undefined : <button type="button" className="button primary" onClick={() => set({ show: 'refused' })}>{words.seeRefused}</button>}
    >
      <NotCovered><p>{words.useNotSeen}</p>{all.data?.more === true ? <p>{words.useMore}</p> : null}</NotCovered>
      <Charts />
      <Panel>
        <div className="stack-small">
          <div className="segments" role="group" aria-label={words.show}>{views.map((one) => <button key={one} type="button" className="segment" aria-pressed={view === one} onClick={() => set({ show: one === 'sessions' ? undefined : one })}>{words.views[one]}</button>)}</div>
          {view === 'sessions' ? <Sessions /> : view === 'refused' ? <Refused /> : view === 'transfers' ? <Transfers /> : <Activities />}
        </div>
      </Panel>
    </Page>
  )
}

type Words = ReturnType<typeof useWords<typeof clientWords.en>>
function sentenceOf({ refused, refusedMore, watchedSince }: Answer<'/client/use'>, { byPerson, byInstruction }: Answer<'/instructions/use'>, words: Words, format: ReturnType<typeof useFormat>): string {
  const sum = (of: readonly { rows: number; sessions: number }[], key: 'rows' | 'sessions'): number => of.reduce((total, one) => total + one[key], 0)
  const since = watchedSince === null ? '' : words.watched(format.day(watchedSince))
  const tried = refused === 0 ? words.noneRefused : words.wereRefused(refused, format.number(refused), refusedMore)
  if (byPerson.length === 0) return `${words.noUse} ${since} ${tried}`
  return `${words.used(words.peopleCount(byPerson.length, format.number(byPerson.length)), format.number(sum(byPerson, 'rows')), words.sessionsCount(sum(byPerson, 'sessions'), format.number(sum(byPerson, 'sessions'))), words.instructionsCount(byInstruction.length, format.number(byInstruction.length)))} ${since} ${tried}`
}

/** Activity by instruction, rows by person: bars from zero, with the same numbers as tables. */
function Charts(): ReactNode {
  const [words, format, { controller }] = [useWords(clientWords), useFormat(), useSearchValues()]
  const use = useRead('/instructions/use', { query: { controller } })
  const sum = (of: readonly { rows: number }[]): string => format.number(of.reduce((total, { rows }) => total + rows, 0))
  return (
    <Shown of={use} error="E1" rows={4}>{({ byInstruction, byPerson }) => byPerson.length === 0 ? null : (
      <div className="two-columns even">
        <div><Panel title={words.byInstruction}><Bars says={words.rowsSay(sum(byInstruction))} heads={[words.instruction, words.rowsRead, words.bytes, words.sessions]} bars={byInstruction.map(({ instruction, rows, bytes, sessions }) => ({ name: instruction, value: rows, cells: [format.number(rows), format.number(bytes), format.number(sessions)] }))} /></Panel></div>
        <div><Panel title={words.byPerson}><Bars says={words.rowsSay(sum(byPerson))} heads={[words.person, words.rowsRead, words.bytes, words.sessions]} bars={byPerson.map(({ person, rows, bytes, sessions }) => ({ name: person.name, value: rows, cells: [format.number(rows), format.number(bytes), format.number(sessions)] }))} /></Panel></div>
      </div>
    )}</Shown>
  )
}

type Session = Item<'/client/use'>
function Sessions(): ReactNode {
  const [words, format, { controller, cursor }] = [useWords(clientWords), useFormat(), useSearchValues()]
  const reading = useRead('/client/use', { query: { controller, cursor, limit: 50 } })
  const columns: readonly [Column<Session>, ...Column<Session>[]] = [
    { name: 'who', head: words.who, cell: ({ person }) => person.name },
    { name: 'when', head: words.when, cell: ({ from, until }) => <span className="numbers small">{format.moment(from)}{until === null ? <><br /><Standing is="pending" word={words.open} /></> : null}</span> },
    { name: 'under', head: words.instruction, cell: ({ instruction }) => <Go to={addresses.clientInstruction(instruction)}>{instruction}</Go> },
    { name: 'purpose', head: words.purpose, cell: ({ purpose, store }) => <>{purpose}<br /><span className="small muted">{store}</span></> },
    { name: 'rows', head: words.rowsRead, numbers: true, cell: ({ rows, exact }) => (exact ? format.number(rows) : <span title={words.atMost}>{words.upTo(format.number(rows))}</span>) },
    { name: 'bytes', head: words.bytes, numbers: true, cell: ({ bytes }) => format.number(bytes) },
  ]
  return <Shown of={reading} error="E2" rows={8}>{({ items, total, next, watchedSince, more }) => items.length === 0 ? <Empty title={words.noUseTitle}><p>{watchedSince === null ? words.notWatched : words.watched(format.day(watchedSince))}</p></Empty> : <><DataTable caption={words.views.sessions} rows={items} keyOf={({ id }) => id} columns={columns} total={total} next={next} />{more ? <p className="small muted">{words.useMore}</p> : null}</>}</Shown>
}

type Decision = Item<'/decisions'>
function Refused(): ReactNode {
  const [words, scope, format, { controller, cursor }] = [useWords(clientWords), useWords(scopeWords), useFormat(), useSearchValues()]
  const reading = useRead('/decisions', { query: { controller, cursor, outcome: 'refused', limit: 50 } })
  const columns: readonly [Column<Decision>, ...Column<Decision>[]] = [
    { name: 'asked', head: words.asked, cell: ({ id, operation, datasets, readable }) => <Go to={addresses.decision(id)}>{operation === null ? (readable ? words.somethingElse : words.unreadable) : words.asksFor(scope.operations[operation as keyof typeof scope.operations] ?? operation, format.list(datasets))}</Go> },
    { name: 'when', head: words.when, cell: ({ at }) => <span className="numbers small">{format.moment(at)}</span> },
    { name: 'who', head: words.who, cell: ({ person }) => (person === null ? <span className="muted">{words.unknownWho}</span> : person.name) },
    { name: 'for', head: words.purpose, cell: ({ purpose, environment }) => <>{purpose ?? <span className="muted">{words.notSaid}</span>}<br /><span className="small muted">{environment}</span></> },
    { name: 'why', head: words.lacked, cell: ({ failing }) => (failing.length === 0 ? <span className="muted">{words.noInstructionAtAll}</span> : format.list(failing.map((one) => scope.dimensions[one as keyof typeof scope.dimensions] ?? one))) },
  ]
  return <Shown of={reading} error="E2" rows={6}>{({ items, total, more, next }) => items.length === 0 ? <Empty title={words.noneRefusedTitle}><p>{words.noneRefusedSays}</p></Empty> : <><p className="small muted">{words.refusedNormal}</p><DataTable caption={words.views.refused} rows={items} keyOf={({ id }) => id} columns={columns} total={total} more={more} next={next} /></>}</Shown>
}

type Transfer = Item<'/transfers'>
function Transfers(): ReactNode {
  const [words, format, { controller, cursor }] = [useWords(clientWords), useFormat(), useSearchValues()]
  const reading = useRead('/transfers', { query: { controller, cursor, limit: 50 } })
  const columns: readonly [Column<Transfer>, ...Column<Transfer>[]] = [
    { name: 'to', head: words.to, cell: ({ kind, to, country }) => <><strong>{to}</strong><br /><span className="small muted">{words.kinds[kind]}{country === null ? '' : `, ${format.country(country)}`}</span></> },
    { name: 'when', head: words.when, cell: ({ madeAt, begunAt }) => <span className="numbers small">{format.moment(madeAt ?? begunAt)}</span> },
    { name: 'who', head: words.who, cell: ({ person }) => person.name },
    { name: 'under', head: words.instruction, cell: ({ instruction }) => (instruction === null ? <span className="muted">{words.atTheEnd}</span> : <Go to={addresses.clientInstruction(instruction)}>{instruction}</Go>) },
    { name: 'rows', head: words.rows, numbers: true, cell: ({ rows }) => (rows === null ? <span className="muted">{words.unknown}</span> : format.number(rows)) },
    { name: 'standing', head: words.standing, cell: ({ standing, until, erasedAt, overdue }) => <><Standing is={standing} /><div className="small muted">{erasedAt !== null ? words.erasedOn(format.day(erasedAt)) : overdue && until !== null ? words.overdueSince(format.day(until)) : until === null ? '' : words.untilDay(format.day(until))}</div></> },
  ]
  return <Shown of={reading} error="E2" rows={6}>{({ items, total, next }) => items.length === 0 ? <Empty title={words.noTransferTitle}><p>{words.noTransferSays}</p></Empty> : <DataTable caption={words.views.transfers} rows={items} keyOf={({ id }) => id} columns={columns} total={total} next={next} />}</Shown>
}

type Activity = Item<'/activities'>
function Activities(): ReactNode {
  const [words, format, { controller, cursor }] = [useWords(clientWords), useFormat(), useSearchValues()]
  const reading = useRead('/activities', { query: { controller, cursor, limit: 50 } })
  const columns: readonly [Column<Activity>, ...Column<Activity>[]] = [
    { name: 'name', head: words.activity, cell: ({ name, purpose }) => <><Names>{name}</Names><br /><span className="small muted">{purpose}</span></> },
    { name: 'when', head: words.when, cell: ({ endedAt, begunAt }) => <span className="numbers small">{format.moment(endedAt ?? begunAt)}</span> },
    { name: 'who', head: words.who, cell: ({ person }) => person.name },
    { name: 'under', head: words.instruction, cell: ({ instruction }) => <Go to={addresses.clientInstruction(instruction)}>{instruction}</Go> },
    { name: 'made', head: words.made, cell: ({ made }) => (made === null ? <span className="muted">{words.nothingMade}</span> : <><Names>{made.place}</Names><br /><span className="small muted">{made.rows === null ? words.unknown : words.rowsOf(made.rows, format.number(made.rows))}</span></>) },
    { name: 'state', head: words.standing, cell: ({ state, standing, because }) => <><Standing is={state === 'refused' || state === 'failed' ? 'invalid' : standing} word={words.states[state]} />{because === null ? null : <div className="small muted">{because}</div>}</> },
  ]
  return <Shown of={reading} error="E2" rows={6}>{({ items, total, next }) => items.length === 0 ? <Empty title={words.noActivityTitle}><p>{words.noActivitySays}</p></Empty> : <DataTable caption={words.views.activities} rows={items} keyOf={({ id }) => id} columns={columns} total={total} next={next} />}</Shown>
}
