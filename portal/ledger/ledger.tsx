import { Fragment, useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer, Item } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { Facts, Page, Panel, together } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Names } from '../components/time.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues, useSetSearch } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { ledgerWords } from './words.ts'
import './ledger.css'

type Row = Item<'/ledger/entries'>
type Listing = Answer<'/ledger/entries'>
type Checkpoints = Answer<'/ledger/checkpoints'>

const typePattern = /^[a-z_]{1,40}[.][a-z_]{1,60}$/

/** Is the record whole, and who else saw it? */
export default function Ledger(): ReactNode {
  const [words, { controller, type, cursor }] = [useWords(ledgerWords), useSearchValues()]
  const listing = useRead('/ledger/entries', { query: { controller, cursor, limit: 50, type: type !== undefined && typePattern.test(type) ? type : undefined } })
  const checkpoints = useRead('/ledger/checkpoints', { query: { limit: 5 } })
  return (
    <Page
      title={words.title} evidence sentence={useSentence(listing.error === null ? listing.data : undefined, checkpoints.error === null ? checkpoints.data : undefined)}
      terminal="bailee ledger check" read={together(listing, checkpoints)}
    >
      <div className="two-columns">
        <div><Panel><div className="stack"><Filters /><Shown of={listing} error="E3" rows={12}>{(shown) => <Table shown={shown} />}</Shown></div></Panel></div>
        <div>
          <Shown of={listing} error="E3" rows={3}>{(shown) => <Head log={shown.log} />}</Shown>
          <Shown of={checkpoints} error="E3" rows={3}>{(shown) => <><Witnesses shown={shown} /><Fixed shown={shown} /></>}</Shown>
          <Panel title={words.bundle}><div className="stack-small"><p>{words.bundleHow}</p><code className="block">{`bailee ledger export --controller ${controller ?? 'ID'} --out bundle`}</code><code className="block">bailee-verify bundle</code></div></Panel>
        </div>
      </div>
    </Page>
  )
}

function useSentence(listing: Listing | undefined, checkpoints: Checkpoints | undefined): string | undefined {
  const [words, format] = [useWords(ledgerWords), useFormat()]
  if (listing === undefined || checkpoints === undefined) return undefined
  const { log } = listing
  const { witnesses } = checkpoints
  const seen = witnesses.list.length === 0 ? words.nobody : witnesses.standing === 'verified' ? words.allSeen(format.list(witnesses.list.map(({ name }) => name))) : words.someBehind
  return words.sentence(format.number(log.size), log.fixed === null ? words.fixedNone : words.fixedOf(format.number(log.fixed.size), format.number(log.fixed.snapshot)), seen)
}

function Filters(): ReactNode {
  const [words, { controller, type }, set] = [useWords(ledgerWords), useSearchValues(), useSetSearch()]
  const [wrong, setWrong] = useState(false)
  const controllers = useRead('/controllers', { query: { limit: 200 } })
  const submit = (form: FormData): void => {
    const typed = String(form.get('type') ?? '').trim()
    setWrong(typed !== '' && !typePattern.test(typed))
    if (typed === '' || typePattern.test(typed)) set({ type: typed === '' ? undefined : typed })
  }
  return (
    <form className="ledger-filters" onSubmit={(event) => { event.preventDefault(); submit(new FormData(event.currentTarget)) }}>
      <label className="form-field">{words.log}<select className="field" value={controller ?? ''} onChange={(event) => set({ controller: event.target.value === '' ? undefined : event.target.value })}><option value="">{words.common}</option>{(controllers.data?.items ?? []).map(({ id, name }) => <option key={id} value={id}>{name}</option>)}</select></label>
      <label className="form-field">{words.type}<input key={type ?? ''} className="field" name="type" defaultValue={type ?? ''} placeholder={words.typeHint} aria-invalid={wrong} aria-describedby="ledger-type-wrong" /></label>
      <button type="submit" className="button">{words.show}</button>
      {type === undefined ? null : <button type="button" className="button quiet" onClick={() => set({ type: undefined })}>{words.clear}</button>}
      <p id="ledger-type-wrong" role="alert" className="wide">{wrong ? words.wrongType : null}</p>
    </form>
  )
}

function Table({ shown }: { readonly shown: Listing }): ReactNode {
  const [words, format, set] = [useWords(ledgerWords), useFormat(), useSetSearch()]
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'number', head: words.number, cell: ({ id, index }) => <Go to={addresses.entry(id)}><span className="numbers">{format.number(index)}</span></Go> },
    { name: 'what', head: words.what, cell: ({ type }) => <button type="button" className="link names ledger-type" onClick={() => set({ type })}>{type.split(/(?<=[._])/).map((part) => <Fragment key={part}>{part}<wbr /></Fragment>)}</button> },
    { name: 'about', head: words.about, cell: ({ about }) => (about === null ? <span className="muted">{words.notNamed}</span> : <Names>{about}</Names>) },
    { name: 'when', head: words.when, cell: ({ at }) => <span className="numbers small ledger-when">{format.moment(at)}</span> },
    { name: 'parts', head: words.parts, cell: ({ parts }) => { const gone = parts.filter(({ readable }) => !readable).map((one) => words.classes[one.class as keyof typeof words.classes] ?? one.class); return gone.length === 0 ? <span className="muted">{format.list(parts.map((one) => words.classes[one.class as keyof typeof words.classes] ?? one.class))}</span> : <Standing is="unknown" word={words.destroyed(format.list(gone))} /> } },
  ]
  if (shown.items.length === 0) return <><p>{shown.next === null ? words.nothing : words.nothingYet}</p>{shown.next === null ? null : <p><button type="button" className="button" onClick={() => set({ cursor: shown.next ?? undefined })}>{words.further}</button></p>}</>
  return <DataTable caption={words.title} rows={shown.items} keyOf={({ id }) => id} columns={columns} total={shown.total} next={shown.next} />
}

function Head({ log }: { readonly log: Listing['log'] }): ReactNode {
  const [words, format] = [useWords(ledgerWords), useFormat()]
  const after = log.fixed === null ? 0 : log.size - log.fixed.size
  const facts: readonly (readonly [string, ReactNode] | undefined)[] = [[words.origin, <Names key="origin">{log.origin}</Names>], [words.size, format.number(log.size)], log.fixed === null ? undefined : [words.fixed, format.number(log.fixed.size)], log.fixed === null ? undefined : [words.root, <Names key="root">{log.fixed.root}</Names>]]
  return <Panel title={words.heads}><div className="stack-small"><Facts facts={facts.filter((one) => one !== undefined)} />{log.fixed === null ? <p><Standing is="pending" /> {words.notFixed}</p> : after > 0 ? <p><Standing is="pending" /> {words.after(format.number(after))}</p> : null}</div></Panel>
}

function Witnesses({ shown: { witnesses } }: { readonly shown: Checkpoints }): ReactNode {
  const [words, format] = [useWords(ledgerWords), useFormat()]
  return (
    <Panel title={words.witnesses} aside={<Standing is={witnesses.standing} loud />}>
      <div className="stack-small">
        {witnesses.list.length === 0 ? <p>{words.noWitness}</p> : <ul className="plain">{witnesses.list.map(({ name, size, triedAt, because }) => <li key={name}><strong>{name}</strong><span className="small muted">{size === null ? words.witnessNever : words.witnessBehind(format.number(size))}{triedAt === null ? '' : `, ${words.tried.toLowerCase()} ${format.moment(triedAt)}`}{because === null ? '' : `: ${because}`}</span></li>)}</ul>}
        <p className="small muted">{words.notShown}</p>
      </div>
    </Panel>
  )
}

function Fixed({ shown }: { readonly shown: Checkpoints }): ReactNode {
  const [words, format] = [useWords(ledgerWords), useFormat()]
  return <Panel title={words.checkpoints}>{shown.items.length === 0 ? <p>{words.noCheckpoint}</p> : <ul className="plain">{shown.items.map(({ snapshot, at, logs }) => <li key={snapshot}><span>{words.checkpoint} <span className="numbers">{format.number(snapshot)}</span></span><span className="small muted">{format.moment(at)}, {format.number(logs)} {words.logs.toLowerCase()}</span></li>)}</ul>}</Panel>
}
