/** Is our data gone? The choice, how it goes, and the certificates. */
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { NotCovered } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Page, Panel, Primary, together } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { useMoment } from '../components/time.tsx'
import { CertificateMark } from '../components/certificateMark.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useHasRole, useSession } from '../shell/session.tsx'
import { useFormat, type Format } from '../words/format.ts'
import { Sentence, useWords, type Translated } from '../words/index.tsx'
import { EndOf } from './choice.tsx'
import { clientEndWords } from './words.ts'
import '../components/exit.css'

type Home = Answer<'/client/home'>
type Erasures = Answer<'/erasures'>
type EndWords = Translated<(typeof clientEndWords)['en']>

/** Shows it. */
export default function ClientErasure(): ReactNode {
  const [words, format, now, { controller }] = [useWords(clientEndWords), useFormat(), useMoment(), useSearchValues()]
  const [home, erasures] = [useRead('/client/home', { query: { controller } }), useRead('/erasures', { query: { controller, limit: 200 } })]
  const read = home.error === null && erasures.error === null && home.data !== undefined && erasures.data !== undefined ? { home: home.data, erasures: erasures.data } : undefined
  const [newest] = read?.erasures.items ?? []
  return (
    <Page
      title={words.title} sentence={read === undefined ? undefined : sentenceOf(read, { words, format, now })} terminal="bailee erasure list" read={together(home, erasures)} evidence
      primary={newest === undefined ? undefined : newest.certificate !== null ? <Primary to={addresses.certificate(newest.certificate.id)}>{words.seeCertificate}</Primary> : <Primary to={addresses.erasure(newest.id)}>{words.see}</Primary>}
    >
      <Shown of={home} error="E3">{(first) => <Shown of={erasures} error="E3">{(second) => (
        <div className="stack">
          <Choices home={first} />
          <Panel title={words.cases}>{second.items.length === 0 ? <p className="muted">{words.none}</p> : <ul className="certificate-list">{second.items.map((one) => <Case key={one.id} one={one} />)}</ul>}</Panel>
          <Panel title={words.notSeen}><NotCovered><p>{words.notSeenSays}</p></NotCovered></Panel>
        </div>)}</Shown>}</Shown>
    </Page>
  )
}

function sentenceOf({ home, erasures }: { home: Home; erasures: Erasures }, { words, format, now }: { words: EndWords; format: Format; now: number }): string {
  const [newest] = erasures.items
  if (newest !== undefined) {
    if (newest.certificate?.status === 'invalidated') return words.broken
    if (newest.certificate?.status === 'partial') return words.partial(words.places(newest.places - newest.done, format.number(newest.places - newest.done)))
    return newest.state === 'certified' ? words.gone(words.places(newest.places, format.number(newest.places))) : words.open(format.day(newest.deadline))
  }
  const [contract] = home.contracts
  if (contract === undefined) return words.nothing
  return contract.endedAt !== null ? words.endsPast(format.day(contract.endedAt)) : contract.ends === null ? words.noEnd : words.ends(format.day(contract.ends), format.away(contract.ends, now))
}

/** What happens at the end. It is signed by a signatory; nothing is assumed where nobody chose. */
function Choices({ home }: { readonly home: Home }): ReactNode {
  const [words, format] = [useWords(clientEndWords), useFormat()]
  const { controller } = useSession()
  const signs = useHasRole('signatory')
  return (
    <Panel title={words.choice}>
      {home.contracts.length === 0 ? <p className="muted">{words.nothing}</p> : home.contracts.map(({ id, choice, ends, endedAt }) => (
        <div key={id} className="stack-small">
          <p><strong>{id}</strong>{ends === null ? '' : ` · ${endedAt === null ? format.day(ends) : words.endsPast(format.day(endedAt))}`}</p>
          <p><Sentence>{choice === null ? words.nobody : `${words.chosen(words.choices[choice.choice])}${choice.recipient === null ? '' : ` (${choice.recipient})`}, ${words.from[choice.from]}.`}</Sentence></p>
          {endedAt !== null && choice !== null ? <p className="small muted">{words.settled}</p> : <p className="small muted">{endedAt === null ? words.change : ''} {signs || controller === null ? null : words.whoCan(controller.name)}</p>}
          <EndOf contract={id} />
        </div>))}
    </Panel>
  )
}

function Case({ one }: { readonly one: Erasures['items'][number] }): ReactNode {
  const [words, format] = [useWords(clientEndWords), useFormat()]
  return (
    <li className="stack-small">
      <p className="row"><Go to={addresses.erasure(one.id)}>{one.contract}</Go>{one.certificate === null ? <Standing is={one.standing} /> : <CertificateMark status={one.certificate.status} />}</p>
      <p className="small muted">{words.done(format.number(one.done), format.number(one.places))} · {one.residual === null ? words.unknown : words.left(format.number(one.residual))} · {words.until(format.day(one.deadline))}</p>
      <p className="small">{one.certificate === null ? words.noCertificate : <><Go to={addresses.certificate(one.certificate.id)}>{one.certificate.id}</Go> <span className="muted">{words.issued(format.day(one.certificate.issuedAt))}</span></>}</p>
    </li>
  )
}
