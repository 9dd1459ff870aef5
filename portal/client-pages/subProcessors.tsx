/** Who else gets our data, and until when may we object? */
import type { ReactNode } from 'react'
import { useRead } from '../client/read.ts'
import type { Item } from '../client/shapes.ts'
import { NotCovered } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Empty, Facts, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { useMoment } from '../components/time.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useSession } from '../shell/session.tsx'
import { useFormat, type Format } from '../words/format.ts'
import { useWords, type Translated } from '../words/index.tsx'
import { SayOf } from './sayOf.tsx'
import { clientWords } from './words.ts'
import './client.css'

type One = Item<'/sub-processors'>
type Words = Translated<(typeof clientWords)['en']>

/** Shows them: what waits for a word first. */
export default function SubProcessors(): ReactNode {
  const [words, format, { controller }] = [useWords(clientWords), useFormat(), useSearchValues()]
  const reading = useRead('/sub-processors', { query: { controller, limit: 200 } })
  const { data } = reading
  const first = data?.items.find(({ mayObject }) => mayObject)
  return (
    <Page title={words.subProcessors} sentence={data === undefined ? undefined : sentenceOf(data, words, format)} terminal={`bailee contract sub-processor list ${data?.items[0]?.contract ?? data?.untold[0] ?? data?.none[0] ?? 'CONTRACT'}`} read={reading} primary={first === undefined ? undefined : <SayOf one={first} says={first.until === null ? 'authorised' : 'objected'} primary />} evidence>
      <NotCovered><p>{words.subNotSeen}</p>{(data?.untold ?? []).map((contract) => <p key={contract}><strong>{words.untold(contract)}</strong> {words.untoldMeans}</p>)}</NotCovered>
      <Shown of={reading} error="E2">{({ items, none, untold }) => items.length === 0 ? <Panel><Empty title={none.length > 0 ? words.noneOf : words.noneTold}><p>{none.length > 0 ? words.noneOfSays : untold.length > 0 ? words.noneToldSays : words.noneOnSays}</p></Empty></Panel> : <div className="stack">{items.map((one) => <Link key={`${one.contract} ${one.name}`} one={one} />)}</div>}</Shown>
    </Page>
  )
}

function sentenceOf({ items, open, untold, none }: { readonly items: readonly One[]; readonly open: number; readonly untold: readonly string[]; readonly none: readonly string[] }, words: Words, format: Format): string {
  const may = items.filter(({ authorised }) => authorised).length
  if (items.length === 0) return none.length > 0 ? words.noneSentence : untold.length > 0 ? words.untoldSentence : words.noneOn
  const waits = open === 0 ? words.noneOpen : words.openCount(open, format.number(open))
  return `${words.mayHave(may, format.number(may))} ${waits}`
}

function Link({ one }: { readonly one: One }): ReactNode {
  const [words, format, now] = [useWords(clientWords), useFormat(), useMoment()]
  const { controller } = useSession()
  const { name, country, contact, address, purpose, engagedBy, tier, missing, state, since, until, mayObject, authorised, because, signatory, reasons, disclosures, lastAt, rows } = one
  const told = (value: string | null): ReactNode => value ?? <span className="muted">{words.notTold}</span>
  return (
    <Panel title={`${name}, ${format.country(country)}`} aside={<Standing is={one.standing} loud={mayObject || !authorised} word={mayObject ? words.mayObject : state === 'withdrawn' ? words.states2.withdrawn : authorised ? words.mayHaveIt : words.mayNot} />}>
      <div className="two-columns">
        <div>
          <Facts facts={[
            [words.purpose, told(purpose)], [words.engagedBy, engagedBy === null ? words.theProcessor : engagedBy], [words.rank, words.rankOf(format.number(tier))], [words.contact, contact], [words.address, told(address)],
            ...(missing.includes('contact_person') ? [[words.contactPerson, told(null)] as [string, ReactNode]] : []),
          ]} />
        </div>
        <div className="stack-small">
          <p><strong>{words.states2[state]}</strong> {words.sinceDay(format.day(since))}{signatory === null ? '' : `, ${signatory}`}</p>
          {reasons === null ? null : <p>{words.reasonsOf} {reasons}</p>}
          {mayObject ? <p>{until === null ? words.byName : words.objectUntil(`${format.day(until)}, ${format.away(until, now)}`)}</p> : authorised || because === null ? null : <p className="small muted">{because}</p>}
          <p className="small muted">{disclosures === 0 ? words.noDisclosure : words.disclosed(disclosures, format.number(disclosures), format.number(rows), lastAt === null ? '' : format.day(lastAt))}</p>
          {controller === null || state === 'withdrawn' ? null : <p className="row">{mayObject && until !== null ? <SayOf one={one} says="objected" /> : null}{!authorised ? <SayOf one={one} says="authorised" /> : null}</p>}
        </div>
      </div>
    </Panel>
  )
}
