import IconDownload from '@tabler/icons-react/icons/IconDownload'
import { useParams } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { addressOf, download } from '../client/request.ts'
import { useRead } from '../client/read.ts'
import { Shown } from '../components/failed.tsx'
import { Facts, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { Names } from '../components/time.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { ledgerWords } from './words.ts'
import './ledger.css'

/** One entry: what was recorded, which of it can still be read, and the very bytes. */
export default function EntryPage(): ReactNode {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const [words, format] = [useWords(ledgerWords), useFormat()]
  const entry = useRead('/ledger/entries/{id}', { params: { id } })
  const answer = entry.error === null && entry.data?.id === id ? entry.data : undefined
  const whose = answer?.controller?.id
  const neighbour = (by: number): string => addresses.entry(`${answer?.log ?? '0'}-${(answer?.index ?? 0) + by}`)
  return (
    <Page
      title={answer === undefined ? id : words.one(format.number(answer.index), answer.log)} sentence={answer === undefined ? undefined : words.oneSentence(answer.type, format.moment(answer.at))} crumbs={[{ name: words.crumb, to: whose === undefined ? addresses.ledger : addresses.ledgerOf(whose) }, { name: id }]} evidence
      others={answer === undefined ? undefined : <>{whose === undefined ? null : <Receipt entry={answer.id} />}{<Go to={neighbour(1)} className="button">{words.after1}</Go>}{answer.index === 0 ? null : <Go to={neighbour(-1)} className="button">{words.before}</Go>}</>}
      terminal={answer === undefined ? undefined : whose === undefined ? 'bailee ledger check' : `bailee ledger receipt ${answer.index} --controller ${whose} --output entry.receipt`} read={entry}
    >
      <Shown of={entry} error="E3">{(shown) => (
        <div className="two-columns">
          <div>
            <Panel title={words.what} aside={<Standing is="verified" loud word={words.whole} />}>
              <div className="stack">
                <p className="muted">{words.wholeWhy}</p>
                <Facts facts={[[words.type, <Names key="type">{shown.type}</Names>], [words.about, shown.about === null ? words.notNamed : <Names key="about">{shown.about}</Names>], [words.when, <Names key="when">{shown.at}</Names>], [words.whose, shown.controller === null ? words.nobodys : <Go key="whose" to={addresses.controller(shown.controller.id)}>{shown.controller.name}</Go>], [words.leaf, <Names key="leaf">{shown.leaf}</Names>]]} />
              </div>
            </Panel>
            <Panel title={words.raw}>
              <div className="stack-small"><p className="muted">{words.rawHow}</p><details><summary>{`${format.number(shown.bytes)} ${words.bytes.toLowerCase()}`}</summary><pre className="raw">{shown.raw}</pre></details></div>
            </Panel>
          </div>
          <div><Panel title={words.partsTitle}><ul className="plain">{shown.parts.map((part) => <li key={part.class}><span>{words.classes[part.class as keyof typeof words.classes] ?? part.class}</span>{part.readable ? <span className="small muted">{words.canRead}</span> : <Standing is="unknown" word={words.gone} />}</li>)}</ul></Panel></div>
        </div>
      )}</Shown>
    </Page>
  )
}

/** What the counterparty keeps: a later bundle must hold this entry. */
function Receipt({ entry }: { readonly entry: string }): ReactNode {
  const [words, { at }] = [useWords(ledgerWords), useSearchValues()]
  const [state, setState] = useState<'ready' | 'making' | 'failed'>('ready')
  const take = (): void => {
    setState('making')
    download(addressOf('/ledger/receipts/{id}', { id: entry }), {}, `${entry}.receipt`).then(() => setState('ready'), () => setState('failed'))
  }
  return (
    <>
      <button type="button" className="button" title={words.receiptWhy} disabled={state === 'making' || at !== undefined} onClick={take}><IconDownload size={16} stroke={1.75} aria-hidden="true" />{state === 'making' ? words.receiptMaking : words.receipt}</button>
      <span role="alert" className="small">{state === 'failed' ? words.receiptNotMade : ''}</span>
    </>
  )
}
