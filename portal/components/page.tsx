/** A page: one h1, one sentence that answers its question, one primary action, the age of what it shows, and the same in the terminal. */
import { useEffect, useState, type ReactNode } from 'react'
import { Go } from '../shell/go.tsx'
import { useSearchValues } from '../shell/search.ts'
import { shellWords } from '../shell/words.ts'
import { useFormat } from '../words/format.ts'
import { Sentence, useWords } from '../words/index.tsx'
import { componentWords } from './words.ts'
import './page.css'

export interface Crumb { readonly name: string; readonly to?: string }

/** An answer's own age; `useRead` gives one. */
interface Read { readonly dataUpdatedAt: number; readonly refetch: () => unknown }

/** Several answers that a page shows as one: as old as the oldest, read again all. */
export const together = (...readings: readonly Read[]): Read => ({ dataUpdatedAt: Math.min(...readings.map(({ dataUpdatedAt }) => dataUpdatedAt)), refetch: () => { for (const one of readings) void one.refetch() } })

interface PageProps {
  readonly title: string
  /** The answer, in words and numbers; **what matters** stands out. Left out while it is read: a title alone is shown. */
  readonly sentence?: string | undefined
  readonly crumbs?: readonly Crumb[]
  /** Made with `Primary`: there is one. It is off while the past is looked at. */
  readonly primary?: ReactNode
  readonly others?: ReactNode
  /** The command that answers the same, filled in. */
  readonly terminal?: string | undefined
  /** What is shown: when it was read, in milliseconds, and how to read it again. */
  readonly read?: Read | undefined
  /** A page that is evidence prints the addresses of its links. */
  readonly evidence?: boolean
  readonly children?: ReactNode
}

/** Shows one. */
export function Page({ title, sentence, crumbs = [], primary, others, terminal, read, evidence = false, children }: PageProps): ReactNode {
  const words = useWords(componentWords)
  useEffect(() => { document.title = `${(sentence ?? title).replaceAll('**', '')} · Bailee` }, [title, sentence])
  return (
    <article className={evidence ? 'page evidence' : 'page'}>
      <PrintHead title={title} />
      {crumbs.length === 0 ? null : <nav className="breadcrumb small" aria-label={words.breadcrumb}><ol>{crumbs.map(({ name, to }) => <li key={name}>{to === undefined ? <span className="muted">{name}</span> : <Go to={to}>{name}</Go>}</li>)}</ol></nav>}
      <header className="page-head">
        <div><h1>{title}</h1>{sentence === undefined ? <p className="page-sentence-waits" aria-hidden /> : <p className="page-sentence"><Sentence>{sentence}</Sentence></p>}</div>
        {primary === undefined && others === undefined ? null : <div className="page-actions">{primary}{others}</div>}
      </header>
      {children}
      {(terminal === undefined && read === undefined) || (read?.dataUpdatedAt === 0 && sentence === undefined) ? null : <footer className="page-foot small">{terminal === undefined ? <span /> : <Terminal command={terminal} />}{read === undefined || read.dataUpdatedAt === 0 ? null : <Age of={read} />}</footer>}
    </article>
  )
}

function PrintHead({ title }: { readonly title: string }): ReactNode {
  const [words, format, { at }] = [useWords(shellWords), useFormat(), useSearchValues()]
  const now = new Date().toISOString()
  return <p className="print-head" aria-hidden>{`Bailee · ${title} · ${words.asOf(format.moment(at !== undefined && !Number.isNaN(Date.parse(at)) ? at : now))} · ${words.printed(format.moment(now))}`}</p>
}

/** The command that answers what the page answers. */
function Terminal({ command }: { readonly command: string }): ReactNode {
  const words = useWords(componentWords)
  const [copied, setCopied] = useState(false)
  return (
    <details className="terminal">
      <summary>{words.terminal}</summary>
      <div className="row"><code>{command}</code><button type="button" className="button quiet" onClick={() => { void navigator.clipboard.writeText(command).then(() => setCopied(true), () => undefined) }}>{copied ? words.copied : words.copy}</button></div>
    </details>
  )
}

/** How old what is shown is. */
function Age({ of: { dataUpdatedAt: at, refetch } }: { readonly of: Read }): ReactNode {
  const [words, format] = [useWords(componentWords), useFormat()]
  const now = useNow()
  return <span className="age muted">{words.read(format.away(new Date(Math.min(at, now)).toISOString(), now))}<button type="button" className="link" onClick={() => { void refetch() }}>{words.again}</button></span>
}

/** The time, told again each half minute. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => { const timer = setInterval(() => setNow(Date.now()), 30_000); return () => clearInterval(timer) }, [])
  return now
}

/** The one primary action: a link when `to` is given, else a button. Off while the past is looked at. */
export function Primary({ to, onClick, children }: { readonly to?: string; readonly onClick?: () => void; readonly children: ReactNode }): ReactNode {
  const words = useWords(componentWords)
  const { at } = useSearchValues()
  if (at !== undefined) return <button type="button" className="button primary" disabled title={words.actionsOff}>{children}</button>
  return to === undefined ? <button type="button" className="button primary" onClick={onClick}>{children}</button> : <Go to={to} className="button primary">{children}</Go>
}

/** Something to compare with others. `title` is its h2. */
export const Panel = ({ title, aside, children, standing }: { readonly title?: string; readonly aside?: ReactNode; readonly children: ReactNode; readonly standing?: 'invalid' | 'unknown' }): ReactNode => (
  <section className={`panel${standing === undefined ? '' : ` panel-${standing}`}`}>{title === undefined ? null : <div className="panel-head"><h2>{title}</h2>{aside}</div>}{children}</section>
)

/** Names and what they are: a description list. */
export const Facts = ({ facts }: { readonly facts: readonly (readonly [name: string, value: ReactNode])[] }): ReactNode => (
  <dl className="facts">{facts.map(([name, value]) => <div key={name} className="fact"><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
)

/** What is said where there is nothing: what the thing is, and what would fill it. */
export const Empty = ({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactNode => <div className="empty"><h2>{title}</h2>{children}</div>
