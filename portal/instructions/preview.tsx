/** What would this allow? Asked of the decision, on a ground of its own: nothing here changes anything. */
import { useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { SelectField } from '../components/fields.tsx'
import { Failed } from '../components/failed.tsx'
import { Skeleton } from '../components/skeleton.tsx'
import { Names } from '../components/time.tsx'
import { Go } from '../shell/go.tsx'
import { useFormat } from '../words/format.ts'
import { Sentence, useWords } from '../words/index.tsx'
import { usePreview, type Preview, type TriedAct } from './draft.ts'
import { missingOf, shownScope, type Choosable, type EditedScope } from './edited.ts'
import { editorWords } from './editorWords.ts'
import { InWords, operations, type Operation } from '../components/scope.tsx'
import { scopeWords } from '../components/scopeWords.ts'

/** Problems that the form says in its own words. */
const saidByForm = /^no (purpose|operation|environment|data|contract)|is no date/

/** The whole right side. */
export function PreviewSide({ scope, choices }: { readonly scope: EditedScope; readonly choices: Choosable }): ReactNode {
  const [words, format] = [useWords(editorWords), useFormat()]
  const [act, setAct] = useState<TriedAct>()
  const { data, error, refetch } = usePreview(scope, act)
  const missing = missingOf(scope)
  return (
    <section className="try-only" aria-labelledby="try-only">
      <div className="panel-head"><h2 id="try-only">{words.preview}</h2><span className="small muted">{words.tryOnly}</span></div>
      <div className="stack">
        <div role="status"><InWords scope={shownScope(scope)} environments={choices.environments.map(({ id }) => id)} /></div>
        {missing.length === 0 ? null : <p>{words.notComplete(format.list(missing.map((one) => words.missing[one])))}</p>}
        {error !== null ? <Failed kind="E1" error={error} retry={() => { void refetch() }} /> : data === undefined ? (scope.contract === '' ? null : <Skeleton rows={4} />) : <Answered preview={data} scope={scope} />}
        {scope.contract === '' ? null : <TryAct scope={scope} choices={choices} act={act} setAct={setAct} tried={data?.tried ?? null} />}
      </div>
    </section>
  )
}

function Answered({ preview, scope }: { readonly preview: Preview; readonly scope: EditedScope }): ReactNode {
  const problems = preview.problems.filter((one) => !saidByForm.test(one))
  return (
    <>
      {problems.length === 0 ? null : <ul className="field-problem">{problems.map((one) => <li key={one}>{one}</li>)}</ul>}
      {preview.columns.length === 0 ? null : <WhichData columns={preview.columns} />}
      <WhichPeople people={preview.people} supersedes={scope.supersedes} />
      <LastDays acts={preview.acts} />
    </>
  )
}

function WhichData({ columns }: { readonly columns: Preview['columns'] }): ReactNode {
  const [words, format] = [useWords(editorWords), useFormat()]
  return (
    <div className="stack-small">
      <h3>{words.whatData}</h3>
      <ul className="plain">{columns.map(({ dataset, store, environment, allowed, closed, identifying, rows, reached }) => (
        <li key={dataset}><div className="stack-small">
          <p><strong><Names>{dataset}</Names></strong> {words.where(store, environment)}: {words.opens(format.number(allowed.length), format.number(allowed.length + closed.length))}, {rows.length === 0 ? words.rowsAll : words.rowsOnly(rows.join('; '))}</p>
          {identifying.length === 0 ? null : <p className="small">{words.identifying(identifying.join(', '))}</p>}
          {closed.length === 0 ? null : <p className="small muted">{words.closedColumns(closed.join(', '))}</p>}
          {reached ? null : <p className="small"><strong>{words.notReached(dataset, environment)}</strong></p>}
        </div></li>
      ))}</ul>
    </div>
  )
}

function WhichPeople({ people, supersedes }: { readonly people: Preview['people']; readonly supersedes: string | undefined }): ReactNode {
  const [words, scope, format] = [useWords(editorWords), useWords(scopeWords), useFormat()]
  const [could, lack] = [people.filter(({ outcome }) => outcome === 'allowed'), people.filter(({ outcome }) => outcome === 'refused')]
  return (
    <div className="stack-small">
      <h3>{words.people}</h3>
      <p>{could.length === 0 ? words.nobody : words.could(format.list(could.map(({ person }) => person.name)))}</p>
      {could.length === 0 || supersedes === undefined ? null : <p className="small muted">{words.grantsFollow(supersedes)}</p>}
      {lack.length === 0 ? null : <details><summary className="small">{words.others(format.number(lack.length))}</summary><ul>{lack.slice(0, 40).map(({ person, failing }) => <li key={person.id} className="small">{words.lacks(person.name, format.list(failing.map((one) => scope.lacks[one])))}</li>)}</ul></details>}
    </div>
  )
}

function LastDays({ acts }: { readonly acts: Preview['acts'] }): ReactNode {
  const [words, format] = [useWords(editorWords), useFormat()]
  return (
    <div className="stack-small">
      <h3>{words.past}</h3>
      {acts.tried === 0 ? <p className="muted">{words.noActs}</p> : (
        <>
          <p className="numbers"><strong>{format.number(acts.stillAllowed)}</strong> {words.still}, <strong>{format.number(acts.newlyAllowed)}</strong> {words.newlyAllowed}, <strong>{format.number(acts.newlyRefused)}</strong> {words.newlyRefused}, {words.ofActs(format.number(acts.tried))}. {acts.capped ? words.capped : ''}</p>
          {acts.changed.length === 0 ? null : <ul className="names-list">{acts.changed.slice(0, 12).map(({ decision, now }) => <li key={decision}><Go to={addresses.decision(decision)}>{decision}</Go> <span className="small muted">{now === 'allowed' ? words.allowed : words.refused}</span></li>)}</ul>}
        </>
      )}
    </div>
  )
}

interface TryProps { readonly scope: EditedScope; readonly choices: Choosable; readonly act: TriedAct | undefined; readonly setAct: (act: TriedAct | undefined) => void; readonly tried: Preview['tried'] }

/** One act of somebody's choosing. */
function TryAct({ scope, choices, setAct, act, tried }: TryProps): ReactNode {
  const [words, told, format] = [useWords(editorWords), useWords(scopeWords), useFormat()]
  const [given, setGiven] = useState<Readonly<Record<'who' | 'purpose' | 'does' | 'on' | 'at', string>>>({ who: '', purpose: '', does: '', on: '', at: '' })
  const controller = choices.contracts.find(({ id }) => id === scope.contract)?.controller.id ?? ''
  const datasets = choices.datasets.filter((one) => one.controller === controller)
  const choose = (part: keyof typeof given) => (value: string): void => {
    const next = { ...given, [part]: value }
    setGiven(next)
    const [dataset = '', ...column] = next.on.split('\n')
    setAct(Object.values(next).some((one) => one === '') ? undefined : { person: next.who, controller, purpose: next.purpose, operation: next.does as Operation, environment: next.at, data: { [dataset]: [column.join('\n')] }, identifiable: !['copy', 'disclose', 'return'].includes(next.does), instruction: scope.id })
  }
  const none = { value: '', label: words.choose }
  const purposes = [...new Set([...scope.purposes, ...choices.purposes])]
  if (choices.people.length === 0 || datasets.length === 0) return null
  return (
    <div className="stack-small">
      <h3>{words.tryAct}</h3>
      <div className="fields-row">
        <SelectField label={words.who} value={given.who} onChange={choose('who')} options={[none, ...choices.people.map(({ id, name }) => ({ value: id, label: name }))]} />
        <SelectField label={words.purpose} value={given.purpose} onChange={choose('purpose')} options={[none, ...purposes.map((one) => ({ value: one, label: one }))]} />
        <SelectField label={words.does} value={given.does} onChange={choose('does')} options={[none, ...operations.map((one) => ({ value: one, label: told.operations[one] }))]} />
        <SelectField label={words.on} value={given.on} onChange={choose('on')} options={[none, ...datasets.flatMap(({ id, columns }) => columns.map(({ name }) => ({ value: `${id}\n${name}`, label: `${id}.${name}` })))]} />
        <SelectField label={words.at} value={given.at} onChange={choose('at')} options={[none, ...choices.environments.map(({ id }) => ({ value: id, label: id }))]} />
      </div>
      <div role="status">{act === undefined ? <p className="small muted">{words.tryMore}</p> : tried === null ? <p className="muted">{words.asking}</p> : <p><Sentence>{tried.outcome === 'allowed' ? words.wouldBe.allowed : words.wouldBe.refused(format.list(tried.failing.map((one) => told.lacks[one])))}</Sentence></p>}</div>
    </div>
  )
}
