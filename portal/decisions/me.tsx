/** The engineer's page: what may I do, and how do I connect? */
import { useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { Empty, Facts, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { decisionsWords } from './words.ts'
import { InWords } from '../components/scope.tsx'
import { Go } from '../shell/go.tsx'
import { useFormat, type Format } from '../words/format.ts'
import { useWords, type Translated } from '../words/index.tsx'
import './decisions.css'
import '../components/scope.css'

type Me = Answer<'/me'>
type Person = NonNullable<Me['person']>
type Words = Translated<(typeof decisionsWords)['en']>

export default function MyAccess(): ReactNode {
  const [words, format] = [useWords(decisionsWords), useFormat()]
  const reading = useRead('/me')
  const shown = reading.error === null ? reading.data : undefined
  const first = shown?.stores[0]
  return (
    <Page title={words.me} sentence={shown === undefined ? undefined : sentenceOf(shown, words, format)} terminal={`bailee people token ${shown?.person?.id ?? 'ID'}`} read={reading}
      primary={first === undefined ? undefined : <Copy text={first.command} primary />}>
      <Shown of={reading} error="E3" rows={8}>{(answer) => answer.person === null ? <Panel><Empty title={words.me}><p>{words.meNobodyHow}</p></Empty></Panel> : <Mine me={answer} person={answer.person} />}</Shown>
    </Page>
  )
}

/** What holds now, and until when. */
function sentenceOf({ person, instructions }: Me, words: Words, format: Format): string {
  if (person === null) return words.meNobody
  const held = new Set(person.grantList.filter(({ holds }) => holds).map(({ instruction }) => instruction))
  const open = person.standing === 'verified' ? instructions.filter(({ id, inForce }) => inForce && held.has(id)) : []
  if (open.length === 0) return words.meNone
  const first = person.grantList.filter(({ holds, instruction }) => holds && open.some(({ id }) => id === instruction)).map(({ until }) => until).sort()[0]
  return words.meSentence(words.instructionsOf(format.number(open.length), open.length === 1), first === undefined ? '' : words.until(format.day(first)))
}

function Mine({ me, person }: { readonly me: Me; readonly person: Person }): ReactNode {
  const words = useWords(decisionsWords)
  return (
    <div className="two-columns">
      <div>
        <InTheWay person={person} />
        <Panel title={words.connect}><Connect me={me} person={person} /></Panel>
        <Panel title={words.grants}><Grants person={person} me={me} /></Panel>
      </div>
      <div>
        <Panel title={words.standing} aside={<Standing is={person.standing} loud={person.standing === 'invalid'} />}><Bound person={person} /></Panel>
        <Panel title={words.used}><Used person={person} /></Panel>
        <Panel title={words.ownActs}><p><Go to={addresses.decisions}>{words.yourActs}</Go></p><p className="muted small">{words.normal}</p></Panel>
      </div>
    </div>
  )
}

/** Everything that stands between this person and data, each in a sentence; nothing when there is nothing. */
function InTheWay({ person }: { readonly person: Person }): ReactNode {
  const [words, format] = [useWords(decisionsWords), useFormat()]
  const blocks = [
    ...(person.here ? [] : [words.left]), ...(person.committedAt === null ? [words.notCommitted] : []), ...person.trainings.filter(({ standing }) => standing === 'invalid').map(({ title }) => words.lapsed(title)),
    ...(person.proposed === 0 ? [] : [words.waitsGrant(format.number(person.proposed), person.proposed === 1)]),
  ]
  return blocks.length === 0 ? null : <Panel title={words.blocks}><ul>{blocks.map((one) => <li key={one}>{one}</li>)}</ul></Panel>
}

function Connect({ me: { stores }, person }: { readonly me: Me; readonly person: Person }): ReactNode {
  const words = useWords(decisionsWords)
  if (stores.length === 0) return <p className="muted">{words.noStore}</p>
  return (
    <div className="stack-small">
      <p>{words.connectHow(`bailee people token ${person.id}`)}</p>
      {stores.map((one) => <div key={`${one.store} ${one.instruction}`} className="connection panel"><p><strong>{one.store}</strong>, {one.environment}, <Go to={addresses.instruction(one.instruction)}>{one.instruction}</Go></p><code>{one.command}</code><p><Copy text={one.command} /></p></div>)}
    </div>
  )
}

function Copy({ text, primary = false }: { readonly text: string; readonly primary?: boolean }): ReactNode {
  const words = useWords(decisionsWords)
  const [copied, setCopied] = useState(false)
  return <button type="button" className={`button${primary ? ' primary' : ''}`} onClick={() => { void navigator.clipboard.writeText(text).then(() => setCopied(true), () => undefined) }}>{copied ? words.copied : words.copyConnection}</button>
}

function Grants({ person, me: { instructions } }: { readonly person: Person; readonly me: Me }): ReactNode {
  const [words, format] = [useWords(decisionsWords), useFormat()]
  type Row = Person['grantList'][number]
  if (person.grantList.length === 0) return <div className="stack-small"><p>{words.noGrant}</p><p><Go to={addresses.instructions}>{words.instruction}</Go></p></div>
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'instruction', head: words.instruction, cell: ({ instruction }) => <><Go to={addresses.instruction(instruction)}>{instruction}</Go></> },
    { name: 'may', head: words.mayText, cell: ({ instruction }) => { const one = instructions.find(({ id }) => id === instruction); return one === undefined ? null : <InWords scope={one} /> } },
    { name: 'until', head: words.grantUntil, sort: ({ until }) => Date.parse(until), cell: ({ until }) => format.day(until) },
    { name: 'state', head: words.state, cell: ({ state, holds }) => (state === 'approved' && !holds ? <span className="muted">{words.over}</span> : words.grantState[state]) },
  ]
  return <DataTable caption={words.grants} rows={person.grantList.toSorted((one, other) => Number(other.holds) - Number(one.holds))} keyOf={({ id }) => id} columns={columns} />
}

function Bound({ person }: { readonly person: Person }): ReactNode {
  const [words, format] = [useWords(decisionsWords), useFormat()]
  return <Facts facts={[
    [words.committed, person.committedAt === null ? words.notSigned : words.committedAt(format.day(person.committedAt))],
    ...person.trainings.map(({ title, lapsesAt, standing }): readonly [string, ReactNode] => [title, <span key={title}><Standing is={standing} word={standing === 'verified' ? words.passed(format.day(lapsesAt ?? '')) : words.missing} /></span>]),
  ]} />
}

function Used({ person }: { readonly person: Person }): ReactNode {
  const [words, format] = [useWords(decisionsWords), useFormat()]
  type Row = Person['use'][number]
  if (person.use.length === 0) return <p className="muted">{words.noUse}</p>
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'instruction', head: words.instruction, cell: ({ instruction, store }) => <><Go to={addresses.instruction(instruction)}>{instruction}</Go><div className="row-note">{store}</div></> }, { name: 'rows', head: words.rows, numbers: true, cell: ({ rows }) => format.number(rows) },
    { name: 'sessions', head: words.sessions, numbers: true, cell: ({ sessions }) => format.number(sessions) }, { name: 'last', head: words.last, cell: ({ last }) => format.shortDay(last) },
  ]
  return <DataTable caption={words.used} rows={person.use} keyOf={({ instruction, store }) => `${instruction} ${store}`} columns={columns} />
}
