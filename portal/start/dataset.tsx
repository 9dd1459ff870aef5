import { useState, type ReactNode } from 'react'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { SelectField, TextField } from '../components/fields.tsx'
import { Failed } from '../components/failed.tsx'
import { Skeleton } from '../components/skeleton.tsx'
import { Names } from '../components/time.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { Send } from './send.tsx'
import type { Start } from './types.ts'
import { startWords } from './words.ts'

type Table = Answer<'/start/stores/{id}'>['tables'][number]
interface Said { readonly subject: string; /** Columns that were said to identify somebody. */ readonly identifying: readonly string[]; readonly categories: Readonly<Record<string, string>> }

/** Tables that are listed without a field to find one by. */
const listedMax = 12

/** Which tables are whose, and what identifies people in them: suggested, never assumed. */
export function DatasetForm({ start }: { readonly start: Start }): ReactNode {
  const words = useWords(startWords)
  const [store, setStore] = useState(start.stores[0]?.id ?? '')
  const shape = useRead('/start/stores/{id}', { params: { id: store }, always: 'now', when: store !== '' })
  return (
    <div className="stack">
      {start.stores.length < 2 ? null : <SelectField label={words.store} value={store} onChange={setStore} options={start.stores.map(({ id }) => ({ value: id, label: id }))} />}
      {shape.error !== null ? <Failed kind="E1" error={shape.error} retry={() => { void shape.refetch() }} /> : shape.data === undefined ? <Skeleton rows={4} /> : shape.data.tables.length === 0 ? <p>{words.noTables}</p> : <Tables key={store} start={start} store={store} tables={shape.data.tables} />}
    </div>
  )
}

function Tables({ start, store, tables }: { readonly start: Start; readonly store: string; readonly tables: readonly Table[] }): ReactNode {
  const [words, format] = [useWords(startWords), useFormat()]
  const without = start.controllers.find(({ datasets }) => datasets === 0) ?? start.controllers[0]
  const [controller, setController] = useState(without?.id ?? '')
  const [id, setId] = useState('')
  const [asked, setAsked] = useState('')
  const [said, setSaid] = useState<Readonly<Record<string, Said>>>({})
  const chosen = tables.filter(({ table }) => said[table] !== undefined)
  const name = id === '' ? (chosen[0]?.table.split('.').at(-1) ?? '').replaceAll(/[^A-Za-z0-9_.-]/g, '') : id
  // Of many, those that were ticked stand first, and a part of a name finds the others.
  const listed = tables.length <= listedMax ? tables : [...chosen, ...tables.filter(({ table }) => said[table] === undefined && table.toLowerCase().includes(asked.trim().toLowerCase()))]
  const toggle = ({ table }: Table): void => setSaid((before) => {
    const { [table]: there, ...rest } = before
    return there === undefined ? { ...before, [table]: { subject: '', identifying: [], categories: {} } } : rest
  })
  const incomplete = chosen.length === 0 || chosen.some(({ table }) => said[table]?.subject === '')
  const body = (): object => ({ id: name, controller, store, tables: chosen.map(({ table, columns }) => ({ table, subject: said[table]?.subject, columns: Object.fromEntries(columns.map((one) => [one.name, { category: said[table]?.categories[one.name] ?? one.suggested.category, ...(said[table]?.identifying.includes(one.name) === true ? { identifies: true } : {}) }])) })) })
  return (
    <Send path="/start/datasets" name={words.declare} body={body} missing={incomplete ? words.pickOne : undefined}>
      <div className="fields-row"><SelectField label={words.whose} value={controller} onChange={setController} options={start.controllers.map((one) => ({ value: one.id, label: one.name }))} /><TextField label={words.datasetId} value={name} onChange={setId} /></div>
      <fieldset className="choices">
        <legend>{words.pick}</legend>
        {tables.length <= listedMax ? null : <TextField label={words.findTable} value={asked} onChange={setAsked} />}
        {listed.map((one) => (
          <div key={one.table} className="start-table">
            <label className="choice"><input type="checkbox" checked={said[one.table] !== undefined} onChange={() => toggle(one)} /><span><Names>{one.table}</Names><span className="choice-note">{words.columns(format.number(one.columns.length))}</span></span></label>
            {said[one.table] === undefined ? null : <Columns table={one} said={said[one.table]!} change={(next) => setSaid((before) => ({ ...before, [one.table]: next }))} />}
          </div>
        ))}
      </fieldset>
    </Send>
  )
}

function Columns({ table: { columns, table }, said, change }: { readonly table: Table; readonly said: Said; readonly change: (said: Said) => void }): ReactNode {
  const words = useWords(startWords)
  return (
    <div className="stack start-columns">
      <SelectField label={words.subject} value={said.subject} onChange={(subject) => change({ ...said, subject, identifying: subject === '' || said.identifying.includes(subject) ? said.identifying : [...said.identifying, subject] })} options={[{ value: '', label: '' }, ...columns.map(({ name }) => ({ value: name, label: name }))]} />
      <table className="table">
        <caption className="visually-hidden">{table}</caption>
        <thead><tr><th scope="col">{words.column}</th><th scope="col">{words.identifies}</th><th scope="col">{words.about}</th></tr></thead>
        <tbody>{columns.map(({ name, type, suggested }) => (
          <tr key={name}>
            <th scope="row"><Names>{name}</Names><div className="row-note">{type}</div></th>
            <td data-head={words.identifies}><label className="choice"><input type="checkbox" aria-label={`${words.identifies}: ${name}`} checked={said.identifying.includes(name)} onChange={() => change({ ...said, identifying: said.identifying.includes(name) ? said.identifying.filter((one) => one !== name) : [...said.identifying, name] })} /><span className="small muted">{suggested.identifies ? words.suggested : ''}</span></label></td>
            <td data-head={words.about}><input className="field" aria-label={`${words.about}: ${name}`} value={said.categories[name] ?? suggested.category} onChange={(event) => change({ ...said, categories: { ...said.categories, [name]: event.target.value } })} /></td>
          </tr>
        ))}</tbody>
      </table>
      <p className="form-help">{words.identifiesHelp} {words.categoryHelp}</p>
    </div>
  )
}
