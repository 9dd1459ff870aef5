/** What is shown when something cannot be read, in three kinds. E1: what failed, the rest of the page stays. E2: what was read before, with its age. E3: nothing at all. */
import type { ReactNode } from 'react'
import type { Reading } from '../client/read.ts'
import type { Unanswered } from '../client/request.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { Skeleton } from './skeleton.tsx'
import { componentWords } from './words.ts'
import './failed.css'

export type FailureKind = 'E1' | 'E2' | 'E3'

/** Says what failed, and offers to try again. */
export function Failed({ kind, error, retry, age }: { readonly kind: FailureKind; readonly error: Unanswered; readonly retry: () => void; readonly age?: string }): ReactNode {
  const words = useWords(componentWords)
  const { status, code, detail } = error.problem
  const what = status === 0 ? words.noAnswer : status === 403 ? words.forbidden : code === 'portal/unreadable' ? words.unreadable : detail
  return (
    <div className="failed" role="alert">
      <p><strong>{age === undefined ? words.failed : words.old(age)}</strong> {what}</p>
      {kind === 'E3' ? <p>{words.closed}</p> : null}
      <p className="row"><button type="button" className="button" onClick={retry}>{words.retry}</button><span className="muted small">{words.problem} <code>{code}</code></span></p>
    </div>
  )
}

interface ShownProps<Result> {
  readonly of: Reading<Result>
  /** E2 goes on showing what was read before; E3 shows nothing, wherever a standing is the point. */
  readonly error: FailureKind
  /** Rows of the skeleton; when left out, about as many as a window shows. */
  readonly rows?: number
  readonly children: (answer: Result) => ReactNode
}

const rowsOfWindow = 18

/** An answer, while it is read, when it is there, and when it cannot be had. */
export function Shown<Result>({ of, error: kind, rows = rowsOfWindow, children }: ShownProps<Result>): ReactNode {
  const format = useFormat()
  const retry = (): void => { void of.refetch() }
  if (of.error !== null && (kind !== 'E2' || of.data === undefined)) return <Failed kind={kind} error={of.error} retry={retry} />
  if (of.data === undefined) return <Skeleton rows={rows} />
  if (of.error === null) return children(of.data)
  return <div className="stack"><Failed kind={kind} error={of.error} retry={retry} age={format.away(new Date(of.dataUpdatedAt).toISOString(), Date.now())} /><fieldset disabled className="old">{children(of.data)}</fieldset></div>
}
