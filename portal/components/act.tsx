/** Doing something that is recorded: what will be recorded stands there first, then it is sent once, and what the page shows is read again. */
import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { addressOf, request, Unanswered, type Values } from '../client/request.ts'
import { Confirm, keepFocus } from './confirm.tsx'
import { Primary } from './page.tsx'
import { useSearchValues } from '../shell/search.ts'
import './fields.css'

interface ActProps {
  /** Verb and object. */
  readonly name: string
  /** Such as `erasure.confirmed`. */
  readonly entry: string
  /** Below the API. */
  readonly path: string
  readonly params?: Values
  readonly method?: 'POST' | 'DELETE'
  readonly body?: () => object
  readonly primary?: boolean
  readonly disabled?: boolean
  /** What is still missing; nothing is sent until then. */
  readonly incomplete?: string | undefined
  readonly onDone?: (answer: unknown) => void
  readonly children?: ReactNode
}

/** A button that asks before it acts. A refusal is shown where it was asked. */
export function Act({ name, entry, path, params = {}, method = 'POST', body, primary = false, disabled = false, incomplete, onDone, children }: ActProps): ReactNode {
  const [open, setOpen] = useState(false)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const queries = useQueryClient()
  const { at } = useSearchValues()
  const send = async (): Promise<void> => {
    if (incomplete !== undefined) return setProblem(incomplete)
    setBusy(true)
    setProblem(undefined)
    try {
      const answer = await request(method, addressOf(path, params), method === 'POST' ? { body: body?.() ?? {} } : {})
      setOpen(false)
      onDone?.(answer)
      await queries.invalidateQueries()
      keepFocus()
    } catch (cause) {
      setProblem(cause instanceof Unanswered ? `${cause.problem.detail} (${cause.problem.code})` : String(cause))
    } finally {
      setBusy(false)
    }
  }
  const ask = (): void => { setProblem(undefined); setOpen(true) }
  return (
    <>
      {primary && !disabled ? <Primary onClick={ask}>{name}</Primary> : <button type="button" className={`button${primary ? ' primary' : ''}`} disabled={disabled || at !== undefined} onClick={ask}>{name}</button>}
      <Confirm open={open} close={() => setOpen(false)} act={name} entry={entry} busy={busy} onConfirm={() => { void send() }}>
        {children}
        <div role="alert">{problem === undefined ? null : <p className="failed">{problem}</p>}</div>
      </Confirm>
    </>
  )
}
