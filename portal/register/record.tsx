/** The record of one controller, article by article: what it says, what is missing, where declared and seen part. */
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import type { Item } from '../client/shapes.ts'
import { Panel } from '../components/page.tsx'
import { scopeWords } from '../components/scopeWords.ts'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Names } from '../components/time.tsx'
import { Go } from '../shell/go.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { componentWords } from '../components/words.ts'
import { registerWords } from './words.ts'

type Record_ = Item<'/register'>
type Told = { readonly is: string; readonly value?: unknown }
interface Line { readonly article: string; readonly asks: string; readonly says: string; readonly lacks: boolean }

/** Shows one. */
export function RecordOf({ record }: { readonly record: Record_ }): ReactNode {
  return (
    <div className="two-columns">
      <div><ByArticle record={record} /><Categories record={record} /><Transfers record={record} /><Measures record={record} /></div>
      <div><Missing record={record} /><Drift record={record} /><Places record={record} /><Contracts record={record} /></div>
    </div>
  )
}

type Words = ReturnType<typeof useWords<typeof registerWords.en>>

/** What was told, in words; that nothing was, and that there is none, are two different ones. */
function said(one: Told, words: Words, text: (value: never) => string): string {
  return one.is === 'told' ? text(one.value as never) : one.is === 'none' ? words.noneDeclared : one.is === 'not_needed' ? words.notNeeded : words.missingWord
}

function useLines(record: Record_): Line[] {
  const [words, format] = [useWords(registerWords), useFormat()]
  const lacks = (code: string): boolean => record.missing.some((one) => one.required && one.code.startsWith(code))
  const contact = ({ name, contact: where }: { name: string; contact: string }): string => `${name}, ${where}`
  const party = (one: Record_['processor'], what: string, side: 'processor' | 'controller'): Line[] => [
    { article: '30(2)(a)', asks: what, says: [one.name, format.country(one.country), said(one.email, words, (text: string) => text)].join(', '), lacks: lacks(`30(2)(a).${side}`) && !lacks(`30(2)(a).${side}.representative`) && !lacks(`30(2)(a).${side}.dpo`) },
    { article: '30(2)(a)', asks: words.of(words.representative, what.toLowerCase()), says: said(one.representative, words, contact), lacks: lacks(`30(2)(a).${side}.representative`) },
    { article: '30(2)(a)', asks: words.of(words.dpo, what.toLowerCase()), says: said(one.dpo, words, contact), lacks: lacks(`30(2)(a).${side}.dpo`) },
  ]
  return [
    ...party(record.processor, words.processor, 'processor'), ...party(record.controller, words.theController, 'controller'),
    { article: '30(2)(b)', asks: words.categoriesAsk, says: words.categoriesCount(format.number(record.categories.length), format.number(record.categories.filter(({ inForce }) => inForce).length)), lacks: lacks('30(2)(b)') },
    { article: '30(2)(c)', asks: words.transfers, says: said(record.transfers, words, (all: readonly { country: string }[]) => (all.length === 0 ? words.noneDeclared : format.list([...new Set(all.map(({ country }) => format.country(country)))]))), lacks: lacks('30(2)(c)') },
    { article: '30(2)(d)', asks: words.measures, says: said(record.measures, words, (all: readonly unknown[]) => format.number(all.length)), lacks: lacks('30(2)(d)') },
    { article: words.beyond, asks: words.subProcessors, says: said(record.subProcessors, words, (all: readonly { name: string }[]) => (all.length === 0 ? words.noneDeclared : all.map(({ name }) => name).join(', '))), lacks: record.subProcessors.is === 'missing' },
  ]
}

function ByArticle({ record }: { readonly record: Record_ }): ReactNode {
  const words = useWords(registerWords)
  const lines = useLines(record)
  return (
    <Panel title={words.byArticle}>
      <DataTable caption={words.byArticle} rows={lines} keyOf={({ article, asks }) => `${article} ${asks}`} columns={[
        { name: 'asks', head: words.asks, cell: ({ asks }) => asks }, { name: 'article', head: words.article, cell: ({ article }) => article }, { name: 'says', head: words.says, cell: ({ says }) => says },
        { name: 'standing', head: words.standing, cell: ({ lacks }) => (lacks ? <Standing is="unknown" word={words.missingWord} /> : <Standing is="declared" word={words.declared} />) },
      ]} />
    </Panel>
  )
}

function Categories({ record }: { readonly record: Record_ }): ReactNode {
  const [words, scope, format] = [useWords(registerWords), useWords(scopeWords), useFormat()]
  type Row = Record_['categories'][number]
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'instruction', head: words.instruction, cell: ({ instruction, inForce, state }) => <><Go to={addresses.instruction(instruction)}>{instruction}</Go><div className="small muted">{inForce ? words.inForce : (words.states[state as keyof typeof words.states] ?? state)}</div></> },
    { name: 'operations', head: words.operations, cell: ({ operations, environments }) => <>{operations.map((one) => scope.operations[one as keyof typeof scope.operations] ?? one).join(', ')}<div className="small muted">{environments.join(', ')}</div></> }, { name: 'purposes', head: words.purposes, cell: ({ purposes }) => purposes.join(', ') },
    { name: 'period', head: words.period, cell: ({ from, until }) => `${from === null ? '' : format.day(from)}, ${until === null ? words.open : format.day(until)}` },
    { name: 'used', head: words.used, cell: ({ observed }) => (observed === null ? <span className="muted">{words.notUsed}</span> : words.sessions(format.number(observed.sessions), format.number(observed.rows))) },
  ]
  return record.categories.length === 0 ? null : <Panel title={`${words.categoriesAsk} (30(2)(b))`}><DataTable caption={words.categoriesAsk} rows={record.categories} keyOf={({ instruction }) => instruction} columns={columns} /></Panel>
}

function Transfers({ record: { transfers } }: { readonly record: Record_ }): ReactNode {
  const [words, format] = [useWords(registerWords), useFormat()]
  const { transferTools: tools } = useWords(componentWords)
  if (transfers.is !== 'told' || transfers.value.length === 0) return null
  type Row = (typeof transfers.value)[number]
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'country', head: words.country, cell: ({ country }) => format.country(country) }, { name: 'contract', head: words.contract, cell: ({ contract }) => (contract === null ? '' : <Go to={addresses.contract(contract)}>{contract}</Go>) },
    { name: 'tool', head: words.tool, cell: ({ tool }) => (tool.is === 'told' ? tools[tool.value as keyof typeof tools] ?? tool.value : tool.is === 'not_needed' ? words.notNeeded : <Standing is="unknown" word={words.toolMissing} />) },
    { name: 'seen', head: words.seen, cell: ({ declared, seen }) => <>{declared ? words.declaredWord : <Standing is="verified" word={words.notDeclared} />}{seen.length === 0 ? null : <div className="small muted">{seen.join('; ')}</div>}</> },
  ]
  return <Panel title={`${words.transfers} (30(2)(c))`}><DataTable caption={words.transfers} rows={transfers.value} keyOf={({ contract, country }) => `${contract} ${country}`} columns={columns} /></Panel>
}

function Measures({ record: { measures } }: { readonly record: Record_ }): ReactNode {
  const words = useWords(registerWords)
  if (measures.is !== 'told' || measures.value.length === 0) return null
  return <Panel title={`${words.measures} (30(2)(d))`}><ul className="plain">{measures.value.map(({ heading, text }) => <li key={heading}><div><strong>{heading.replaceAll('_', ' ')}</strong><p className="muted">{text}</p></div></li>)}</ul></Panel>
}

function Missing({ record }: { readonly record: Record_ }): ReactNode {
  const words = useWords(registerWords)
  const [required, others] = [record.missing.filter((one) => one.required), record.missing.filter((one) => !one.required)]
  return (
    <Panel title={words.lackTitle} {...(required.length > 0 ? { standing: 'unknown' as const } : {})}>
      <div className="stack">
        {required.length === 0 ? <p>{words.lackNone}</p> : <Lacks title={words.requiredNote} list={required} />}
        {others.length === 0 ? null : <Lacks title={words.alsoNote} list={others} />}
      </div>
    </Panel>
  )
}

const Lacks = ({ title, list }: { readonly title: string; readonly list: Record_['missing'] }): ReactNode => <div><h3>{title}</h3><ul>{list.map(({ code, contract, says }) => <li key={`${code} ${contract}`}>{says} <span className="small muted">({code})</span></li>)}</ul></div>

function Drift({ record: { drift, missing } }: { readonly record: Record_ }): ReactNode {
  const words = useWords(registerWords)
  const searched = !missing.some(({ code }) => code === 'extension.sweep')
  return <Panel title={words.driftTitle} {...(searched ? {} : { standing: 'unknown' as const })}>{searched ? null : <p><Standing is="unknown" word={words.neverSearched} /></p>}{drift.length === 0 && !searched ? null : drift.length === 0 ? <p>{words.driftNone}</p> : <ul>{drift.map(({ kind, article, about, says }) => <li key={`${kind} ${about} ${says}`}>{says} <span className="small muted">(Art. {article})</span></li>)}</ul>}</Panel>
}

function Places({ record }: { readonly record: Record_ }): ReactNode {
  const [words, format] = [useWords(registerWords), useFormat()]
  return (
    <Panel title={words.places} aside={<Go to={addresses.copiesOf(record.controller.id)}>{`${format.number(record.copies)} ${words.copies.toLowerCase()}`}</Go>}>
      <ul className="plain">{record.places.map(({ store, environment, country, datasets }) => <li key={store}><span><Names>{store}</Names> <span className="muted">{environment}, {format.country(country)}</span></span><span className="small muted">{datasets.join(', ')}</span></li>)}</ul>
    </Panel>
  )
}

function Contracts({ record }: { readonly record: Record_ }): ReactNode {
  const [words, format] = [useWords(registerWords), useFormat()]
  return <Panel title={words.contracts}><ul className="plain">{record.contracts.map(({ id, subjectMatter, ends, endedAt, choice }) => <li key={id}><span><Go to={addresses.contract(id)}>{id}</Go> <span className="muted">{subjectMatter}</span></span><span className="small muted">{[endedAt !== null || ends !== null ? format.day(endedAt ?? ends ?? '') : words.noEnd, choice ?? words.choiceNone].join(', ')}</span></li>)}</ul></Panel>
}
