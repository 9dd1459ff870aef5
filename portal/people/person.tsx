import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { Facts, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Names } from '../components/time.tsx'
import { Act } from '../components/act.tsx'
import { Go } from '../shell/go.tsx'
import { useHasRole } from '../shell/session.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { lapseOf, MayAct } from './people.tsx'
import { peopleWords } from './words.ts'

type Person = Answer<'/people/{id}'>

/** One person: what do they hold? */
export default function PersonPage(): ReactNode {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const words = useWords(peopleWords)
  const person = useRead('/people/{id}', { params: { id } })
  const answer = person.error === null && person.data?.id === id ? person.data : undefined
  const may = useHasRole('owner', 'dpo')
  return (
    <Page
      title={answer?.name ?? id} sentence={useSentence(answer)} crumbs={[{ name: words.title, to: addresses.people }, { name: answer?.name ?? id }]} terminal={`bailee people holds ${id}`} read={person}
      primary={answer?.here === true && may ? <Offboard person={answer} /> : undefined}
    >
      <Shown of={person} error="E2">{(shown) => <div className="two-columns"><div><Grants person={shown} /><Use person={shown} /></div><div><LetsAct person={shown} /><Anomalies person={shown} /></div></div>}</Shown>
    </Page>
  )
}

function useHeld(person: Person | undefined): readonly [grants: string, sessions: string] {
  const [words, format] = [useWords(peopleWords), useFormat()]
  const [grants, sessions] = [person?.grants ?? 0, person?.openSessions ?? 0]
  return [words.grantsCount(format.number(grants), grants === 1), words.sessionsCount(format.number(sessions), sessions === 1)]
}

function useSentence(person: Person | undefined): string | undefined {
  const words = useWords(peopleWords)
  const [grants, sessions] = useHeld(person)
  if (person === undefined) return undefined
  const held = person.grants === 0 && person.openSessions === 0 ? words.holdsNothing : words.holds(grants, sessions)
  const why = [...(person.committedAt === null ? [words.noCommitment] : []), ...person.trainings.filter(({ standing }) => standing === 'invalid').map(({ title }) => words.trainingLapsed(title))]
  return `${held}${person.here && why.length > 0 ? words.stoppedBecause(why.join(words.and)) : ''}`
}

function Offboard({ person }: { readonly person: Person }): ReactNode {
  const words = useWords(peopleWords)
  const [grants, sessions] = useHeld(person)
  return <Act name={words.offboard} entry="people.left" path="/people/{id}/leave" params={{ id: person.id }} body={() => ({ grants: person.grants })} primary><p><strong>{words.offboardAct(person.name)}</strong></p><p>{words.offboardHow(grants, sessions)}</p></Act>
}

function Grants({ person: { grantList } }: { readonly person: Person }): ReactNode {
  const [words, format] = [useWords(peopleWords), useFormat()]
  type Row = Person['grantList'][number]
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'instruction', head: words.instruction, cell: ({ instruction, id }) => <><Go to={addresses.instruction(instruction)}>{instruction}</Go><div className="small muted"><Names>{id}</Names></div></> },
    { name: 'whose', head: words.whose, cell: ({ controller }) => (controller.id === '' ? <Standing is="unknown" word={words.unknownController} /> : <Go to={addresses.controller(controller.id)}>{controller.name}</Go>) },
    { name: 'state', head: words.state, sort: ({ holds }) => Number(!holds), cell: ({ state, holds, until, revokedAt }) => <>{holds ? <Standing is="verified" word={words.holdsNow} /> : words.states[state]}<div className="small muted">{revokedAt === null ? words.until(format.day(until)) : format.day(revokedAt)}</div></> },
    { name: 'approved', head: words.approved, cell: ({ approvedBy, approvedAt }) => (approvedBy === null || approvedAt === null ? '' : words.approvedBy(approvedBy, format.day(approvedAt))) },
  ]
  return <Panel title={words.grants}>{grantList.length === 0 ? <p>{words.noGrants}</p> : <DataTable caption={words.grants} rows={grantList.toSorted((one, other) => Number(other.holds) - Number(one.holds))} keyOf={({ id }) => id} columns={columns} />}</Panel>
}

function Use({ person: { use } }: { readonly person: Person }): ReactNode {
  const [words, format] = [useWords(peopleWords), useFormat()]
  return (
    <Panel title={words.use}>{use.length === 0 ? <p>{words.noUse}</p> : <DataTable caption={words.use} rows={use} keyOf={({ instruction, store }) => `${instruction} ${store}`} columns={[
      { name: 'instruction', head: words.instruction, cell: ({ instruction }) => <Go to={addresses.instruction(instruction)}>{instruction}</Go> }, { name: 'store', head: words.store, cell: ({ store }) => <Names>{store}</Names> },
      { name: 'sessions', head: words.sessions, numbers: true, cell: ({ sessions }) => format.number(sessions) }, { name: 'rows', head: words.rows, numbers: true, cell: ({ rows }) => format.number(rows) }, { name: 'last', head: words.last, cell: ({ last }) => format.day(last) },
    ]} />}</Panel>
  )
}

function LetsAct({ person }: { readonly person: Person }): ReactNode {
  const [words, format] = [useWords(peopleWords), useFormat()]
  return (
    <Panel title={words.may2} aside={<MayAct row={person} loud />}>
      <div className="stack-small">
        <Facts facts={[
          [words.role, person.role], [words.confidentiality, person.committedAt === null ? <Standing key="none" is="invalid" word={words.notCommitted} /> : words.since(format.day(person.committedAt))],
          ...person.trainings.map((one) => [one.title, <span key={one.id}>{one.standing === 'invalid' ? <Standing is="invalid" word={lapseOf(one, words, format)} /> : lapseOf(one, words, format)} <Go to={addresses.training(one.id)} className="small">{words.openTraining}</Go></span>] as const), [words.contact, person.contact],
        ]} />
        <p className="small muted">{words.lapse}</p>
      </div>
    </Panel>
  )
}

function Anomalies({ person: { anomalies } }: { readonly person: Person }): ReactNode {
  const [words, format] = [useWords(peopleWords), useFormat()]
  return <Panel title={words.anomalies}>{anomalies.length === 0 ? <p>{words.noAnomaly}</p> : <ul className="plain">{anomalies.map(({ at, says, instruction, kind }) => <li key={`${at} ${kind} ${instruction}`}><span>{says}</span><span className="small muted">{format.moment(at)}, {instruction}</span></li>)}</ul>}</Panel>
}
