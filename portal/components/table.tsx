/** Rows of one kind. A real table on a desk, cards on a phone; sort and filter stand in the address; a row never moves under the pointer. */
import IconDown from '@tabler/icons-react/icons/IconChevronDown'
import IconUp from '@tabler/icons-react/icons/IconChevronUp'
import { useRef, useState, type ReactNode } from 'react'
import { useSearchValues, useSetSearch } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { useVirtualRows } from './virtual.ts'
import { componentWords } from './words.ts'
import './table.css'

export interface Column<Row> {
  readonly name: string
  /** The word in its head; units stand here. */
  readonly head: string
  readonly cell: (row: Row) => ReactNode
  /** Right, with tabular figures. */
  readonly numbers?: boolean
  /** What to sort by; a column without it cannot be sorted. */
  readonly sort?: (row: Row) => number | string
}

interface TableProps<Row> {
  /** What the table is of: for who cannot see it. */
  readonly caption: string
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  /** The first one names the row, and is the link. */
  readonly columns: readonly [Column<Row>, ...Column<Row>[]]
  /** Of a listing: how many there are in all, and the cursor of the next page. */
  readonly total?: number
  /** There are more than `total`. */
  readonly more?: boolean
  readonly next?: string | null
  /** Shows a field that filters by name, on the server, as `q`. */
  readonly filter?: boolean
  readonly tools?: ReactNode
}

/** Shows one. */
export function DataTable<Row>(props: TableProps<Row>): ReactNode {
  const { caption, rows, keyOf, columns, total = rows.length, more = false, next = null, filter = false, tools } = props
  const [words, format, { sort, cursor, q }] = [useWords(componentWords), useFormat(), useSearchValues()]
  const { shown, waiting, show } = useHeld(rows, keyOf, `${sort} ${cursor} ${q}`)
  const sorted = sortRows(shown, columns, sort)
  const body = useRef<HTMLTableSectionElement>(null)
  const { visible, before, after } = useVirtualRows(sorted, body)
  return (
    <div className="table-around">
      {filter || tools !== undefined ? <div className="table-tools">{filter ? <FilterField /> : null}{tools}</div> : null}
      {waiting === 0 ? null : <button type="button" className="button" onClick={show}>{words.moreNew(format.number(waiting))}</button>}
      <table className="table">
        <caption className="visually-hidden">{caption}</caption>
        <thead><tr>{columns.map((column) => <Head key={column.name} column={column} />)}</tr></thead>
        <tbody ref={body}>
          {before > 0 ? <tr aria-hidden className="spacer" style={{ height: before }} /> : null}
          {visible.map((row) => <tr key={keyOf(row)}>{columns.map(({ name, head, cell, numbers }, index) => index === 0 ? <th key={name} scope="row">{cell(row)}</th> : <td key={name} className={numbers === true ? 'right numbers' : undefined} data-head={head}>{cell(row)}</td>)}</tr>)}
          {after > 0 ? <tr aria-hidden className="spacer" style={{ height: after }} /> : null}
        </tbody>
      </table>
      {rows.length === 0 ? <p className="muted">{words.empty}</p> : <Foot shown={shown.length} total={total} more={more} next={next} />}
    </div>
  )
}

/** New rows wait until they are asked for; values of those that are there change in place, and what is gone goes when new ones come. */
function useHeld<Row>(rows: readonly Row[], keyOf: (row: Row) => string, view: string): { shown: readonly Row[]; waiting: number; show: () => void } {
  const [held, setHeld] = useState<{ view: string; keys: readonly string[] }>({ view, keys: rows.map(keyOf) })
  const byKey = new Map(rows.map((row) => [keyOf(row), row]))
  const keys = held.view === view && held.keys.some((key) => byKey.has(key)) ? held.keys : [...byKey.keys()]
  const shown = keys.flatMap((key) => { const row = byKey.get(key); return row === undefined ? [] : [row] })
  // Nothing that stays nothing is no change: it would be held anew for ever.
  if (keys !== held.keys && (keys.length + held.keys.length > 0 || held.view !== view)) setHeld({ view, keys })
  return { shown, waiting: byKey.size - shown.length, show: () => setHeld({ view, keys: [...byKey.keys()] }) }
}

function sortRows<Row>(rows: readonly Row[], columns: readonly Column<Row>[], sort: string | undefined): readonly Row[] {
  const by = columns.find(({ name }) => name === sort?.replace(/^-/, ''))?.sort
  if (by === undefined) return rows
  const way = sort?.startsWith('-') === true ? -1 : 1
  return rows.toSorted((one, other) => { const [a, b] = [by(one), by(other)]; return way * (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b))) })
}

function Head<Row>({ column: { name, head, numbers, sort: by } }: { readonly column: Column<Row> }): ReactNode {
  const [words, { sort }, set] = [useWords(componentWords), useSearchValues(), useSetSearch()]
  const now = sort === name ? 'up' : sort === `-${name}` ? 'down' : 'none'
  const ariaSort = now === 'up' ? 'ascending' : now === 'down' ? 'descending' : undefined
  return (
    <th scope="col" className={numbers === true ? 'right' : undefined} aria-sort={ariaSort}>
      {by === undefined ? head : <button type="button" className="sort" onClick={() => set({ sort: now === 'up' ? `-${name}` : now === 'down' ? undefined : name })}>{head}<span className="visually-hidden">{`, ${words.sorted[now]}`}</span>{now === 'up' ? <IconUp size={14} aria-hidden /> : now === 'down' ? <IconDown size={14} aria-hidden /> : null}</button>}
    </th>
  )
}

function Foot({ shown, total, more, next }: { readonly shown: number; readonly total: number; readonly more: boolean; readonly next: string | null }): ReactNode {
  const [words, format, { cursor }, set] = [useWords(componentWords), useFormat(), useSearchValues(), useSetSearch()]
  return (
    <div className="table-foot small"><span className="muted numbers">{words.of(format.number(shown), format.number(total), more)}</span>
      {cursor === undefined ? null : <button type="button" className="button" onClick={() => set({ cursor: undefined })}>{words.first}</button>}
      {next === null ? null : <button type="button" className="button" onClick={() => set({ cursor: next })}>{words.next}</button>}
    </div>
  )
}

function FilterField(): ReactNode {
  const [words, { q }, set] = [useWords(componentWords), useSearchValues(), useSetSearch()]
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  return <input type="search" className="field filter" aria-label={words.filter} placeholder={words.filter} defaultValue={q ?? ''} onChange={(event) => { const text = event.target.value; clearTimeout(timer.current); timer.current = setTimeout(() => set({ q: text === '' ? undefined : text }), 250) }} />
}
