import { useParams } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Names, TimeLeft } from '../components/time.tsx'
import { Act } from '../components/act.tsx'
import { Go } from '../shell/go.tsx'
import { useHasRole } from '../shell/session.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { peopleWords } from './words.ts'

type Review = Answer<'/reviews/{id}'>
type Row = Review['grants'][number]

/** Keep or revoke, each? One answers, another confirms. */
export default function ReviewPage(): ReactNode {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const [words, format] = [useWords(peopleWords), useFormat()]
  const review = useRead('/reviews/{id}', { params: { id } })
  const answer = review.error === null && review.data?.id === id ? review.data : undefined
  const waiting = answer?.grants.find((one) => one.answer !== null && one.outcome === null)
  const may = useHasRole('owner', 'dpo')
  return (
    <Page
      title={words.reviewTitle(id)} crumbs={[{ name: words.title, to: addresses.people }, { name: id }]} terminal={`bailee people review show ${id}`} read={review}
      sentence={answer === undefined ? undefined : answer.items === 0 ? words.reviewEmpty : answer.closedAt === null ? words.reviewSentence(format.number(answer.left), format.number(answer.items), format.day(answer.endsAt)) : words.reviewDone(format.number(answer.items), format.day(answer.closedAt))}
      primary={waiting === undefined || !may ? undefined : <Confirmation review={id} row={waiting} primary />}
    >
      <Shown of={review} error="E1">{(shown) => (
        <div className="two-columns">
          <div><Panel><Table review={shown} may={may} /></Panel></div>
          <div>{shown.closedAt === null ? <TimeLeft until={shown.endsAt} note={words.secondPerson} /> : null}<Panel title={words.whose}><Go to={addresses.controller(shown.controller.id)}>{shown.controller.name}</Go></Panel></div>
        </div>
      )}</Shown>
    </Page>
  )
}

function Table({ review, may }: { readonly review: Review; readonly may: boolean }): ReactNode {
  const [words, format] = [useWords(peopleWords), useFormat()]
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'person', head: words.person, sort: ({ person }) => person.name, cell: ({ person, instruction }) => <><Go to={addresses.person(person.id)}>{person.name}</Go><div className="small muted">{words.instruction} <Go to={addresses.instruction(instruction)}>{instruction}</Go></div></> },
    { name: 'grant', head: words.grant, cell: ({ grant }) => <Names>{grant}</Names> }, { name: 'last', head: words.lastUsed, sort: ({ lastUsedAt }) => lastUsedAt ?? '', cell: ({ lastUsedAt }) => (lastUsedAt === null ? <span className="muted">{words.noUseOnRecord}</span> : format.day(lastUsedAt)) },
    { name: 'answer', head: words.answer, cell: (row) => <Answered row={row} /> },
    ...(may && review.closedAt === null ? [{ name: 'act', head: words.next, cell: (row: Row) => (row.outcome !== null ? null : row.answer === null ? <Choice review={review.id} row={row} /> : <Confirmation review={review.id} row={row} />) }] : []),
  ]
  return <DataTable caption={words.reviews} rows={review.grants.toSorted((one, other) => Number(one.outcome !== null) - Number(other.outcome !== null))} keyOf={({ grant }) => grant} columns={columns} />
}

function Answered({ row: { answer, answeredBy, outcome, reason } }: { readonly row: Row }): ReactNode {
  const words = useWords(peopleWords)
  if (outcome !== null) return <>{words.outcomes[outcome]}<div className="small muted">{reason}</div></>
  if (answer === null) return <Standing is="unknown" word={words.notAnswered} />
  return <><Standing is="pending" word={words.toConfirm(words.answers[answer], answeredBy ?? '')} /><div className="small muted">{reason}</div></>
}

/** Both answers ask for a reason first. */
function Choice({ review, row }: { readonly review: string; readonly row: Row }): ReactNode {
  const words = useWords(peopleWords)
  const [reason, setReason] = useState('')
  const one = (answer: 'keep' | 'revoke'): ReactNode => (
    <Act key={answer} name={words[answer]} entry="review.answered" path="/reviews/{id}/answers" params={{ id: review }} body={() => ({ grant: row.grant, answer, reason })} {...(reason.trim() === '' ? { incomplete: words.reasonMissing } : {})}>
      <p><strong>{answer === 'keep' ? words.keepAct(row.grant) : words.revokeAct(row.grant)}</strong></p>
      <label className="form-field">{words.reason}<input className="field" value={reason} onChange={(event) => setReason(event.target.value)} /></label>
      <p className="muted">{words.secondPerson}</p>
    </Act>
  )
  return <div className="row">{one('keep')}{one('revoke')}</div>
}

function Confirmation({ review, row, primary = false }: { readonly review: string; readonly row: Row; readonly primary?: boolean }): ReactNode {
  const words = useWords(peopleWords)
  return (
    <Act name={primary ? words.confirmFirst : words.confirm} entry="review.confirmed" path="/reviews/{id}/confirmations" params={{ id: review }} body={() => ({ grant: row.grant })} primary={primary}>
      <p><strong>{words.confirmAct(row.grant)}</strong></p><p>{row.answer === null ? '' : words.toConfirm(words.answers[row.answer], row.answeredBy ?? '')}. {row.reason}</p>
    </Act>
  )
}
