import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { NearPanel } from '../components/near.tsx'
import { Facts, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable } from '../components/table.tsx'
import { Names } from '../components/time.tsx'
import { Go } from '../shell/go.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { findingsWords } from './words.ts'
import './findings.css'

type Finding = Answer<'/findings/{id}'>

/** One finding: what it is, why it counts, and what can be done. */
export default function FindingPage(): ReactNode {
  const { id } = useParams({ strict: false }) as { id: string }
  const [words, format] = [useWords(findingsWords), useFormat()]
  const finding = useRead('/findings/{id}', { params: { id } })
  const answer = finding.error === null ? finding.data : undefined
  return (
    <Page
      title={answer?.place ?? id} terminal={`bailee trace finding ${id}`} read={finding} evidence
      crumbs={[{ name: words.crumb, to: addresses.findings }, ...(answer === undefined ? [] : [{ name: answer.place }])]}
      sentence={answer === undefined ? undefined : (answer.state === 'open' ? words.holds : words.gone)(format.number(answer.people), answer.controller.name)}
      others={answer === undefined ? undefined : <Go to={addresses.copiesOf(answer.controller.id)} search={{ copy: answer.id }} className="button">{words.onMap}</Go>}
    >
      <Shown of={finding} error="E3">{(shown) => (
        <div className="columns-two">
          <div className="stack"><What finding={shown} /><Columns finding={shown} /><Parts finding={shown} /></div>
          <div className="stack">{shown.state === 'open' ? <Roads finding={shown} /> : null}<Why finding={shown} /><NearPanel near={shown.near} /></div>
        </div>
      )}</Shown>
    </Page>
  )
}

function What({ finding }: { readonly finding: Finding }): ReactNode {
  const [words, format] = [useWords(findingsWords), useFormat()]
  const facts: readonly (readonly [string, ReactNode] | undefined)[] = [
    [words.whose, <Go key="whose" to={addresses.controller(finding.controller.id)}>{finding.controller.name}</Go>], [words.people, format.number(finding.people)],
    finding.share === null || finding.share === 0 ? undefined : [words.share, words.shareOf(format.number(finding.people), format.number(Math.round(finding.people / finding.share)))],
    [words.rows, format.number(finding.rows)], [words.store, `${finding.store}, ${finding.environment}`], finding.others > 0 ? [words.also, finding.beside.length > 0 ? format.list(finding.beside) : words.others(finding.others)] : undefined,
    finding.datasets.length === 0 ? undefined : [words.datasets, <Names key="datasets">{finding.datasets.join(', ')}</Names>], [words.first, format.moment(finding.firstSeen)], [words.last, format.moment(finding.lastSeen)],
    finding.breaches.length === 0 ? undefined : [words.breaches, <Links key="breaches" ids={finding.breaches} to={addresses.breach} />], finding.erasures.length === 0 ? undefined : [words.exits, <Links key="exits" ids={finding.erasures} to={addresses.erasure} />],
    [words.entry, <Names key="entry">{format.number(finding.entry)}</Names>],
  ]
  return <Panel title={words.what}><div className="stack"><div className="row">{finding.state === 'open' ? <><Standing is="invalid" loud word={words.noInstruction} /><Standing is="verified" loud word={words.seen} /></> : <Standing is="verified" loud word={words.resolved} />}</div><Facts facts={facts.filter((fact) => fact !== undefined)} /></div></Panel>
}

const Links = ({ ids, to }: { readonly ids: readonly string[]; readonly to: (id: string) => string }): ReactNode => ids.map((id) => <Go key={id} to={to(id)}>{id} </Go>)

function Columns({ finding }: { readonly finding: Finding }): ReactNode {
  const [words, format] = [useWords(findingsWords), useFormat()]
  if (finding.columns.length === 0) return null
  return (
    <Panel title={words.columns}>
      <DataTable caption={words.columns} rows={finding.columns} keyOf={({ field, is, form }) => `${field} ${is} ${form}`} columns={[
        { name: 'column', head: words.column, cell: ({ name, field }) => (name === null ? words.unnamed(format.number(field)) : <Names>{name}</Names>) }, { name: 'is', head: words.is, cell: ({ is }) => <Names>{is}</Names> },
        { name: 'form', head: words.form, cell: ({ form }) => form ?? words.inClear }, { name: 'values', head: words.values, numbers: true, cell: ({ values }) => format.number(values) },
      ]} />
    </Panel>
  )
}

function Parts({ finding }: { readonly finding: Finding }): ReactNode {
  const [words, format] = [useWords(findingsWords), useFormat()]
  if (finding.parts.length < 2) return null
  return (
    <Panel title={words.parts}>
      <DataTable caption={words.parts} rows={finding.parts} keyOf={({ name, kind }) => `${name} ${kind}`} columns={[
        { name: 'part', head: words.part, cell: ({ name }) => <Names>{name}</Names> }, { name: 'kind', head: words.kind, cell: ({ kind }) => kind },
        { name: 'people', head: words.people, numbers: true, cell: ({ people }) => format.number(people) }, { name: 'rows', head: words.rows, numbers: true, cell: ({ rows }) => format.number(rows) },
      ]} />
    </Panel>
  )
}

function Roads({ finding }: { readonly finding: Finding }): ReactNode {
  const words = useWords(findingsWords)
  return (
    <Panel title={words.next} standing="invalid">
      <p className="muted small">{words.roads}</p>
      <ol className="roads">
        <li><strong>{words.erase}</strong><p>{words.eraseHow}</p><code>{`bailee trace sweep --store ${finding.store}`}</code></li>
        <li><strong><Go to={addresses.newInstruction} search={{ controller: finding.controller.id, environment: finding.environment }}>{words.cover}</Go></strong><p>{words.coverHow}</p></li>
        <li><strong><Go to={addresses.breaches} search={{ finding: finding.id }}>{words.breach}</Go></strong><p>{words.breachHow}</p><code>{`bailee breach open --finding ${finding.id} --nature "what happened" --as ID`}</code></li>
      </ol>
    </Panel>
  )
}

function Why({ finding }: { readonly finding: Finding }): ReactNode {
  const [words, format] = [useWords(findingsWords), useFormat()]
  const { made } = finding
  const when = (name: string, at: string | null): readonly [string, ReactNode] | undefined => (at === null ? undefined : [name, format.moment(at)])
  const facts: readonly (readonly [string, ReactNode] | undefined)[] = [
    finding.because === null ? undefined : [words.why, finding.because], finding.confirmedRows === null ? undefined : [words.confirmed, format.number(finding.confirmedRows)],
    ...(made === null ? [] : [when(words.madeAfter, made.after), when(words.madeBefore, made.before)]),
    made === null ? undefined : [words.made, [made.because, ...(made.values === null ? [] : [words.changed(format.number(made.values.held), format.number(made.values.changed))]), ...(made.several ? [words.several] : [])].join('; ')],
    finding.readAt === null ? undefined : [words.readAt, format.moment(finding.readAt)],
  ]
  return (
    <Panel title={words.reasons}>
      <div className="stack">
        {finding.reasons.length === 0 ? null : <ul>{finding.reasons.map((reason) => <li key={reason}>{reason}</li>)}</ul>}
        <Facts facts={facts.filter((fact) => fact !== undefined)} />
        {finding.samples.length === 0 ? null : <details><summary>{words.samples}</summary><p className="muted small">{words.samplesHow}</p><ul className="names">{finding.samples.map((sample) => <li key={`${sample.in} ${sample.offset}`}>{`${sample.in} @ ${format.number(sample.offset)}: ${sample.columns.join(', ')}`}</li>)}</ul></details>}
      </div>
    </Panel>
  )
}
