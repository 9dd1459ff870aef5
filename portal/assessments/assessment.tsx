import { useParams } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { Facts, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable } from '../components/table.tsx'
import { Names } from '../components/time.tsx'
import { Act } from '../components/act.tsx'
import { Go } from '../shell/go.tsx'
import { useHasRole } from '../shell/session.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { useSubject } from './assessments.tsx'
import { assessmentsWords } from './words.ts'

type Assessment = Answer<'/assessments/{id}'>

/** One answer of the law: by which rule, from which facts, and whether it would be the same today. */
export default function AssessmentPage(): ReactNode {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const [words, format, subject] = [useWords(assessmentsWords), useFormat(), useSubject()]
  const reading = useRead('/assessments/{id}', { params: { id }, query: { language: format.language } })
  const answer = reading.error === null && reading.data?.id === id ? reading.data : undefined
  const may = useHasRole('owner', 'dpo')
  return (
    <Page
      title={subject(id, answer?.asks)} crumbs={[{ name: words.title, to: addresses.assessments }, { name: id }]} evidence terminal={id.startsWith('A-') ? `bailee register assessment ${id}` : `bailee register assess ${id.split(' ')[0]}`}
      sentence={answer === undefined ? undefined : words.oneSentence(answer.euros === null ? answer.outcome : `${words.range} ${words.euros(format.number(answer.euros.least), format.number(answer.euros.most))}`, answer.article, format.day(answer.at))} read={reading}
      primary={(answer?.recordedAt ?? null) === null || answer === undefined || !may ? undefined : <Reassess assessment={answer} />}
    >
      <Shown of={reading} error="E1">{(shown) => (
        <div className="two-columns">
          <div><Why shown={shown} /><Rests shown={shown} /></div>
          <div><Since shown={shown} /><Amount shown={shown} /><Unconfirmed shown={shown} /><About shown={shown} /></div>
        </div>
      )}</Shown>
    </Page>
  )
}

const Why = ({ shown }: { readonly shown: Assessment }): ReactNode => {
  const words = useWords(assessmentsWords)
  return <Panel title={words.because}><div className="stack"><Facts facts={[[words.rule, shown.rule], [words.article, shown.article]]} /><ul>{shown.reasons.map((reason) => <li key={reason}>{reason}</li>)}</ul>{shown.pending.length === 0 ? null : <div><h3>{words.pending}</h3><ul>{shown.pending.map((one) => <li key={one}>{one}</li>)}</ul></div>}</div></Panel>
}

function Rests({ shown }: { readonly shown: Assessment }): ReactNode {
  const words = useWords(assessmentsWords)
  return (
    <Panel title={words.facts}>
      {shown.facts.length === 0 ? <p className="muted">{words.noFacts}</p> : <DataTable caption={words.facts} rows={shown.facts} keyOf={({ name }) => name} columns={[
        { name: 'fact', head: words.fact, cell: ({ name, says }) => <>{says ?? name}<div className="small muted"><Names>{name}</Names></div></> }, { name: 'value', head: words.value, cell: ({ value }) => value }, { name: 'source', head: words.source, cell: ({ source }) => <span className="muted">{source}</span> },
      ]} />}
    </Panel>
  )
}

function Since({ shown: { since } }: { readonly shown: Assessment }): ReactNode {
  const words = useWords(assessmentsWords)
  if (since === null) return null
  const same = since.is === 'as it was'
  return <Panel title={words.since} {...(same ? {} : { standing: 'unknown' as const })}><div className="stack-small"><p>{same ? words.is[since.is] : <Standing is="unknown" word={words.is[since.is]} />}</p>{since.says.length === 0 ? null : <ul>{since.says.map((one) => <li key={one}>{one}</li>)}</ul>}{since.now === null ? null : <p><strong>{words.now}:</strong> {since.now}</p>}</div></Panel>
}

function Amount({ shown: { euros } }: { readonly shown: Assessment }): ReactNode {
  const [words, format] = [useWords(assessmentsWords), useFormat()]
  if (euros === null) return null
  return <Panel title={words.range}><div className="stack-small"><p className="big numbers">{words.euros(format.number(euros.least), format.number(euros.most))}</p><p className="muted">{words.ceiling(format.number(euros.ceiling))}. {words.notPrediction}</p></div></Panel>
}

function Unconfirmed({ shown: { unconfirmed } }: { readonly shown: Assessment }): ReactNode {
  const words = useWords(assessmentsWords)
  return unconfirmed.length === 0 ? null : <Panel title={words.unconfirmedTitle} standing="unknown"><ul>{unconfirmed.map((one) => <li key={one}>{one}</li>)}</ul></Panel>
}

function About({ shown }: { readonly shown: Assessment }): ReactNode {
  const [words, format] = [useWords(assessmentsWords), useFormat()]
  const facts: readonly (readonly [string, ReactNode] | undefined)[] = [
    [words.whose, shown.controller === null ? words.firm : <Go key="whose" to={addresses.controller(shown.controller.id)}>{shown.controller.name}</Go>], shown.activity === null ? undefined : [words.activity, <Go key="activity" to={addresses.instruction(shown.activity)}>{shown.activity}</Go>],
    shown.recordedAt === null ? undefined : [words.recordedAt, format.moment(shown.recordedAt)], shown.by === null ? undefined : [words.by, <Go key="by" to={addresses.person(shown.by)}>{shown.by}</Go>], shown.replaces === null ? undefined : [words.replaces, <Go key="replaces" to={addresses.assessment(shown.replaces)}>{shown.replaces}</Go>], shown.note === null ? undefined : [words.note, shown.note],
  ]
  return <Panel title={words.about}><Facts facts={facts.filter((one) => one !== undefined)} /></Panel>
}

/** Facts that were stated can be stated anew; what was declared is read again by itself. */
function Reassess({ assessment }: { readonly assessment: Assessment }): ReactNode {
  const words = useWords(assessmentsWords)
  const stated = assessment.facts.filter(({ source }) => !source.startsWith('declared: '))
  const [given, give] = useState<Readonly<Record<string, string>>>({})
  const [source, setSource] = useState('')
  const [note, setNote] = useState('')
  const changed = stated.filter(({ name, value }) => given[name] !== undefined && given[name] !== value)
  const body = (): object => ({ facts: Object.fromEntries(changed.map(({ name }) => [name, { value: given[name], source }])), ...(note === '' ? {} : { note }) })
  return (
    <Act name={words.reassess} entry="assessment.recorded" path="/assessments/{id}/reassess" params={{ id: assessment.id }} body={body} primary {...(changed.length > 0 && source === '' ? { incomplete: words.sourceMissing } : {})}>
      <p className="muted">{words.reassessHow}</p>
      <div className="form">
        {stated.map(({ name, says, value }) => <label key={name} className="form-field">{says ?? name}<input className="field" value={given[name] ?? value} onChange={(event) => give({ ...given, [name]: event.target.value })} /></label>)}
        <label className="form-field">{words.say}<input className="field" value={source} onChange={(event) => setSource(event.target.value)} /></label>
        <label className="form-field">{words.noteField}<textarea className="field" rows={2} value={note} onChange={(event) => setNote(event.target.value)} /></label>
      </div>
    </Act>
  )
}
