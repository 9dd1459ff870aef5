/** Where the data is, as a file: every row of the page's own question, as of the date that is looked at, and what was not searched. */
import IconDownload from '@tabler/icons-react/icons/IconDownload'
import { useState, type ReactNode } from 'react'
import { addressOf, request } from '../client/request.ts'
import { useSearchValues } from '../shell/search.ts'
import { useWords } from '../words/index.tsx'
import { copiesAsCsv } from './csv.ts'
import { copiesAsked, type Listing } from './layout.ts'
import { copiesWords } from './words.ts'

async function allOf(controller: string, at: string | undefined): Promise<{ items: Listing['items']; notSeen: Listing['searched']['notSeen'] }> {
  const items: Listing['items'] = []
  for (let cursor: string | undefined; ;) {
    const page = await request('GET', addressOf('/copies', {}, { ...copiesAsked(controller), at, cursor })) as Listing
    items.push(...page.items)
    if (page.next === null) return { items, notSeen: page.searched.notSeen }
    cursor = page.next
  }
}

/** Works on a past date too, since nothing of that date is changed. */
export function ExportCopies({ controller }: { readonly controller: string }): ReactNode {
  const [words, { at }] = [useWords(copiesWords), useSearchValues()]
  const [state, setState] = useState<'ready' | 'making' | 'failed'>('ready')
  const save = async (): Promise<void> => {
    setState('making')
    try {
      const { items, notSeen } = await allOf(controller, at)
      const address = URL.createObjectURL(new Blob([copiesAsCsv(items, notSeen)], { type: 'text/csv;charset=utf-8' }))
      Object.assign(document.createElement('a'), { href: address, download: `copies-${controller}-${(at ?? new Date().toISOString()).slice(0, 10)}.csv` }).click()
      URL.revokeObjectURL(address)
      setState('ready')
    } catch {
      setState('failed')
    }
  }
  return (
    <>
      <button type="button" className="button" disabled={state === 'making'} onClick={() => { void save() }}><IconDownload size={16} stroke={1.75} aria-hidden />{at === undefined ? words.export : words.exportAt}</button>
      <span role="alert" className="small">{state === 'failed' ? words.notExported : ''}</span>
    </>
  )
}
