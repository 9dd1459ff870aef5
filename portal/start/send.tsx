/** A form of the first run: sent once, refused where it stands, and then everything is read again. */
import { useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent, type ReactNode } from 'react'
import { addressOf, request, Unanswered } from '../client/request.ts'
import { useWords } from '../words/index.tsx'
import { startWords } from './words.ts'

interface SendProps<Answer> {
  readonly path: string
  readonly body: () => object
  /** Verb and object. */
  readonly name: string
  /** What is still missing, in words; nothing is sent until then. */
  readonly missing?: string | undefined
  readonly onDone?: (answer: Answer) => void
  /** Nothing is recorded: only asked. */
  readonly quiet?: boolean
  readonly children: ReactNode
}

/** Shows one. */
export function Send<Answer>({ path, body, name, missing, onDone, quiet = false, children }: SendProps<Answer>): ReactNode {
  const words = useWords(startWords)
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const queries = useQueryClient()
  const send = async (event: FormEvent): Promise<void> => {
    event.preventDefault()
    event.stopPropagation()
    if (missing !== undefined) return setProblem(words.missing(missing))
    setBusy(true)
    setProblem(undefined)
    try {
      const answer = await request('POST', addressOf(path), { body: body() }) as Answer
      onDone?.(answer)
      if (!quiet) await queries.invalidateQueries()
    } catch (cause) {
      setProblem(cause instanceof Unanswered ? `${cause.problem.detail} (${cause.problem.code})` : String(cause))
    } finally {
      setBusy(false)
    }
  }
  return (
    <form className="form" onSubmit={(event) => { void send(event) }}>
      {children}
      <div role="alert">{problem === undefined ? null : <p className="failed">{problem}</p>}</div>
      <div className="row"><button type="submit" className="button primary" disabled={busy}>{name}</button></div>
    </form>
  )
}

/** A short name made of what somebody wrote: theirs to change. */
export const shortName = (text: string): string => text.normalize('NFD').replaceAll(/[\u0300-\u036f]/g, '').toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-+|-+$/g, '').slice(0, 40)
