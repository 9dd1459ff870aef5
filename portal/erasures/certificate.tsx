/** What a certificate says, what it does not say, and whether it still holds. Invalid is a fact about the statement: a genuine signature is never shown larger than that. */
import IconDownload from '@tabler/icons-react/icons/IconDownload'
import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { NotCovered } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Facts, Page, Panel, Primary } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { useMoment } from '../components/time.tsx'
import { Go } from '../shell/go.tsx'
import { useSession } from '../shell/session.tsx'
import { useFormat, type Format } from '../words/format.ts'
import { useWords, type Translated } from '../words/index.tsx'
import { certificateWords } from './certificateWords.ts'
import { documentOf, type SignedPlace } from './document.ts'
import { PdfButton, saveBytes } from './download.tsx'
import { CertificateMark } from '../components/certificateMark.tsx'
import { componentWords } from '../components/words.ts'
import { exitWords } from './words.ts'
import './certificate.css'

type Certificate = Answer<'/certificates/{id}'>
type CertificateWords = Translated<(typeof certificateWords)['en']>

/** Shows one. Never a standing that was kept. */
export default function OneCertificate(): ReactNode {
  const { id } = useParams({ strict: false }) as { id: string }
  const [words, titles, format] = [useWords(certificateWords), useWords(exitWords), useFormat()]
  const reading = useRead('/certificates/{id}', { params: { id } })
  const page = reading.error === null ? reading.data : undefined
  const invalid = page?.status === 'invalidated'
  return (
    <Page
      title={invalid ? words.invalidTitle(id) : words.title(id)} sentence={page === undefined ? undefined : sentenceOf(page, { words, titles, format })}
      crumbs={[{ name: titles.erasures, to: addresses.erasures }, ...(page === undefined ? [] : [{ name: page.controller.name, to: addresses.erasure(page.erasure) }]), { name: id }]}
      primary={page === undefined ? undefined : invalid ? <Primary to={addresses.erasure(page.erasure)}>{words.seeCase}</Primary> : <Verify />}
      others={page === undefined ? undefined : <Downloads page={page} />}
      terminal={`bailee erasure certificate ${id} --pdf certificate.pdf`} read={reading} evidence
    >
      <Shown of={reading} error="E3" rows={10}>{(answer) => <Body page={answer} />}</Shown>
    </Page>
  )
}

const statusOf = (page: Certificate): 'complete' | 'complete_with_exceptions' | 'pending_backup_expiry' | 'partial' => documentOf(page.document).status

function sentenceOf(page: Certificate, { words, titles, format }: { words: CertificateWords; titles: Translated<(typeof exitWords)['en']>; format: Format }): string {
  if (page.status === 'invalidated') return words.broken(format.day(page.invalidatedAt ?? page.issuedAt))
  return page.findings.length > 0 ? words.doubted(page.findings.length, format.number(page.findings.length)) : words.holds(titles.titles[statusOf(page)], format.day(page.issuedAt))
}

function Body({ page }: { readonly page: Certificate }): ReactNode {
  const words = useWords(certificateWords)
  const document = documentOf(page.document)
  const invalid = page.status === 'invalidated'
  return (
    <div className="stack">
      {invalid ? <p className="print-invalid" aria-hidden>{`${words.printBanner} · ${page.id}`}</p> : null}
      <Banner page={page} />
      <div className={invalid ? 'two-columns even said' : 'two-columns even'}><div><Says page={page} /></div><div><SaysNot page={page} /></div></div>
      <div className={invalid ? 'two-columns said' : 'two-columns'}>
        <div><Places places={document.places} /></div>
        <div><About page={page} /><Panel title={words.verifyHow}><div className="stack-small"><p>{words.verifySays}</p><p><code>{`bailee-verify ${page.id}.dsse.json`}</code></p><p className="small muted">{words.hash}: <span className="names">{page.sha256}</span></p><p className="small muted">{words.pdfHow}</p></div></Panel></div>
      </div>
      <Panel title={words.limits}><ul className="draft small">{document.limits.map((one) => <li key={one} lang="en">{one}</li>)}</ul></Panel>
    </div>
  )
}

/** Holds, or does not. */
function Banner({ page }: { readonly page: Certificate }): ReactNode {
  const [words, titles, format, now] = [useWords(certificateWords), useWords(componentWords).certificateStatuses, useFormat(), useMoment()]
  if (page.status === 'invalidated') {
    return (
      <section className="banner banner-invalid" aria-label={words.invalidHead(format.day(page.invalidatedAt ?? page.issuedAt))}>
        <p className="row"><Standing is="invalid" loud /><strong className="banner-head">{words.invalidHead(format.day(page.invalidatedAt ?? page.issuedAt))}</strong></p>
        <p>{words.because}: {page.invalidatedBecause ?? ''}. {words.genuine}</p>
        {page.erasureState === 'reopened' ? <p>{words.reopened} <Go to={addresses.erasure(page.erasure)}>{words.seeCase}</Go></p> : null}
        <FoundSince page={page} />
      </section>
    )
  }
  const status = statusOf(page)
  return (
    <section className={`banner banner-${page.holds ? 'holds' : 'doubt'}`} aria-label={words.holdsHead(format.moment(new Date(now).toISOString()))}>
      <p className="row"><CertificateMark status={status} loud /><strong className="banner-head">{page.holds ? words.holdsHead(format.moment(new Date(now).toISOString())) : words.doubted(page.findings.length, format.number(page.findings.length)).replaceAll('**', '')}</strong></p>
      <p>{words.titled(titles[status])}</p>
      <FoundSince page={page} />
    </section>
  )
}

function FoundSince({ page: { findings } }: { readonly page: Certificate }): ReactNode {
  const words = useWords(certificateWords)
  return findings.length === 0 ? null : <p>{words.findingsHead}: {findings.map((id, index) => <span key={id}>{index === 0 ? '' : ', '}<Go to={addresses.finding(id)}>{id}</Go></span>)}</p>
}

function Says({ page }: { readonly page: Certificate }): ReactNode {
  const [words, format] = [useWords(certificateWords), useFormat()]
  const { places, verification, withinDeadline } = documentOf(page.document)
  return (
    <Panel title={page.status === 'invalidated' ? words.itSaid : words.says}>
      <ul className="draft statement">
        <li>{words.placesSearched(places.length, format.number(places.length), format.number(verification.residual))}</li><li>{words.stores(verification.stores, format.number(verification.stores))}, {format.moment(verification.at)}</li><li lang="en">{verification.method}</li><li>{withinDeadline ? words.within : words.late}</li>
      </ul>
    </Panel>
  )
}

/** Its limits in this case: never behind a click. */
function SaysNot({ page }: { readonly page: Certificate }): ReactNode {
  const [words, format] = [useWords(certificateWords), useFormat()]
  const document = documentOf(page.document)
  return (
    <Panel title={words.saysNot}>
      <NotCovered><ul className="draft">
        {document.obstacles.map(({ store, place, because }) => <li key={`${store} ${place} ${because}`}>{words.nothingOf(store, place, because)}</li>)}{document.backups.map(({ store, expires }) => <li key={store}>{words.backupUntil(store, format.day(expires))}</li>)}{document.subProcessors.map((name) => <li key={name}>{words.subOnly(name)}</li>)}
        {document.physical.map(({ store, because }) => <li key={store}>{words.physical(store, because)}</li>)}
      </ul></NotCovered>
    </Panel>
  )
}

function Places({ places }: { readonly places: readonly SignedPlace[] }): ReactNode {
  const [words, format] = [useWords(certificateWords), useFormat()]
  const columns: readonly [Column<SignedPlace>, ...Column<SignedPlace>[]] = [
    { name: 'place', head: words.place, cell: ({ store, place }) => <span className="names-wrap">{store} · <span className="names">{place}</span></span> }, { name: 'how', head: words.how, cell: ({ method }) => method },
    { name: 'people', head: words.people, numbers: true, cell: ({ people }) => format.number(people) }, { name: 'rows', head: words.rows, numbers: true, cell: ({ rows }) => format.number(rows) }, { name: 'done', head: words.done, cell: ({ ended }) => (ended === null ? '' : format.day(ended)) },
  ]
  return <Panel title={words.places}><DataTable caption={words.places} rows={places} keyOf={({ store, place }) => `${store} ${place}`} columns={columns} /></Panel>
}

function About({ page }: { readonly page: Certificate }): ReactNode {
  const [words, exit, format] = [useWords(certificateWords), useWords(exitWords), useFormat()]
  const document = documentOf(page.document)
  const others = page.versions.filter((id) => id !== page.id)
  return (
    <Panel title={words.standingHead}>
      <Facts facts={[
        [words.controller, document.controller], [words.processor, document.processor], [words.contract, `${document.contract}${document.ended === null ? '' : `, ${words.ended} ${format.day(document.ended)}`}`], [words.deadline, format.day(document.deadline)],
        ...(document.choice === null ? [] : [[words.choice, exit.choices[document.choice]] as const]), [words.signed, document.signatories.map(({ person, role }) => (role === 'checked' ? words.checked(person) : words.did(person))).join(', ')],
        [words.inLedger, <Go key="entry" to={addresses.ledger}>{words.entry(format.number(page.entry))}</Go>], [words.witnessed, document.witnessed ? words.independently : words.nobody], [words.fingerprints, document.fingerprintsUntil === null ? words.noFingerprints : words.untilDay(format.day(document.fingerprintsUntil))],
        [words.seeExit, <Go key="exit" to={addresses.erasure(page.erasure)}>{page.erasure}</Go>],
        ...(others.length === 0 ? [] : [[words.versions, <span key="versions">{others.map((id) => <Go key={id} to={addresses.certificate(id)}>{id}</Go>)}</span>] as const]),
      ]} />
    </Panel>
  )
}

function Verify(): ReactNode {
  const words = useWords(certificateWords)
  const { controller } = useSession()
  return <Primary to={controller === null ? addresses.ledger : addresses.clientEvidence}>{words.verify}</Primary>
}

/** The name of a file says what it is worth, too. */
const fileName = ({ id, status }: Certificate): string => (status === 'invalidated' ? `INVALID-${id}` : id)

function Downloads({ page }: { readonly page: Certificate }): ReactNode {
  const words = useWords(certificateWords)
  const json = (): void => saveBytes(`${fileName(page)}.dsse.json`, 'application/json', page.envelope)
  return <><button type="button" className="button" onClick={json}><IconDownload size={16} stroke={1.75} aria-hidden />{words.json}</button><PdfButton id={page.id} name={`${fileName(page)}.pdf`} /></>
}
