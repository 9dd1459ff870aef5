/** One breach, for whoever has to act now: whose data, from which copy, how many people, what is due. What is not known is said where it would stand. */
import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import { NotCovered } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Facts, Page, Panel } from '../components/page.tsx'
import { Range } from '../components/range.tsx'
import { Standing } from '../components/standing.tsx'
import { useMoment } from '../components/time.tsx'
import { Act } from '../components/act.tsx'
import { Go } from '../shell/go.tsx'
import { useHasRole } from '../shell/session.tsx'
import { useFormat, type Format } from '../words/format.ts'
import { useLanguage, useWords, type Translated } from '../words/index.tsx'
import { Attribution } from './attribution.tsx'
import { Describe } from './describe.tsx'
import { endsOf, rowsOf, type BreachPage } from './figures.ts'
import { DraftNotice, Notices, SendNotice } from './notices.tsx'
import { breachWords } from './words.ts'
import '../components/notice.css'

export type BreachWords = Translated<(typeof breachWords)['en']>

/** Shows it. */
export default function OneBreach(): ReactNode {
  const { id } = useParams({ strict: false }) as { id: string }
  const [words, format] = [useWords(breachWords), useFormat()]
  const reading = useRead('/breaches/{id}', { params: { id } })
  const page = reading.error === null ? reading.data : undefined
  return (
    <Page
      title={page === undefined ? id : words.pageTitle(id, page.controller.name)} sentence={page === undefined ? undefined : sentenceOf(page, words, format)} crumbs={[{ name: words.title, to: addresses.breaches }, { name: id }]}
      primary={page === undefined ? undefined : <NextNotice page={page} />} terminal={`bailee breach show ${id}`} read={reading} evidence
    >
      <Shown of={reading} error="E1" rows={10}>{(answer) => <Body page={answer} />}</Shown>
    </Page>
  )
}

function sentenceOf(page: BreachPage, words: BreachWords, format: Format): string {
  const told = page.sentAt !== null ? words.pageTold(page.controller.name, format.moment(page.sentAt)) : page.due === null ? words.pageNoHours(page.controller.name) : words.pageDue(page.controller.name, format.moment(page.due))
  if (page.people === null) return told + words.pageNotCounted
  const { low, high } = endsOf(page.people)
  return told + (low === null ? words.pageUnknown : words.pagePeople(format.range(low, high)))
}

function Body({ page }: { readonly page: BreachPage }): ReactNode {
  const words = useWords(breachWords)
  return (
    <div className="stack">
      <Clocks page={page} />
      <div className="two-columns even"><div><Whose page={page} /></div><div><Panel title={words.s2}><Attribution page={page} /></Panel></div></div>
      <People page={page} />
      <div className="two-columns even">
        <div><Panel title={words.s4}>{page.attribution.length === 0 ? <p className="muted">{words.noColumns}</p> : <><p className="small muted">{words.columns}</p><p className="names">{[...new Set(page.attribution.flatMap(({ columns }) => columns))].join(', ')}</p></>}</Panel></div>
        <div><Panel title={words.s5}><p>{page.effects ?? <span className="muted">{words.notDescribed}</span>}</p></Panel></div>
      </div>
      <Panel title={words.s6} aside={<Describe page={page} />}><p>{page.measures ?? <span className="muted">{words.notDescribed}</span>}</p></Panel>
      <Panel title={words.s7}><Notices page={page} /></Panel>
    </div>
  )
}

/** Every clock with what is left. They run in the zone of the contract, and say so. */
function Clocks({ page }: { readonly page: BreachPage }): ReactNode {
  const [words, format, now] = [useWords(breachWords), useFormat(), useMoment()]
  const shown = page.clocks.map((clock) => {
    const ours = clock.of === 'processor to controller'
    const stopped = ours && page.sentAt !== null
    const big = stopped ? words.stopped : clock.due === null ? (ours ? words.noEnd : words.beginsWhenTold) : format.away(clock.due, now)
    return { ...clock, ours, big, late: !stopped && clock.over }
  })
  return (
    <section className="clocks" aria-label={words.clocks}>
      {shown.map(({ of, law, due, ours, big, late }) => (
        <div key={`${of} ${law}`} className={`panel clock${late ? ' panel-invalid' : ''}`}>
          <h2 className="small">{ours ? words.ofProcessor : words.ofController}</h2>
          <p className={due === null ? 'clock-words' : 'big'}>{big}</p>
          <p className="small muted">{due === null ? null : <>{format.moment(due)}<br /></>}<Law says={law} /></p>
        </div>
      ))}
      <p className="small muted clock-aware">{words.awareBy(format.moment(page.awareAt), page.openedBy)}, {words.byKind[page.cause.kind]} · {page.nature}</p>
    </section>
  )
}

/** What a clock runs by, in the language that is shown; one that is not known here as the ledger's words have it. */
function Law({ says }: { readonly says: string }): ReactNode {
  const words = useWords(breachWords)
  const [, contract, hours, rest] = /^contract (\S+): ([\d.]+) hours(.*)$/.exec(says) ?? []
  const [, authority] = /^Art[.] 33\(1\) GDPR: (\d+) hours/.exec(says) ?? []
  if (contract !== undefined && hours !== undefined) return words.lawContract(contract, hours, rest !== '')
  return authority !== undefined ? words.lawAuthority(authority) : says.startsWith('Art. 33(2)') ? words.lawOpen : <span lang="en">{says}</span>
}

function Whose({ page }: { readonly page: BreachPage }): ReactNode {
  const [words, format] = [useWords(breachWords), useFormat()]
  const { cause, controller } = page
  const name = <Go to={addresses.controller(controller.id)}>{controller.name}</Go>
  return (
    <Panel title={words.s1}>
      <div className="stack-small">
        <p className="row">{name} <Standing is={cause.kind === 'told' ? 'declared' : 'verified'} /></p>
        {cause.kind === 'sample' && cause.found !== null ? <p>{words.whoseMatch(format.number(cause.found), controller.name)}{cause.people === null ? '' : ` ${words.whosePeople(format.number(cause.people))}`}</p> : null}
        {cause.kind === 'finding' && cause.finding !== null ? <p>{words.whoseFinding(controller.name)} <Go to={addresses.finding(cause.finding)}>{words.seeFinding}</Go></p> : null}
        {cause.kind === 'told' ? <p>{words.whoseTold(controller.name)}</p> : null}
        <NotCovered><p>{words.others}</p></NotCovered>
      </div>
    </Panel>
  )
}

/** A range a country, from low to high: the certain part solid, the possible part hatched. */
function People({ page }: { readonly page: BreachPage }): ReactNode {
  const [words, format, language] = [useWords(breachWords), useFormat(), useLanguage()]
  const mayCount = useHasRole('owner', 'dpo')
  const count = mayCount ? <Act name={words.count} entry="breach.counted" path="/breaches/{id}/count" params={{ id: page.id }}><p>{words.counting}</p></Act> : null
  if (page.countedFrom === null) return <Panel title={words.s3} aside={count} standing="unknown"><p>{words.noCount}</p></Panel>
  const named = (country: string): string => (country === '*' ? words.all : country === 'EU' ? words.eu : format.country(country))
  const rows = rowsOf(page.figures, named)
  return (
    <Panel title={words.s3} aside={count}>
      <div className="stack">
        <Range rows={rows} />
        <details className="small"><summary>{words.perCountry}</summary><table className="table" lang={language}><thead><tr><th scope="col">{words.perCountry}</th><th scope="col" className="right">{words.low}</th><th scope="col" className="right">{words.high}</th></tr></thead><tbody>{rows.map(({ name, low, high }) => <tr key={name}><th scope="row">{name}</th><td className="right numbers" data-head={words.low}>{low === null ? words.unknown : format.number(low)}</td><td className="right numbers" data-head={words.high}>{low === null ? words.unknown : high === null ? words.noUpperEnd : format.number(high)}</td></tr>)}</tbody></table></details>
        <Facts facts={[[words.source, words.sources[page.countedFrom.source]], [words.asOf, page.countedFrom.asOf === null ? words.unknown : format.moment(page.countedFrom.asOf)], [words.places, page.countedFrom.places.length === 0 ? words.noPlaces : page.countedFrom.places.join(', ')], [words.method, words.methodSays]]} />
        {page.countedFrom.limits.length === 0 && page.countedFrom.places.length > 0 ? null : <NotCovered>{page.countedFrom.limits.map((limit) => <p key={limit}>{words.countLimits[limit]}</p>)}{page.countedFrom.places.length === 0 ? <p>{words.noPlacesSays}</p> : null}</NotCovered>}
      </div>
    </Panel>
  )
}

/** What the clock waits for: a draft, then its sending. */
function NextNotice({ page }: { readonly page: BreachPage }): ReactNode {
  const may = useHasRole('owner', 'dpo')
  if (!may) return null
  const newest = page.noticeList.at(-1)
  return newest !== undefined && !newest.sent.some(({ outcome }) => outcome === 'sent') ? <SendNotice page={page} phase={newest.phase} /> : <DraftNotice page={page} primary />
}
