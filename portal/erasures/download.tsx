import IconDownload from '@tabler/icons-react/icons/IconDownload'
import { useState, type ReactNode } from 'react'
import { addressOf, request } from '../client/request.ts'
import { useSearchValues } from '../shell/search.ts'
import { useLanguage, useWords } from '../words/index.tsx'
import { certificateWords } from './certificateWords.ts'

/** Gives the browser a file to keep. `content` is base64. */
export function saveBytes(name: string, type: string, content: string): void {
  const bytes = Uint8Array.from(atob(content), (sign) => sign.charCodeAt(0))
  const address = URL.createObjectURL(new Blob([bytes], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  URL.revokeObjectURL(address)
}

/** The pages of a certificate: signed, and recorded by their hash, before they are handed out. */
export function PdfButton({ id, name }: { readonly id: string; readonly name: string }): ReactNode {
  const [words, language, { at }] = [useWords(certificateWords), useLanguage(), useSearchValues()]
  const [state, setState] = useState<'ready' | 'signing' | 'failed'>('ready')
  const make = async (): Promise<void> => {
    setState('signing')
    try {
      const { pdf } = await request('POST', addressOf('/certificates/{id}/pages', { id }), { body: { language } }) as { pdf: string }
      saveBytes(name, 'application/pdf', pdf)
      setState('ready')
    } catch {
      setState('failed')
    }
  }
  return <><button type="button" className="button" disabled={state === 'signing' || at !== undefined} onClick={() => { void make() }}><IconDownload size={16} stroke={1.75} aria-hidden />{state === 'signing' ? words.signing : words.pdf}</button><span role="alert" className="small">{state === 'failed' ? words.notMade : ''}</span></>
}
