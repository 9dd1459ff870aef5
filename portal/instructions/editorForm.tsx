/** The left side of writing an instruction: every side of it, all closed until it is opened. */
import type { ReactNode } from 'react'
import { AddField, Choices, Radios, SelectField, TextField } from '../components/fields.tsx'
import { Panel } from '../components/page.tsx'
import { Names } from '../components/time.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import type { Choosable, edited, EditedScope } from './edited.ts'
import { editorWords } from './editorWords.ts'
import { operations, type Operation } from '../components/scope.tsx'
import { scopeWords } from '../components/scopeWords.ts'

type Change = Parameters<typeof edited>[1]
interface FormProps { readonly scope: EditedScope; readonly change: (changed: Change) => void; readonly choices: Choosable; /** The proposal has this name already. */ readonly named: boolean }

/** Words of the W3C vocabulary that most instructions are about; others can be written. */
const commonPurposes = ['Marketing', 'DirectMarketing', 'PersonalisedAdvertising', 'ServiceProvision', 'ServicePersonalisation', 'CustomerManagement', 'FraudPreventionAndDetection', 'PaymentManagement'] as const
const purposePattern = /^[A-Za-z][A-Za-z0-9]*$/
const moving: readonly Operation[] = ['copy', 'disclose', 'return']

export function EditorForm(props: FormProps): ReactNode {
  const words = useWords(editorWords)
  const { scope, change, choices } = props
  const [contract] = [choices.contracts.find(({ id }) => id === scope.contract)]
  const moves = scope.operations.some((one) => moving.includes(one as Operation))
  return (
    <form className="stack" onSubmit={(event) => event.preventDefault()}>
      <Panel title={words.forWhom}><div className="form"><ContractField {...props} /><TextField label={words.wrote} help={words.wroteHelp} lines={3} value={scope.text} onChange={(text) => change({ text })} /></div></Panel>
      <Panel><div className="stack"><Purposes {...props} /><Operations {...props} /></div></Panel>
      <Panel title={words.data}><Data {...props} controller={contract?.controller.id} /></Panel>
      <Panel><div className="stack"><Environments {...props} />{scope.operations.includes('disclose') ? <Recipients {...props} /> : null}<Identifiable {...props} />{moves ? <Transforms {...props} /> : null}</div></Panel>
      <Panel title={words.period}><Limits {...props} moves={moves} /></Panel>
    </form>
  )
}

function ContractField({ scope, change, choices, named }: FormProps): ReactNode {
  const words = useWords(editorWords)
  const choose = (id: string): void => {
    const next = choices.contracts.find((one) => one.id === id)
    // What another controller has is not this one's: its data are closed again.
    const unnamed = !named && (scope.id === '' || choices.contracts.some(({ nextId }) => nextId === scope.id))
    change({ contract: id, data: {}, ...(unnamed && next !== undefined ? { id: next.nextId } : {}), ...(next === undefined || next.ends === null ? { until: undefined } : { until: next.ends.slice(0, 10) }) })
  }
  const options = choices.contracts.map(({ id, controller }) => ({ value: id, label: `${controller.name}, ${id}` }))
  return <div className="fields-row"><SelectField label={words.contract} value={scope.contract} onChange={choose} options={scope.contract === '' ? [{ value: '', label: words.choose }, ...options] : options} /><TextField label={words.name} help={words.nameHelp} value={scope.id} onChange={(id) => { if (!named) change({ id }) }} /></div>
}

function Purposes({ scope, change, choices }: FormProps): ReactNode {
  const words = useWords(editorWords)
  const known = [...new Set([...choices.purposes, ...commonPurposes, ...scope.purposes])]
  return (
    <Choices legend={words.purposes} help={words.purposesHelp} options={known.map((one) => ({ value: one, label: one }))} chosen={scope.purposes} onChange={(purposes) => change({ purposes })}>
      <AddField label={words.addPurpose} button={words.add} problemOf={(text) => (purposePattern.test(text) ? undefined : words.purposeForm)} onAdd={(text) => change({ purposes: [...new Set([...scope.purposes, text])] })} />
    </Choices>
  )
}

function Operations({ scope, change }: FormProps): ReactNode {
  const [words, told] = [useWords(editorWords), useWords(scopeWords)]
  return <Choices legend={words.operations} options={operations.map((one) => ({ value: one, label: told.operations[one], note: words.operationsNote[one] }))} chosen={scope.operations} onChange={(chosen) => change({ operations: chosen as EditedScope['operations'] })} />
}

function Data({ scope, change, choices, controller }: FormProps & { readonly controller: string | undefined }): ReactNode {
  const [words, format] = [useWords(editorWords), useFormat()]
  const datasets = choices.datasets.filter((one) => one.controller === controller)
  if (datasets.length === 0) return <p className="muted">{words.noDataset}</p>
  const set = (dataset: string, columns: string[]): void => change({ data: { ...scope.data, [dataset]: columns } })
  return (
    <div className="stack">
      <p className="form-help">{words.dataHelp}</p>
      {datasets.map(({ id, store, environment, columns }) => {
        const given = scope.data[id] ?? []
        const open = given === '*' ? columns.map(({ name }) => name) : given
        const part = (identifies: boolean): string[] => columns.filter((one) => one.identifies === identifies).map(({ name }) => name)
        const group = (identifies: boolean, legend: string): ReactNode => {
          const names = part(identifies)
          return names.length === 0 ? null : <Choices legend={legend} options={columns.filter((one) => one.identifies === identifies).map(({ name, category }) => ({ value: name, label: <Names>{name}</Names>, note: category }))} chosen={open.filter((one) => names.includes(one))} onChange={(chosen) => set(id, [...open.filter((one) => !names.includes(one)), ...chosen])} />
        }
        return (
          <section key={id} className="stack-small dataset" aria-label={id}>
            <div className="row"><h3><Names>{id}</Names></h3><span className="small muted">{words.where(store, environment)}; {words.openOf(format.number(open.length), format.number(columns.length))}</span></div>
            {group(true, words.identifies)}{group(false, words.about)}
            <div className="row"><button type="button" className="button quiet" onClick={() => set(id, columns.map(({ name }) => name))}>{words.allColumns}</button><button type="button" className="button quiet" onClick={() => set(id, [])}>{words.noColumns}</button></div>
          </section>
        )
      })}
    </div>
  )
}

function Environments({ scope, change, choices }: FormProps): ReactNode {
  const words = useWords(editorWords)
  return <Choices legend={words.environments} help={words.environmentsHelp} options={choices.environments.map(({ id, class: kind }) => ({ value: id, label: id, note: words.classes[kind] }))} chosen={scope.environments} onChange={(environments) => change({ environments })} />
}

function Recipients({ scope, change }: FormProps): ReactNode {
  const words = useWords(editorWords)
  const recipients = scope.recipients ?? []
  return (
    <fieldset className="choices">
      <legend>{words.recipients}</legend><p className="form-help">{words.recipientsHelp}</p>
      {recipients.length === 0 ? <p className="muted">{words.noRecipients}</p> : <ul className="plain">{recipients.map((one) => <li key={one}>{one}<button type="button" className="button quiet" onClick={() => change({ recipients: recipients.filter((other) => other !== one) })}>{words.remove(one)}</button></li>)}</ul>}
      <AddField label={words.addRecipient} button={words.add} onAdd={(text) => change({ recipients: [...new Set([...recipients, text])] })} />
    </fieldset>
  )
}

function Identifiable({ scope, change }: FormProps): ReactNode {
  const words = useWords(editorWords)
  return <Radios legend={words.clear} value={scope.identifiable === true ? 'yes' : 'no'} onChange={(value) => change({ identifiable: value === 'yes' ? true : undefined })} options={[{ value: 'no', label: words.clearNo, note: words.clearNoNote }, { value: 'yes', label: words.clearYes, note: words.clearYesNote }]} />
}

/** What becomes of each column that is open, where it goes to another place. */
function Transforms({ scope, change, choices }: FormProps): ReactNode {
  const words = useWords(editorWords)
  const all = Object.entries(scope.data).flatMap(([dataset, columns]) => (columns === '*' ? (choices.datasets.find(({ id }) => id === dataset)?.columns ?? []).map(({ name }) => name) : columns))
  const columns = [...new Set(all)]
  if (columns.length === 0) return null
  const set = (column: string, value: string): void => {
    const next = Object.fromEntries(Object.entries({ ...scope.transform, [column]: value }).filter(([, one]) => one !== ''))
    change({ transform: Object.keys(next).length === 0 ? undefined : next })
  }
  return (
    <fieldset className="choices">
      <legend>{words.changed}</legend><p className="form-help">{words.changedHelp}</p>
      <div className="fields-row">{columns.map((column) => {
        const now = scope.transform?.[column]
        const odd = typeof now === 'object' && now !== null ? JSON.stringify(now) : undefined
        const options = Object.entries(words.transforms).map(([value, label]) => ({ value, label }))
        return <SelectField key={column} label={column} value={odd ?? (typeof now === 'string' ? now : '')} onChange={(value) => { if (value !== odd) set(column, value) }} options={odd === undefined ? options : [...options, { value: odd, label: odd }]} />
      })}</div>
    </fieldset>
  )
}

function Limits({ scope, change, moves }: FormProps & { readonly moves: boolean }): ReactNode {
  const words = useWords(editorWords)
  const number = (text: string): number | undefined => (/^[1-9]\d{0,11}$/.test(text) ? Number(text) : undefined)
  const until = scope.until !== undefined && scope.until !== '' && Date.parse(scope.until) <= Date.parse(scope.from) ? words.missing.until : undefined
  return (
    <div className="fields-row">
      <TextField label={words.from} type="date" value={scope.from.slice(0, 10)} onChange={(from) => change({ from })} />
      <TextField label={words.until} help={words.untilHelp} type="date" value={scope.until?.slice(0, 10) ?? ''} problem={until} onChange={(value) => change({ until: value === '' ? undefined : value })} />
      <TextField label={words.perSession} help={words.limitHelp} type="number" value={String(scope.rows_per_session ?? '')} onChange={(value) => change({ rows_per_session: number(value) })} />
      <TextField label={words.perDay} help={words.limitHelp} type="number" value={String(scope.rows_per_day ?? '')} onChange={(value) => change({ rows_per_day: number(value) })} />
      {moves ? <TextField label={words.expires} type="number" value={String(scope.expires_after_days ?? '')} onChange={(value) => change({ expires_after_days: number(value) })} /> : null}
    </div>
  )
}
