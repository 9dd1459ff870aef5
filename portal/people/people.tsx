import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer, Item } from '../client/shapes.ts'
import { Bars } from '../components/bars.tsx'
import { Shown } from '../components/failed.tsx'
import { Empty, Page, Panel, Primary } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useHasRole } from '../shell/session.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { peopleWords } from './words.ts'
import '../components/coverage.css'

type Row = Item<'/people'>

/** Who may act, and should they still? */
export default function People(): ReactNode {
  const [words, format, { q, cursor }] = [useWords(peopleWords), useFormat(), useSearchValues()]
  const office = useHasRole('owner', 'dpo', 'auditor')
  const listing = useRead('/people', { query: { q, cursor, limit: 50 } })
  const answer = listing.error === null ? listing.data : undefined
  return (
    <Page title={words.title} sentence={useSentence(answer)} primary={office ? <Due /> : undefined} terminal="bailee people list" read={listing}>
      <div className="two-columns">
        <div><Shown of={listing} error="E2">{(shown) => <Panel>{shown.total === 0 && q === undefined ? <Empty title={words.emptyTitle}><p>{words.empty}</p></Empty> : <Table shown={shown} />}</Panel>}</Shown></div>
        <div>{office ? <Reviews /> : null}<Trainings /></div>
      </div>
      {office && (listing.data !== undefined || listing.error !== null) ? <Use /> : null}
    </Page>
  )

  function useSentence(shown: Answer<'/people'> | undefined): string | undefined {
    if (shown === undefined || shown.total === 0) return undefined
    const here = shown.items.filter((one) => one.here)
    const [may, stopped] = [here.filter(({ standing }) => standing === 'verified').length, here.filter(({ standing }) => standing === 'invalid').length]
    return words.sentence(format.number(may), format.number(here.length), stopped === 0 ? '' : words.stopped(format.number(stopped), stopped === 1))
  }
}

function Due(): ReactNode {
  const words = useWords(peopleWords)
  const reviews = useRead('/reviews', { query: { limit: 50 } })
  const due = reviews.data?.items.find(({ closedAt, left }) => closedAt === null && left > 0)
  return due === undefined ? null : <Primary to={addresses.review(due.id)}>{words.review}</Primary>
}

/** Rows and bytes by person, under all instructions. */
function Use(): ReactNode {
  const [words, format] = [useWords(peopleWords), useFormat()]
  const use = useRead('/instructions/use')
  const heads = [words.name, words.rows, words.bytes, words.sessions]
  return (
    <Panel title={words.useByPerson}>
      <Shown of={use} error="E1" rows={3}>{({ byPerson, more }) => byPerson.length === 0 ? <p className="muted">{words.noUseByPerson}</p> : (
        <div className="two-columns even">
          {(['rows', 'bytes'] as const).map((what) => <div key={what}><h3>{words[what]}</h3><Bars says={words.saysByPerson(format.number(byPerson.reduce((sum, one) => sum + one[what], 0)), what, format.number(byPerson.length), byPerson.length === 1)} heads={heads} bars={byPerson.toSorted((one, other) => other[what] - one[what]).map(({ person, ...one }) => ({ name: person.name, value: one[what], cells: [one.rows, one.bytes, one.sessions].map(format.number) }))} /></div>)}
          <div className="not-seen small"><p>{words.notSeenByPerson}</p>{more ? <p>{words.moreByPerson}</p> : null}</div>
        </div>
      )}</Shown>
    </Panel>
  )
}

function Table({ shown }: { readonly shown: Answer<'/people'> }): ReactNode {
  const [words, format] = [useWords(peopleWords), useFormat()]
  const rank = { invalid: 0, unknown: 1, pending: 2, declared: 3, verified: 4 }
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'name', head: words.name, sort: ({ name }) => name, cell: ({ id, name, role }) => <><Go to={addresses.person(id)}>{name}</Go><div className="small muted">{role}</div></> },
    { name: 'committed', head: words.committed, sort: ({ committedAt }) => committedAt ?? '', cell: ({ committedAt }) => (committedAt === null ? <Standing is="invalid" word={words.notCommitted} /> : words.since(format.day(committedAt))) },
    { name: 'trainings', head: words.trainings, cell: ({ trainings }) => trainings.map((one) => <div key={one.id}><Go to={addresses.training(one.id)}>{one.title}</Go><div className="small muted">{lapseOf(one, words, format)}</div></div>) },
    { name: 'grants', head: words.grants, numbers: true, sort: ({ grants }) => grants, cell: ({ id, grants }) => <Go to={addresses.person(id)}>{format.number(grants)}</Go> },
    { name: 'standing', head: words.standing, sort: ({ standing }) => rank[standing], cell: (row) => <MayAct row={row} /> },
  ]
  return <DataTable caption={words.caption} rows={shown.items} keyOf={({ id }) => id} columns={columns} total={shown.total} next={shown.next} filter />
}

type Words = ReturnType<typeof useWords<typeof peopleWords.en>>

/** Until when a training counts, or since when it does not. */
export const lapseOf = ({ passedAt, lapsesAt, standing }: Row['trainings'][number], words: Words, format: ReturnType<typeof useFormat>): string => (passedAt === null || lapsesAt === null ? words.never : standing === 'verified' ? words.until(format.day(lapsesAt)) : words.lapsed(format.day(lapsesAt)))

/** Whether somebody may act, as a mark. */
export function MayAct({ row, loud = false }: { readonly row: Pick<Row, 'here' | 'leftAt' | 'standing'>; readonly loud?: boolean }): ReactNode {
  const [words, format] = [useWords(peopleWords), useFormat()]
  if (!row.here) return <span className="muted">{row.leftAt === null ? words.gone : words.left(format.day(row.leftAt))}</span>
  return <Standing is={row.standing} loud={loud} word={row.standing === 'verified' ? words.may : row.standing === 'pending' ? words.noGrant : words.stoppedWord} />
}

function Reviews(): ReactNode {
  const [words, format] = [useWords(peopleWords), useFormat()]
  const reviews = useRead('/reviews', { query: { limit: 10 } })
  return (
    <Shown of={reviews} error="E1" rows={2}>{(shown) => (
      <Panel title={words.reviews}>
        {shown.items.length === 0 ? <p>{words.noReview}</p> : <ul className="plain">{shown.items.map(({ id, controller, closedAt, endsAt, left, items }) => <li key={id}><span><Go to={addresses.review(id)}>{id}</Go> <span className="muted">{controller.name}</span></span><span className="small muted">{closedAt === null ? `${words.reviewLine(format.number(left), format.number(items))}, ${words.ends(format.day(endsAt))}` : words.closed(format.day(closedAt))}</span></li>)}</ul>}
      </Panel>
    )}</Shown>
  )
}

function Trainings(): ReactNode {
  const [words, format] = [useWords(peopleWords), useFormat()]
  const trainings = useRead('/trainings', { query: { limit: 50 } })
  return (
    <Shown of={trainings} error="E1" rows={2}>{(shown) => (
      <Panel title={words.trainings}>
        {shown.items.length === 0 ? <p>{words.noTraining}</p> : <ul className="plain">{shown.items.map(({ id, title, passed, required, validMonths }) => <li key={id}><Go to={addresses.training(id)}>{title}</Go><span className="small muted">{words.trainingLine(format.number(passed), format.number(required))}, {words.everyMonths(format.number(validMonths))}</span></li>)}</ul>}
      </Panel>
    )}</Shown>
  )
}
