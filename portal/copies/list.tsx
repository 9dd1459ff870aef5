import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Go } from '../shell/go.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import type { Copy, Listing } from './layout.ts'
import { copiesWords } from './words.ts'

const worst = { invalid: 0, unknown: 1, pending: 2, declared: 3, verified: 4 } as const

/** The same copies as rows: those no instruction covers first. */
export function List({ shown, isClient }: { readonly shown: Listing; readonly isClient: boolean }): ReactNode {
  const [words, format] = [useWords(copiesWords), useFormat()]
  const rows = shown.items.filter(({ gone }) => !gone).toSorted((one, other) => worst[one.standing] - worst[other.standing] || (one.id < other.id ? -1 : 1))
  const open = ({ id, kind }: Copy): string => (kind === 'finding' && !isClient ? addresses.finding(id) : isClient ? `/client/copies/${encodeURIComponent(id)}` : addresses.copy(id))
  const columns: readonly [Column<Copy>, ...Column<Copy>[]] = [
    { name: 'place', head: words.place, sort: ({ place }) => place, cell: (row) => <Go to={open(row)}><span className="names">{row.place}</span></Go> },
    { name: 'what', head: words.what, sort: ({ kind }) => kind, cell: ({ kind }) => words.kind[kind] },
    { name: 'store', head: words.store, sort: ({ store }) => store, cell: ({ store }) => store },
    { name: 'environment', head: words.environment, sort: ({ environment }) => environment, cell: ({ environment }) => environment },
    { name: 'people', head: words.peopleHead, numbers: true, sort: ({ people }) => people ?? -1, cell: ({ people }) => (people === null ? words.uncounted : format.number(people)) },
    { name: 'until', head: words.ends, sort: ({ until }) => until ?? '', cell: ({ until, kind }) => (until !== null ? format.day(until) : kind === 'finding' ? words.nobodySaid : words.noEnd) },
    { name: 'under', head: words.under, sort: ({ instruction }) => instruction ?? '', cell: ({ instruction, kind }) => instruction ?? (kind === 'finding' ? words.noInstruction : '') },
    { name: 'standing', head: words.standing, sort: ({ standing }) => worst[standing], cell: ({ standing, kind }) => <Standing is={standing} finding={kind === 'finding'} {...(kind === 'finding' ? { word: words.noInstruction } : {})} /> },
  ]
  return <Panel><DataTable caption={words.caption} rows={rows} keyOf={({ id }) => id} columns={columns} /></Panel>
}
