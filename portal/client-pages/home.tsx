/** The state of a controller's data on a page: is it used as we said, and where is it? */
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Coverage } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Empty, Facts, Page, Panel, Primary } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { useMoment } from '../components/time.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useHasRole } from '../shell/session.tsx'
import { useFormat, type Format } from '../words/format.ts'
import { Sentence, useWords, type Translated } from '../words/index.tsx'
import { verifyAddress } from './key.ts'
import { clientWords } from './words.ts'
import './client.css'

type Home = Answer<'/client/home'>
type Words = Translated<(typeof clientWords)['en']>
interface Waiting { readonly what: string; readonly note: string; readonly to: string; readonly act: string; readonly standing: 'invalid' | 'pending' }
interface Saying { readonly words: Words; readonly format: Format; readonly now: number; readonly signs: boolean }

/** Shows it. */
export default function ClientHome(): ReactNode {
  const [words, format, now, { controller }] = [useWords(clientWords), useFormat(), useMoment(), useSearchValues()]
  const signs = useHasRole('signatory')
  const home = useRead('/client/home', { query: { controller } })
  const { data } = home
  const waits = data === undefined ? [] : waitsOf(data, { words, format, now, signs })
  const [first] = waits
  return (
    <Page
      title={data === undefined ? words.homeTitle : words.homeOf(data.controller.name, data.processor.name)} sentence={data === undefined ? undefined : sentenceOf(data, words, format)} terminal="bailee trace findings" read={home}
      primary={first === undefined ? undefined : <Primary to={first.to}>{first.act}</Primary>}
    >
      <Shown of={home} error="E2">{(shown) => <Body home={shown} waits={waits} />}</Shown>
    </Page>
  )
}

/** Is our data used as we said, and where is it? What is not known of that is in the same sentence. */
function sentenceOf({ places, searched, allowed, countries }: Home, words: Words, format: Format): string {
  const left = searched.stores - searched.searched
  const unsearched = searched.at === null ? words.neverSearched : left === 0 ? words.allSearched(searched.stores, format.number(searched.stores)) : words.notSearched(left, format.number(left))
  if (places.underNone > 0) return `${words.underNone(places.underNone, format.number(places.underNone), format.range(places.people.atLeast, places.people.atMost), format.list(countries.flatMap(({ country }) => (country === null ? [] : [format.country(country)]))))} ${unsearched}`
  if (places.underInstruction === 0) return `${allowed.length === 0 ? `${words.nothingAllowed} ` : ''}${words.noPlace} ${unsearched}`
  return `${(allowed.length === 0 ? words.inPlacesDeclared : words.inPlaces)(places.underInstruction, format.number(places.underInstruction))} ${allowed.length === 0 ? `${words.nothingAllowed} ` : ''}${unsearched}`
}

/** What waits for somebody of theirs: what is wrong first, then what has a day. A viewer is told the same, and who can do it. */
function waitsOf({ waits, objections, unread, places, controller }: Home, { words, format, now, signs }: Saying): Waiting[] {
  const due = (at: string | null): string => (at === null ? '' : `${format.day(at)}, ${format.away(at, now)}`)
  const act = (verb: string, otherwise = words.read): string => (signs ? verb : otherwise)
  const note = (text: string): string => [text, ...(signs ? [] : [words.signatoryCan(controller.name)])].filter((one) => one !== '').join(' · ')
  const found = waits.map((need): Waiting => {
    const id = need.ids[0] ?? ''
    if (need.kind === 'finding') return { what: words.needFinding(need.count, format.number(need.count)), note: words.people(format.range(places.people.atLeast, places.people.atMost)), to: addresses.clientCopies, act: words.seeThem, standing: 'invalid' }
    if (need.kind === 'proposal') return { what: words.needProposal(id), note: note(need.detail ?? ''), to: addresses.clientInstruction(id), act: act(words.readAndDecide(id), words.readIt(id)), standing: 'pending' }
    if (need.kind === 'choice') return { what: words.needChoice(id), note: note(due(need.due)), to: addresses.clientErasure, act: act(words.choose), standing: 'pending' }
    return { what: words.needExit(id), note: due(need.due), to: addresses.clientErasure, act: words.see, standing: 'pending' }
  })
  return [
    ...found,
    ...objections.map(({ name, until }): Waiting => ({ what: words.needObjection(name), note: note(until === null ? words.byName : words.objectUntil(due(until))), to: addresses.clientSubProcessors, act: act(words.decide(name)), standing: 'pending' })),
    ...(unread === 0 ? [] : [{ what: words.needNotice(unread, format.number(unread)), note: note(''), to: addresses.clientNotices, act: words.readNotices, standing: 'pending' as const }]),
  ]
}

function Body({ home, waits }: { readonly home: Home; readonly waits: readonly Waiting[] }): ReactNode {
  const words = useWords(clientWords)
  return (
    <div className="stack">
      <Panel title={words.waits}>{waits.length === 0 ? <p className="muted">{words.nothingWaits}</p> : (
        <ul className="plain waits">{waits.map(({ what, note, to, act, standing }) => <li key={`${what} ${to}`}><span><Standing is={standing} finding={standing === 'invalid'} word={standing === 'invalid' ? words.noInstruction : words.waiting} /> <strong>{what}</strong>{note === '' ? null : <><br /><span className="small muted">{note}</span></>}</span><Go to={to} className="button">{act}</Go></li>)}</ul>
      )}</Panel>
      <div className="two-columns">
        <div><Allowed home={home} /><Check home={home} /></div>
        <div><Where home={home} /><End home={home} /></div>
      </div>
    </div>
  )
}

type Allowed = Home['allowed'][number]
function Allowed({ home: { allowed, refused, refusedMore } }: { readonly home: Home }): ReactNode {
  const [words, format] = [useWords(clientWords), useFormat()]
  const columns: readonly [Column<Allowed>, ...Column<Allowed>[]] = [
    { name: 'instruction', head: words.instruction, cell: ({ id, text }) => <><Go to={addresses.clientInstruction(id)}>{id}</Go><span className="small allowed-text">{text}</span></> },
    { name: 'until', head: words.until, cell: ({ until }) => (until === null ? words.noEnd : format.day(until)) },
    { name: 'rows', head: words.rowsRead, numbers: true, cell: ({ rows }) => <Go to={addresses.clientUse}>{format.number(rows)}</Go> },
    { name: 'by', head: words.by, cell: ({ by, sessions }) => (sessions === 0 ? <span className="muted">{words.notUsed}</span> : <span className="small">{by.map(({ person, rows }, index) => <span key={person.id}>{index === 0 ? '' : ', '}<span className="person-of">{`${person.name} ${format.number(rows)}`}</span></span>)}</span>) },
  ]
  return (
    <Panel title={words.allowed} aside={<Go to={`${addresses.clientUse}?show=refused`}>{words.refusedOf(refused, format.number(refused), refusedMore)}</Go>}>
      {allowed.length === 0 ? <Empty title={words.nothingAllowedTitle}><p>{words.nothingAllowedSays}</p><p><Go to={addresses.clientInstructions}>{words.instructions}</Go></p></Empty> : <DataTable caption={words.allowed} rows={allowed} keyOf={({ id }) => id} columns={columns} />}
    </Panel>
  )
}

function Where({ home: { countries, searched, places } }: { readonly home: Home }): ReactNode {
  const [words, format] = [useWords(clientWords), useFormat()]
  const left = searched.stores - searched.searched
  return (
    <Panel title={words.where} aside={<Go to={addresses.clientCopies}>{words.map}</Go>}>
      <div className="stack-small">
        {countries.length === 0 ? <p className="muted">{words.noPlace}</p> : <ul className="plain">{countries.map(({ country, places: count }) => <li key={country ?? ''}><span>{country === null ? words.countryNotTold : format.country(country)}</span><span className="numbers">{words.placesOf(count, format.number(count))}</span></li>)}</ul>}
        {places.underNone === 0 ? null : <p><Standing is="invalid" finding word={words.underNoneOf(format.number(places.underNone))} /></p>}
        <h3>{words.searched}</h3>
        <Coverage parts={{ verified: searched.searched, notSearched: left }} notSeen={searched.notSeen} {...(left > 0 ? { means: words.unsearchedMeans } : {})} />
        <p className="small muted">{searched.at === null ? words.neverSearched : words.searchedAt(format.moment(searched.at))}</p>
      </div>
    </Panel>
  )
}

function End({ home: { contracts } }: { readonly home: Home }): ReactNode {
  const [words, format, now] = [useWords(clientWords), useFormat(), useMoment()]
  return (
    <Panel title={words.end} aside={<Go to={addresses.clientErasure}>{words.change}</Go>}>
      {contracts.length === 0 ? <p className="muted">{words.noContract}</p> : <Facts facts={contracts.map(({ id, ends, endedAt, choice }): [string, ReactNode] => [id, <span key={id}>{endedAt !== null ? words.endedOn(format.day(endedAt)) : ends === null ? words.noEnd : `${format.day(ends)}, ${format.away(ends, now)}`}<br /><Sentence>{choice === null ? words.nobodyChose : words.chosen(words.choices[choice.choice])}</Sentence></span>])} />}
    </Panel>
  )
}

/** That nobody has to take our word for any of it. */
function Check({ home: { checkpoint, controller } }: { readonly home: Home }): ReactNode {
  const [words, format, { controller: asked, at }] = [useWords(clientWords), useFormat(), useSearchValues()]
  return (
    <Panel title={words.checkYourself}>
      <div className="stack-small">
        <p>{at !== undefined ? words.checkPast : checkpoint.fixed === null || checkpoint.at === null ? words.notFixed(format.number(checkpoint.entries)) : words.fixed(format.moment(checkpoint.at), format.number(checkpoint.fixed), format.number(checkpoint.entries))} {checkpoint.witnesses === 0 ? words.noWitness : words.witnesses(checkpoint.witnesses, format.number(checkpoint.witnesses))}</p>
        <p className="row">{checkpoint.fixed === null ? null : <a className="button" href={verifyAddress(asked === undefined ? undefined : controller.id)}>{words.verify}</a>}<Go to={addresses.clientEvidence} className="button">{words.evidence}</Go></p>
      </div>
    </Panel>
  )
}
