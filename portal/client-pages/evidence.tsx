/** Can I check it without you? The bundle, what is in it, which were taken, and where each is checked. */
import IconDownload from '@tabler/icons-react/icons/IconDownload'
import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { addressOf, download } from '../client/request.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { CertificateMark } from '../components/certificateMark.tsx'
import { NotCovered } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Facts, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { Names } from '../components/time.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useFormat, type Format } from '../words/format.ts'
import { useWords, type Translated } from '../words/index.tsx'
import { verifyAddress } from './key.ts'
import { KeyWords } from './keyWords.tsx'
import { clientWords } from './words.ts'

type Evidence = Answer<'/evidence'>
type Words = Translated<(typeof clientWords)['en']>

/** Shows it. */
export default function EvidencePage(): ReactNode {
  const [words, format, { controller }] = [useWords(clientWords), useFormat(), useSearchValues()]
  const evidence = useRead('/evidence', { query: { controller } })
  const { data } = evidence
  const whose = controller === undefined ? undefined : data?.controller.id
  const nothingFixed = data?.log.fixed === null // then there is nothing to be verified but what a bundle fixes
  return (
    <Page
      title={words.evidenceTitle} sentence={data === undefined ? undefined : sentenceOf(data, words, format)} terminal={data?.commands.join(' && ')} read={evidence} evidence
      primary={nothingFixed ? <Download controller={whose} primary /> : <a className="button primary" href={verifyAddress(whose)}>{words.verify}</a>} others={nothingFixed ? undefined : <Download controller={whose} />}
    >
      <Shown of={evidence} error="E3">{(shown) => <Body evidence={shown} />}</Shown>
    </Page>
  )
}

function sentenceOf({ log, witnesses }: Evidence, words: Words, format: Format): string {
  const fixed = log.fixed === null ? words.nothingFixed(format.number(log.size)) : words.fixedOf(format.number(log.fixed.size), format.number(log.size))
  return `${fixed} ${witnesses.configured === 0 ? words.noWitness : words.cosigned(witnesses.cosigned, format.number(witnesses.cosigned), format.number(witnesses.configured))}`
}

function Body({ evidence }: { readonly evidence: Evidence }): ReactNode {
  const [words, format] = [useWords(clientWords), useFormat()]
  const { log, root, key, certificates } = evidence
  return (
    <div className="two-columns">
      <div>
        <Panel title={words.theKey}><KeyWords of={key} /></Panel>
        <Panel title={words.inBundle}>
          <div className="stack-small"><ul>{words.parts.split('\n').map((one) => <li key={one}>{one}</li>)}</ul>
          <NotCovered><p>{words.notInBundle}</p></NotCovered></div>
        </Panel>
        <Panel title={words.taken}><Taken bundles={evidence.bundles} /></Panel>
      </div>
      <div>
        <Panel title={words.record} aside={<Standing is={evidence.witnesses.configured === 0 ? 'declared' : evidence.witnesses.cosigned === evidence.witnesses.configured ? 'verified' : 'pending'} />}>
          <Facts facts={[[words.entries, <Go key="e" to={addresses.ledgerOf(evidence.controller.id)}>{format.number(log.size)}</Go>], [words.checkpoint, log.fixed === null ? words.none : words.entriesOf(log.fixed.size, format.number(log.fixed.size))], [words.snapshots, format.number(root.snapshots)], [words.log, <Names key="l">{log.origin}</Names>], [words.key, key.vkey === null ? words.unknown : <Names key="k">{key.vkey}</Names>]]} />
        </Panel>
        <Panel title={words.certificates}>{certificates.length === 0 ? <p className="muted">{words.noCertificate}</p> : <ul className="plain">{certificates.map(({ id, status, issuedAt }) => <li key={id}><Go to={addresses.certificate(id)}>{id}</Go><span className="row"><CertificateMark status={status} /><span className="small muted">{format.day(issuedAt)}</span></span></li>)}</ul>}</Panel>
        <Panel title={words.otherTools}><p>{words.otherToolsSay}</p><p><code>bailee-verify evidence.zip --pin {key.vkey ?? 'KEY'}</code></p></Panel>
      </div>
    </div>
  )
}

function Taken({ bundles }: { readonly bundles: Evidence['bundles'] }): ReactNode {
  const [words, format] = [useWords(clientWords), useFormat()]
  if (bundles.length === 0) return <p className="muted">{words.noneTaken}</p>
  return <ul className="plain">{bundles.map(({ at, entries, bytes, sha256, mine }) => <li key={sha256}><span>{format.moment(at)}{mine ? `, ${words.byYou}` : ''}<br /><span className="small muted">SHA-256 <Names>{sha256}</Names></span></span><span className="small numbers">{words.entriesOf(entries, format.number(entries))}, {words.sizeOf(format.number(Math.ceil(bytes / 1_000)))}</span></li>)}</ul>
}

/** Asks for the bundle and hands it to the browser. What will be recorded stands beside the button. */
function Download({ controller, primary = false }: { readonly controller: string | undefined; readonly primary?: boolean }): ReactNode {
  const [words, { at }, queries] = [useWords(clientWords), useSearchValues(), useQueryClient()]
  const [state, setState] = useState<'ready' | 'making' | 'failed'>('ready')
  const take = async (): Promise<void> => {
    setState('making')
    try {
      await download(addressOf('/evidence/bundle'), controller === undefined ? {} : { controller }, 'evidence.zip')
      setState('ready')
      await queries.invalidateQueries()
    } catch {
      setState('failed')
    }
  }
  return (
    <>
      <button type="button" className={primary ? 'button primary' : 'button'} disabled={state === 'making' || at !== undefined} onClick={() => { void take() }}><IconDownload size={16} stroke={1.75} aria-hidden />{state === 'making' ? words.making : words.download}</button>
      <span role="alert" className="small">{state === 'failed' ? words.notTaken : ''}</span>
    </>
  )
}
