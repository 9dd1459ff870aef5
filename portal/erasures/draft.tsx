/** The certificate as it would be issued now. It is always visible, so that nobody is surprised by its title. */
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { Panel } from '../components/page.tsx'
import { Go } from '../shell/go.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { countsOf, type ExitPage, type ExitPlace } from './places.ts'
import { CertificateMark } from '../components/certificateMark.tsx'
import { exitWords } from './words.ts'

/** Shows it, and the certificates that were issued. */
export function Draft({ page, places }: { readonly page: ExitPage; readonly places: readonly ExitPlace[] }): ReactNode {
  const [words, format] = [useWords(exitWords), useFormat()]
  const counts = countsOf(places)
  const number = format.number
  const issued = page.state === 'certified' ? page.certificate : null
  const pending = counts.pending - page.today.backups.length
  const told = new Set(places.map(({ name }) => name))
  const items = [
    ...(counts.verified === 0 ? [] : [words.itemErased(counts.verified, number(counts.verified))]), ...(counts.invalid === 0 ? [] : [words.itemLeft(counts.invalid, number(counts.invalid))]), ...(pending <= 0 ? [] : [words.itemPending(pending, number(pending))]),
    ...page.today.backups.map(({ store, until }) => words.itemBackup(store, format.day(until))), ...(counts.declared === 0 ? [] : [words.itemDeclared(counts.declared, number(counts.declared))]), ...(counts.notSearched === 0 ? [] : [words.itemUnknown(counts.notSearched, number(counts.notSearched))]),
    ...page.exceptions.map(({ store, place, until }) => words.itemExcept(store, place, format.day(until))),
    ...page.today.obstacles.filter(({ store, place }) => store !== '*' && !told.has(`${store} · ${place}`) && !told.has(`${store}: ${place}`) && !told.has(store)).map(({ store, place, because }) => words.itemOther(store, place, because)),
  ]
  return (
    <Panel title={issued === null ? words.draft : words.issued}>
      <div className="stack-small">
        <p><CertificateMark status={issued?.status ?? page.today.status} loud /></p>
        <ul className="draft">{items.map((item) => <li key={item}>{item}</li>)}</ul>
        {page.state === 'reopened' ? <p>{words.reopened}</p> : null}
        {page.certificates.length === 0 ? null : <ul className="certificate-list small">{page.certificates.map((one) => <li key={one.id}><Go to={addresses.certificate(one.id)}>{one.id}</Go> <span className="muted">{words.issuedOn(format.day(one.issuedAt))}</span> {one.status === 'invalidated' ? <CertificateMark status="invalidated" /> : null}</li>)}</ul>}
      </div>
    </Panel>
  )
}
