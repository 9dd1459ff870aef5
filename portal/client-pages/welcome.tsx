/** After an invitation: who this is, under which contract, by which key; then a passkey. */
import { useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import { Shown } from '../components/failed.tsx'
import { Facts, Page, Panel } from '../components/page.tsx'
import { MakePasskey } from '../components/signWithPasskey.tsx'
import { Go } from '../shell/go.tsx'
import { useSession } from '../shell/session.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { KeyWords } from './keyWords.tsx'
import { clientWords } from './words.ts'

/** Shows it. */
export default function Welcome(): ReactNode {
  const [words, format, { controller, processor, account }] = [useWords(clientWords), useFormat(), useSession()]
  const [home, evidence] = [useRead('/client/home', { always: 'now' }), useRead('/evidence', { always: 'now' })]
  const [made, setMade] = useState(false)
  const where = processor.country === '' ? '' : `, ${format.country(processor.country)}`
  return (
    <Page title={words.welcome(processor.name)} sentence={words.welcomeSentence(account.name, controller?.name ?? '', processor.name)} primary={<Go to={addresses.client} className="button primary">{words.toHome}</Go>} terminal="bailee ledger vkey">
      <div className="two-columns">
        <div>
          <Panel title={words.isItThem}><Shown of={evidence} error="E3">{({ key }) => <KeyWords of={key} />}</Shown></Panel>
          <Panel title={words.passkey}>{made ? <p role="status">{words.passkeyMade}</p> : <div className="stack-small"><p>{words.passkeySays}</p><MakePasskey onMade={() => setMade(true)} /></div>}</Panel>
        </div>
        <div>
          <Panel title={words.parties}><Shown of={home} error="E1" rows={3}>{({ contracts }) => <Facts facts={[[words.processor, `${processor.name}${where}`], [words.you, controller?.name ?? ''], ...contracts.map(({ id, starts, ends, endedAt }): [string, ReactNode] => [words.contract, <span key={id}><Go to={addresses.contract(id)}>{id}</Go><br /><span className="small muted">{endedAt === null ? words.since(format.day(starts), ends === null ? '' : format.day(ends)) : words.endedOn(format.day(endedAt))}</span></span>])]} />}</Shown></Panel>
          <Panel title={words.others}><p>{words.othersSay(processor.name)}</p></Panel>
        </div>
      </div>
    </Page>
  )
}
