/** Fields of a form: each with its label, its help and what is wrong with it, tied together. Native ones, so that a phone shows its own. */
import { useId, useState, type ReactNode } from 'react'
import './fields.css'

interface FieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly help?: string | undefined
  /** What is wrong with it. */
  readonly problem?: string | undefined
  readonly placeholder?: string | undefined
  readonly type?: 'text' | 'date' | 'number' | 'email' | 'password'
  readonly lines?: number
  /** Values to pick from while typing. */
  readonly suggested?: readonly string[]
  readonly autoComplete?: string
}

/** A line of text, or several. */
export function TextField({ label, value, onChange, help, problem, placeholder, type = 'text', lines, suggested, autoComplete = 'off' }: FieldProps): ReactNode {
  const id = useId()
  const described = [help === undefined ? '' : `${id}-help`, problem === undefined ? '' : `${id}-problem`].filter((one) => one !== '').join(' ')
  const common = { id, className: 'field', value, placeholder, 'aria-describedby': described === '' ? undefined : described, 'aria-invalid': problem !== undefined || undefined }
  return (
    <div className="form-field">
      <label htmlFor={id}>{label}</label>
      {help === undefined ? null : <span id={`${id}-help`} className="form-help">{help}</span>}
      {lines === undefined ? <input {...common} type={type} autoComplete={autoComplete} {...(type === 'number' ? { min: 1, inputMode: 'numeric' as const } : {})} {...(suggested === undefined ? {} : { list: `${id}-list` })} onChange={(event) => onChange(event.target.value)} /> : <textarea {...common} rows={lines} onChange={(event) => onChange(event.target.value)} />}
      {suggested === undefined ? null : <datalist id={`${id}-list`}>{suggested.map((one) => <option key={one} value={one} />)}</datalist>}
      {problem === undefined ? null : <span id={`${id}-problem`} className="field-problem">{problem}</span>}
    </div>
  )
}

export interface Option { readonly value: string; readonly label: ReactNode; readonly note?: string | undefined }

/** One of several, in a list that unfolds. */
export function SelectField({ label, value, options, onChange, help }: { readonly label: string; readonly value: string; readonly options: readonly { readonly value: string; readonly label: string }[]; readonly onChange: (value: string) => void; readonly help?: string }): ReactNode {
  const id = useId()
  return (
    <div className="form-field">
      <label htmlFor={id}>{label}</label>
      {help === undefined ? null : <span id={`${id}-help`} className="form-help">{help}</span>}
      <select id={id} className="field" value={value} aria-describedby={help === undefined ? undefined : `${id}-help`} onChange={(event) => onChange(event.target.value)}>{options.map((one) => <option key={one.value} value={one.value}>{one.label}</option>)}</select>
    </div>
  )
}

interface ChoicesProps { readonly legend: string; readonly hidden?: boolean; readonly help?: string | undefined; readonly options: readonly Option[]; readonly chosen: readonly string[]; readonly onChange: (chosen: string[]) => void; readonly children?: ReactNode }

/** Any of several: none is chosen for anybody. */
export function Choices({ legend, hidden = false, help, options, chosen, onChange, children }: ChoicesProps): ReactNode {
  const toggle = (value: string): void => onChange(chosen.includes(value) ? chosen.filter((one) => one !== value) : [...options.map((one) => one.value).filter((one) => one === value || chosen.includes(one)), ...chosen.filter((one) => !options.some((option) => option.value === one))])
  return (
    <fieldset className="choices">
      <legend className={hidden ? 'visually-hidden' : undefined}>{legend}</legend>
      {help === undefined ? null : <p className="form-help">{help}</p>}
      <div className="choices-list">{options.map(({ value, label, note }) => <label key={value} className="choice"><input type="checkbox" checked={chosen.includes(value)} onChange={() => toggle(value)} /><span>{label}{note === undefined ? null : <span className="choice-note">{note}</span>}</span></label>)}</div>
      {children}
    </fieldset>
  )
}

/** One of few, all in sight. */
export function Radios({ legend, help, options, value, onChange }: { readonly legend: string; readonly help?: string; readonly options: readonly Option[]; readonly value: string; readonly onChange: (value: string) => void }): ReactNode {
  const name = useId()
  return (
    <fieldset className="choices">
      <legend>{legend}</legend>
      {help === undefined ? null : <p className="form-help">{help}</p>}
      <div className="choices-list">{options.map((one) => <label key={one.value} className="choice"><input type="radio" name={name} checked={value === one.value} onChange={() => onChange(one.value)} /><span>{one.label}{one.note === undefined ? null : <span className="choice-note">{one.note}</span>}</span></label>)}</div>
    </fieldset>
  )
}

/** Takes another value into a list. */
export function AddField({ label, button, onAdd, suggested, problemOf }: { readonly label: string; readonly button: string; readonly onAdd: (value: string) => void; readonly suggested?: readonly string[]; readonly problemOf?: (value: string) => string | undefined }): ReactNode {
  const [value, setValue] = useState('')
  const [problem, setProblem] = useState<string>()
  const add = (): void => {
    const given = value.trim()
    const wrong = given === '' ? undefined : problemOf?.(given)
    setProblem(wrong)
    if (given === '' || wrong !== undefined) return
    onAdd(given)
    setValue('')
  }
  return (
    <div className="add-row" onKeyDown={(event) => { if (event.key === 'Enter') { event.preventDefault(); add() } }}>
      <TextField label={label} value={value} onChange={setValue} problem={problem} {...(suggested === undefined ? {} : { suggested })} />
      <button type="button" className="button" onClick={add}>{button}</button>
    </div>
  )
}
