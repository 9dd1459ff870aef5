import { useParams } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { Facts, Page, Panel, Primary } from '../components/page.tsx'
import { Names } from '../components/time.tsx'
import { scopeWords } from '../components/scopeWords.ts'
import { hasOwnPage } from '../pages.ts'
import { Go } from '../shell/go.tsx'
import { useHasRole } from '../shell/session.tsx'
import { useFormat, type Format } from '../words/format.ts'
import { Sentence, useWords, type Translated } from '../words/index.tsx'
import { Outcome } from './outcome.tsx'
import { decisionsWords } from './words.ts'
import '../components/scope.css'

type Decision = Answer<'/decisions/{id}'>
type Words = Translated<(typeof decisionsWords)['en']>
type ScopeWords = Translated<(typeof scopeWords)['en']>

/** One act, explained: why, and what now? */
export default function DecisionPage(): ReactNode {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const [words, scope, format] = [useWords(decisionsWords), useWords(scopeWords), useFormat()]
  const reading = useRead('/decisions/{id}', { params: { id } })
  const shown = reading.error === null && reading.data?.id === id ? reading.data : undefined
  const writes = useHasRole('owner', 'dpo', 'signatory') && hasOwnPage(addresses.newInstruction)
  const open = shown?.roads.find(({ failing }) => failing.length === 0)
  const primary = shown?.outcome !== 'refused' || shown.act === null ? undefined : open !== undefined ? <Primary to={addresses.instruction(open.instruction)}>{words.use(open.instruction)}</Primary> : writes ? <Primary to={`${addresses.newInstruction}?from=${id}`}>{words.ask}</Primary> : undefined
  return (
    <Page title={`${words.decision} ${id}`} sentence={shown === undefined ? undefined : sentenceOf(shown, words, scope, format)} crumbs={[{ name: words.title, to: addresses.decisions }, { name: id }]} primary={primary} terminal="bailee decision explain --act act.json" evidence read={reading}>
      <Shown of={reading} error="E3" rows={10}>{(answer) => <One decision={answer} writes={writes} />}</Shown>
    </Page>
  )
}

/** Why, in words: each failing side with what it is about. */
function sentenceOf({ outcome, readable, under, failing, because, purpose, operation, environment, datasets }: Decision, words: Words, scope: ScopeWords, format: Format): string {
  if (!readable) return words.sentenceUnread(words[outcome])
  if (outcome === 'allowed') return words.sentenceAllowed(format.list(under))
  const about: Readonly<Record<string, string | null>> = { purpose, operation: operation === null ? null : scope.operations[operation as keyof typeof scope.operations], environment, data: format.list(datasets) }
  const why = failing.map((one) => `${lacks(scope, one)}${(about[one] ?? '') === '' ? '' : ` (${about[one]})`}`)
  return words.sentenceRefused(why.length === 0 ? (because ?? words.nothing) : format.list(why))
}

const lacks = (scope: ScopeWords, dimension: string): string => scope.lacks[dimension as keyof typeof scope.lacks] ?? dimension

function One({ decision, writes }: { readonly decision: Decision; readonly writes: boolean }): ReactNode {
  const [words, format] = [useWords(decisionsWords), useFormat()]
  return (
    <div className="two-columns">
      <div>
        {decision.outcome === 'refused' && decision.act !== null ? <Panel title={words.roads}><Roads decision={decision} writes={writes} /></Panel> : null}
        <Panel title={words.act} aside={<Outcome is={decision.outcome} />}><Act decision={decision} /></Panel>
      </div>
      <div>
        <Panel title={words.now}><p><Sentence>{decision.now === null ? words.nowLead + words.nowUnknown : words.nowLead + words.nowSays[decision.now.outcome]}</Sentence></p></Panel>
        <Panel title={words.articles}>
          <div className="stack-small">
            {decision.decision?.exposure.length ? <p><strong>{words.exposure(format.list(decision.decision.exposure))}</strong></p> : null}
            {decision.decision?.articles.length ? <p>{words.art(format.list(decision.decision.articles))}</p> : null}
            <Facts facts={[[words.at, format.moment(decision.at)], [words.entry, <Go key="e" to={addresses.ledger}>{format.number(decision.entry)}</Go>], ...(decision.because === null ? [] : [[words.because, decision.because] as const])]} />
          </div>
        </Panel>
        <p className="muted small">{words.normal}</p>
      </div>
    </div>
  )
}

function Act({ decision: { act, controller, person, purpose, operation, environment } }: { readonly decision: Decision }): ReactNode {
  const [words, scope] = [useWords(decisionsWords), useWords(scopeWords)]
  const text = (key: string): string | undefined => (typeof act?.[key] === 'string' ? act[key] : undefined)
  const data = Object.entries((act?.['data'] ?? {}) as Readonly<Record<string, readonly string[] | '*'>>)
  return <Facts facts={[
    [words.person, person?.name ?? words.unknownWho], [words.controller, controller === null ? words.ofWhom : <Go key="c" to={addresses.controller(controller.id)}>{controller.name}</Go>], [words.purpose, purpose ?? words.unknownWho], [words.operation, operation === null ? words.unknownWho : scope.operations[operation as keyof typeof scope.operations]],
    [words.data, data.length === 0 ? words.unknownWho : <ul key="d" className="plain">{data.map(([dataset, columns]) => <li key={dataset}><span><Names>{dataset}</Names>: {columns === '*' ? scope.all : <Names>{columns.join(', ')}</Names>}</span></li>)}</ul>],
    [words.environment, environment ?? words.unknownWho], [words.recipient, text('recipient') ?? words.noRecipient], [words.clear, act?.['identifiable'] === true ? words.yes : words.no], [words.claimed, text('instruction') === undefined ? words.noClaim : <Go key="i" to={addresses.instruction(text('instruction') ?? '')}>{text('instruction')}</Go>],
  ]} />
}

/** Ways to the same end, in the order of how far they reach; the last is to ask for one. */
function Roads({ decision: { id, roads }, writes }: { readonly decision: Decision; readonly writes: boolean }): ReactNode {
  const [words, scope, format] = [useWords(decisionsWords), useWords(scopeWords), useFormat()]
  return (
    <div className="stack-small">
      {roads.length === 0 ? <p className="muted">{words.noRoads}</p> : null}
      <ol className="roads">
        {roads.slice(0, 5).map(({ instruction, text, failing }) => (
          <li key={instruction} className={`road${failing.length === 0 ? ' road-open' : ''}`}>
            <div><strong>{words.road(instruction)}</strong> {failing.length === 0 ? words.roadOpen : words.roadLacks(format.list(failing.map((one) => lacks(scope, one))))}<div className="row-note">{text}</div></div>
            <Go to={addresses.instruction(instruction)} className="button">{words.use(instruction)}</Go>
          </li>
        ))}
        <li className="road"><div><strong>{words.ask}</strong><div className="row-note">{writes ? words.askHow : words.askDpo}</div></div>{writes ? <Go to={`${addresses.newInstruction}?from=${id}`} className="button">{words.ask}</Go> : <CopyAddress path={`decisions/${encodeURIComponent(id)}`} />}</li>
      </ol>
    </div>
  )
}

function CopyAddress({ path }: { readonly path: string }): ReactNode {
  const words = useWords(decisionsWords)
  const [copied, setCopied] = useState(false)
  return <button type="button" className="button" onClick={() => { void navigator.clipboard.writeText(new URL(path, document.baseURI).href).then(() => setCopied(true), () => undefined) }}>{copied ? words.copied : words.copy}</button>
}
