/** A register as a file, as of the date that is looked at. Its hash is recorded before it is sent. */
import IconDownload from '@tabler/icons-react/icons/IconDownload'
import { useState, type ReactNode } from 'react'
import { addressOf, request, Unanswered } from '../client/request.ts'
import { Confirm } from './confirm.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useLanguage, useWords } from '../words/index.tsx'
import { exportWords } from './exportWords.ts'
import './fields.css'

type FileFormat = keyof typeof exportWords.en.formats
interface File_ { readonly name: string; readonly mediaType: string; readonly base64: string; readonly sha256: string; readonly bytes: number }

function save({ name, mediaType, base64 }: File_): void {
  const address = URL.createObjectURL(new Blob([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], { type: mediaType }))
  const link = Object.assign(document.createElement('a'), { href: address, download: name })
  link.click()
  URL.revokeObjectURL(address)
}

/** Asks for the format; works on a past date too, since nothing of that date is changed. */
export function ExportFile({ path, act, formats, controller }: { /** Of the API, which answers the file. */ readonly path: string; readonly act: string; readonly formats: readonly FileFormat[]; readonly controller: string | undefined }): ReactNode {
  const [words, format, shown, { at }] = [useWords(exportWords), useFormat(), useLanguage(), useSearchValues()]
  const [state, setState] = useState<{ open: boolean; busy: boolean; says?: string; failed?: boolean }>({ open: false, busy: false })
  const [chosen, choose] = useState<{ format: string; language: string }>({ format: 'pdf', language: shown })
  const send = async (): Promise<void> => {
    setState({ open: true, busy: true })
    try {
      const file = await request('POST', addressOf(path), { body: { ...chosen, ...(controller === undefined ? {} : { controller }), ...(at === undefined ? {} : { at }) } }) as File_
      save(file)
      setState({ open: true, busy: false, says: words.done(file.name, format.number(file.bytes), file.sha256.slice(0, 8)) })
    } catch (cause) {
      setState({ open: true, busy: false, failed: true, says: cause instanceof Unanswered ? `${cause.problem.detail} (${cause.problem.code})` : String(cause) })
    }
  }
  const field = (name: 'format' | 'language', options: readonly (readonly [string, string])[]): ReactNode => (
    <label className="form-field">{words[name]}<select className="field" value={chosen[name]} onChange={(event) => choose({ ...chosen, [name]: event.target.value })}>{options.map(([value, text]) => <option key={value} value={value}>{text}</option>)}</select></label>
  )
  return (
    <>
      <button type="button" className="button primary" onClick={() => setState({ open: true, busy: false })}><IconDownload size={18} stroke={1.75} aria-hidden />{at === undefined ? words.export : words.exportAt}</button>
      <Confirm open={state.open} close={() => setState({ open: false, busy: false })} act={act} entry="register.exported" busy={state.busy} onConfirm={() => { void send() }}>
        <div className="form">{field('format', formats.map((one) => [one, words.formats[one]] as const))}{field('language', (['en', 'fr'] as const).map((one) => [one, words.languages[one]] as const))}</div>
        <div role="status">{state.says === undefined ? null : <p className={state.failed === true ? 'failed' : undefined}>{state.says}</p>}</div>
      </Confirm>
    </>
  )
}
