/** Some of what leaked, handed to the server as it is: it is read there in memory, and kept nowhere. */
import { useQueryClient } from '@tanstack/react-query'
import { useId, useState, type ReactNode } from 'react'
import { addressOf, Unanswered, upload, type Values } from '../client/request.ts'
import { Confirm } from '../components/confirm.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useWords } from '../words/index.tsx'
import { breachWords } from './words.ts'
import '../components/fields.css'

interface SampleProps { readonly name: string; readonly entry: string; readonly path: string; readonly params?: Values; readonly query?: () => Values; readonly incomplete?: string | undefined; readonly onDone?: (answer: unknown) => void; readonly children?: ReactNode }

/** The button, and the question for the file behind it. */
export function GiveSample({ name, entry, path, params = {}, query, incomplete, onDone, children }: SampleProps): ReactNode {
  const [words, queries, { at }, id] = [useWords(breachWords), useQueryClient(), useSearchValues(), useId()]
  const [open, setOpen] = useState(false)
  const [busy, setBusy] = useState(false)
  const [file, setFile] = useState<File>()
  const [said, setSaid] = useState<string>()
  const send = async (): Promise<void> => {
    if (file === undefined || incomplete !== undefined) return setSaid(incomplete ?? words.needFile)
    setBusy(true)
    setSaid(undefined)
    try {
      const answer = await upload(addressOf(path, params, query?.() ?? {}), file)
      setOpen(false)
      onDone?.(answer)
      await queries.invalidateQueries()
    } catch (cause) {
      setSaid(cause instanceof Unanswered ? `${cause.problem.detail} (${cause.problem.code})` : String(cause))
    } finally {
      setBusy(false)
    }
  }
  return (
    <>
      <button type="button" className="button" disabled={at !== undefined} onClick={() => setOpen(true)}>{name}</button>
      <Confirm open={open} close={() => setOpen(false)} act={name} entry={entry} busy={busy} onConfirm={() => { void send() }}>
        <div className="form">
          {children}
          <div className="form-field"><label htmlFor={id}>{words.file}</label><span id={`${id}-help`} className="form-help">{words.fileHelp}</span><input id={id} type="file" className="field" aria-describedby={`${id}-help`} onChange={(event) => setFile(event.target.files?.[0])} /></div>
        </div>
        <div role="alert">{said === undefined ? null : <p className="failed">{said}</p>}</div>
      </Confirm>
    </>
  )
}
