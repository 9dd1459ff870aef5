import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Item } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { Empty, Page, Panel, Primary } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues, useSetSearch } from '../shell/search.ts'
import { useHasRole, useSession } from '../shell/session.tsx'
import { useFormat, type Format } from '../words/format.ts'
import { useWords, type Translated } from '../words/index.tsx'
import { scopeWords } from '../components/scopeWords.ts'
import { usePlaces } from './places.ts'
import { UseByInstruction } from './use.tsx'
import { instructionsWords } from './words.ts'
import '../components/scope.css'

type Row = Item<'/instructions'>
export type InstructionsWords = Translated<(typeof instructionsWords)['en']>

const filters = ['all', 'inForce', 'proposed', 'ended', 'withdrawn'] as const
type Filter = (typeof filters)[number]
const queries: Readonly<Record<Filter, Readonly<Record<string, string>>>> = { all: {}, inForce: { inForce: 'true' }, proposed: { state: 'proposed' }, ended: { state: 'superseded' }, withdrawn: { state: 'withdrawn' } }
const isFilter = (text: string | undefined): text is Filter => filters.some((one) => one === text)

/** What are we told to do? Of a controller's own people: what did we allow? */
export default function Instructions(): ReactNode {
  const [words, { q, cursor, controller, show }] = [useWords(instructionsWords), useSearchValues()]
  const isClient = useSession().controller !== null
  const listing = useRead('/instructions', { query: { q, cursor, controller, limit: 50, ...queries[isFilter(show) ? show : 'all'] } })
  const [inForce, waits] = [useRead('/instructions', { query: { controller, inForce: 'true', limit: 1 } }), useRead('/instructions', { query: { controller, state: 'proposed', limit: 1 } })]
  const sentence = useSentence(inForce.data?.total, waits.data?.total, isClient)
  const signs = useHasRole('signatory')
  const first = waits.data?.items[0]?.id
  const [office, places] = [useHasRole('owner', 'dpo'), usePlaces()]
  const primary = signs && first !== undefined ? <Primary to={addresses.clientInstruction(first)}>{words.readFirst(first)}</Primary> : office || signs ? <Primary to={places.write}>{words.write}</Primary> : undefined
  return (
    <Page title={isClient ? words.clientTitle : words.title} sentence={listing.error === null ? sentence : undefined} primary={primary} terminal="bailee instruction list" read={listing}>
      <Panel>
        <Shown of={listing} error={isClient ? 'E3' : 'E2'}>{(answer) => answer.total === 0 && q === undefined && show === undefined ? <Empty title={words.empty}><p>{isClient ? words.clientEmpty : words.emptyHow}</p></Empty> : <Table answer={answer} isClient={isClient} />}</Shown>
      </Panel>
      {listing.data === undefined && listing.error === null ? null : <UseByInstruction controller={controller} /> /* below a list of unknown height it would move */}
    </Page>
  )
}

function useSentence(inForce: number | undefined, waits: number | undefined, isClient: boolean): string | undefined {
  const [words, format] = [useWords(instructionsWords), useFormat()]
  if (inForce === undefined || waits === undefined) return undefined
  const [force, wait] = [[format.number(inForce), inForce === 1], [format.number(waits), waits === 1]] as const
  if (isClient) return words.sentence(inForce === 0 ? words.clientNone : words.clientInForce(...force), waits === 0 ? words.clientNoneWaits : words.clientWaits(...wait))
  return words.sentence(inForce === 0 ? words.noneInForce : words.inForceOf(...force), waits === 0 ? words.noneWaits : words.waitsOf(...wait))
}

/** Which ones: kept in the address. */
function Filters(): ReactNode {
  const [words, { show = 'all' }, set] = [useWords(instructionsWords), useSearchValues(), useSetSearch()]
  return <div className="segments" role="group" aria-label={words.show}>{filters.map((one) => <button key={one} type="button" className="segment" aria-pressed={show === one} onClick={() => set({ show: one === 'all' ? undefined : one })}>{words.filters[one]}</button>)}</div>
}

function Table({ answer, isClient }: { readonly answer: { readonly items: readonly Row[]; readonly total: number; readonly next: string | null }; readonly isClient: boolean }): ReactNode {
  const [words, scope, format] = [useWords(instructionsWords), useWords(scopeWords), useFormat()]
  const to = isClient ? addresses.clientInstruction : addresses.instruction
  const whose: readonly Column<Row>[] = isClient ? [] : [{ name: 'controller', head: words.controller, sort: (row) => row.controller.name, cell: (row) => <Go to={addresses.controller(row.controller.id)}>{row.controller.name}</Go> }]
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'instruction', head: words.instruction, sort: ({ id }) => id, cell: ({ id, text }) => <><Go to={to(id)}>{id}</Go><div className="row-note">{text}</div></> }, ...whose,
    { name: 'allows', head: words.allows, cell: (row) => <>{format.list(row.operations.map((one) => scope.operations[one]))}<div className="small muted">{format.list(row.purposes)}, {format.list(row.environments)}</div></> },
    { name: 'until', head: words.until, sort: ({ until }) => (until === null ? Infinity : Date.parse(until)), cell: ({ until }) => (until === null ? <span className="muted">{words.furtherNotice}</span> : format.day(until)) },
    { name: 'people', head: words.people, numbers: true, sort: ({ grants }) => grants, cell: ({ id, grants }) => <Go to={to(id)}>{format.number(grants)}</Go> },
    { name: 'standing', head: words.state, cell: (row) => <StateOf row={row} /> },
  ]
  return <DataTable caption={words.title} rows={answer.items} keyOf={({ id }) => id} columns={columns} total={answer.total} next={answer.next} filter tools={<Filters />} />
}

/** Where it stands, and since when; of an acceptance, whose key signed. */
export function StateOf({ row, loud = false }: { readonly row: Pick<Row, 'state' | 'inForce' | 'standing' | 'acceptedAt' | 'acceptedWith' | 'endedAt'>; readonly loud?: boolean }): ReactNode {
  const [words, format] = [useWords(instructionsWords), useFormat()]
  if (row.state === 'proposed') return <Standing is="pending" loud={loud} word={words.states.proposed} />
  const note = noteOf(row, words, format)
  if (!row.inForce) return <><span className="standing standing-over">{row.state === 'accepted' ? words.notInForce : row.state === 'withdrawn' && row.acceptedAt === null ? words.refused : words.states[row.state]}</span>{note}</>
  return <><Standing is={row.standing} loud={loud} word={words.inForce} />{note}</>
}

function noteOf({ state, standing, acceptedAt, acceptedWith, endedAt }: Pick<Row, 'state' | 'standing' | 'acceptedAt' | 'acceptedWith' | 'endedAt'>, words: InstructionsWords, format: Format): ReactNode {
  if (endedAt !== null && state !== 'accepted') return <div className="small muted">{words.endedOn(format.day(endedAt))}</div>
  if (acceptedAt === null) return null
  return <div className="small muted">{words.acceptedOn(format.day(acceptedAt))}, {acceptedWith === 'passkey' ? words.keyPasskeyShort : standing === 'verified' ? words.keyOwn : words.keyHere}</div>
}
