/** One end of a contract: is it gone, and how is that known? What blocks comes first: in the sentence, the table and the action. */
import IconDownload from '@tabler/icons-react/icons/IconDownload'
import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import { Coverage, NotSeen } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Page, Panel, Primary } from '../components/page.tsx'
import { Steps, type Step } from '../components/steps.tsx'
import { TimeLeft, useMoment } from '../components/time.tsx'
import { componentWords } from '../components/words.ts'
import { Go } from '../shell/go.tsx'
import { useHasRole, useSession } from '../shell/session.tsx'
import { useFormat, type Format } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { Act } from '../components/act.tsx'
import { Draft } from './draft.tsx'
import { PeopleLeft } from './peopleLeft.tsx'
import { countsOf, daysBetween, notSeenOf, placesOf, type ExitPage, type ExitPlace } from './places.ts'
import { ExitPlaces } from './placesTable.tsx'
import { exitWords, type ExitWords } from './words.ts'
import '../components/exit.css'


/** Shows one exit case. */
export default function Exit(): ReactNode {
  const { id } = useParams({ strict: false }) as { id: string }
  const [words, format] = [useWords(exitWords), useFormat()]
  const reading = useRead('/erasures/{id}', { params: { id } })
  const page = reading.error === null ? reading.data : undefined
  return (
    <Page
      title={page === undefined ? id : words.title(page.controller.name)} sentence={page === undefined ? undefined : `${answerOf(page, words, format)} ${contractOf(page, words, format)}`}
      crumbs={[{ name: words.erasures, to: addresses.erasures }, ...(page === undefined ? [] : [{ name: page.controller.name, to: addresses.controller(page.controller.id) }, { name: page.contract, to: addresses.contract(page.contract) }])]}
      primary={page === undefined ? undefined : <NextStep page={page} />} others={page === undefined ? undefined : <Evidence page={page} />}
      terminal="bailee erasure list" read={reading} evidence
    >
      <Shown of={reading} error="E3" rows={10}>{(answer) => <Body page={answer} />}</Shown>
    </Page>
  )
}

/** Is it gone? */
function answerOf(page: ExitPage, words: ExitWords, format: Format): string {
  const counts = countsOf(placesOf(page))
  const missing = counts.notSearched === 0 ? '' : words.partly(counts.notSearched, format.number(counts.notSearched))
  if (page.residual !== null && page.residual > 0) return words.left(format.number(page.residual)) + missing
  if (page.residual !== null) return words.gone(counts.verified, format.number(counts.verified)) + missing
  return page.places === 0 ? words.notSearched : words.erasing(format.number(page.done), format.number(page.places)) + missing
}

function contractOf({ contract, terms }: ExitPage, words: ExitWords, format: Format): string {
  const ended = terms.endedAt === null ? words.notEnded(contract) : words.ended(contract, format.day(terms.endedAt))
  if (terms.choice === null) return `${ended} ${words.noChoice}`
  const by = terms.chosenBy === null || terms.chosenAt === null ? '' : words.chosenBy(terms.chosenBy, format.day(terms.chosenAt))
  return `${ended} ${words.choiceIs(words.choices[terms.choice], `${words.within(format.days(terms.days))}${terms.clause === null ? '' : words.clause(terms.clause)}${by}`)}.`
}

function Body({ page }: { readonly page: ExitPage }): ReactNode {
  const [words, format] = [useWords(exitWords), useFormat()]
  const places = placesOf(page)
  return (
    <div className="stack">
      <Steps steps={stepsOf(page, words, format)} />
      <div className="two-columns exit-columns">
        <div>
          <Searched page={page} places={places} />
          {page.waits === null ? null : <Panel title={words.waits} standing="unknown"><p>{page.waits.because}</p></Panel>}
          <Running page={page} />
          <ExitPlaces places={places} />
        </div>
        <div className="exit-side">
          <Time page={page} />
          <Draft page={page} places={places} />
          <PeopleLeft page={page} />
        </div>
      </div>
    </div>
  )
}

/** The six steps, each with when it was done. */
function stepsOf(page: ExitPage, words: ExitWords, format: Format): Step[] {
  const erased = page.placeList.filter(({ state }) => state === 'done').length
  const lastErased = page.placeList.map(({ doneAt }) => doneAt ?? '').sort().at(-1) ?? ''
  const holding = page.certificates.find(({ invalidatedAt }) => invalidatedAt === null)
  const done: readonly (readonly [name: string, isDone: boolean, detail: string | null])[] = [
    [words.steps.opened, true, format.shortDay(page.openedAt)],
    [words.steps.searched, page.history.plannedAt !== null, page.history.plannedAt === null ? null : format.shortDay(page.history.plannedAt)],
    [words.steps.erased, page.places > 0 && erased === page.places, page.places === 0 ? null : erased === page.places && lastErased !== '' ? format.shortDay(lastErased) : words.ofPlaces(format.number(erased), format.number(page.places))],
    [words.steps.again, page.searchedAgain !== null, page.searchedAgain === null ? null : format.shortDay(page.searchedAgain.at)],
    [words.steps.confirmed, page.confirmedBy !== null, page.confirmedBy === null ? (page.state === 'searched_again' ? words.waitsForYou : null) : page.history.confirmedAt === null ? page.confirmedBy : words.by(page.confirmedBy, format.shortDay(page.history.confirmedAt))],
    [words.steps.certificate, page.state === 'certified', holding === undefined || page.state !== 'certified' ? null : format.shortDay(holding.issuedAt)],
  ]
  const first = done.findIndex(([, isDone]) => !isDone)
  return done.map(([name, isDone, detail], index): Step => ({ name, detail: detail ?? words.notYet, state: isDone && (first === -1 || index < first) ? 'done' : index === first ? 'now' : 'later' }))
}

function Searched({ page, places }: { readonly page: ExitPage; readonly places: readonly ExitPlace[] }): ReactNode {
  const [words, format] = [useWords(exitWords), useFormat()]
  const notSeen = notSeenOf(places)
  if (page.searchedAgain === null) return <Panel title={words.whatAgain} standing="unknown"><p>{page.places === 0 ? words.plan : words.never}</p><NotSeen places={notSeen} /></Panel>
  return (
    <Panel title={words.whatAgain} aside={<span className="muted small">{format.moment(page.searchedAgain.at)}</span>}>
      <Coverage parts={countsOf(places)} called={{ verified: words.again }} notSeen={notSeen} {...(notSeen.length === 0 ? {} : { means: words.means(words.titles[page.today.status]) })} />
      {notSeen.length === 0 || page.state === 'certified' ? null : <p className="small muted ways-out no-print">{words.waysOut} <code>{words.excepts(page.id)}</code></p>}
    </Panel>
  )
}

function Time({ page }: { readonly page: ExitPage }): ReactNode {
  const [words, format, now] = [useWords(exitWords), useFormat(), useMoment()]
  const from = page.terms.endedAt ?? page.openedAt
  const issued = page.state === 'certified' ? page.certificate?.issuedAt : undefined
  if (issued !== undefined) return <Panel title={words.taken}><p className="big">{format.days(daysBetween(from, issued))}</p><p className="muted">{words.takenDays(format.days(daysBetween(from, issued)), format.days(page.terms.days))}</p></Panel>
  return <TimeLeft until={page.deadline} note={words.day(format.number(Math.max(1, daysBetween(from, new Date(now).toISOString()))), format.number(page.terms.days))} />
}

/** What works on it now. What is left of the time is a range, or a word. */
function Running({ page: { workers, paused } }: { readonly page: ExitPage }): ReactNode {
  const [words, format] = [useWords(exitWords), useFormat()]
  if (paused !== null) return <Panel title={words.running} standing="unknown"><p>{words.paused(paused.by)}</p></Panel>
  if (workers.length === 0) return null
  return (
    <Panel title={words.running}>
      <ul className="workers" aria-live="polite">{workers.map((one) => (
        <li key={`${one.work} ${one.store ?? ''}`}><span>{one.work}{one.store === null ? '' : ` · ${one.store}`}</span><progress value={one.done} max={Math.max(1, one.total)} aria-label={one.work} />
          <span className="muted small numbers">{words.doneOf(format.number(one.done), format.number(one.total))}, {one.secondsLeft === null ? words.etaUnknown : words.eta(format.number(Math.floor(one.secondsLeft / 120)), format.number(Math.ceil(one.secondsLeft / 30)))}</span></li>))}
      </ul>
    </Panel>
  )
}

/** The one step that unblocks. */
function NextStep({ page }: { readonly page: ExitPage }): ReactNode {
  const [words, titles, format] = [useWords(exitWords), useWords(componentWords).certificateStatuses, useFormat()]
  const { account, controller } = useSession()
  const may = { run: useHasRole('owner', 'dpo', 'engineer'), certify: useHasRole('owner', 'dpo') }
  const certificate = page.certificates.at(-1)
  if (page.state === 'certified' || controller !== null) return certificate === undefined ? null : <Primary to={addresses.certificate(certificate.id)}>{words.act.see}</Primary>
  if (page.waits !== null) return <Primary to={addresses.contract(page.contract)}>{words.act.contract}</Primary>
  const counts = countsOf(placesOf(page))
  const again = page.state === 'searched_again' && (counts.notSearched > 0 || (page.residual ?? 0) > 0)
  if (page.state === 'confirmed') return may.certify ? <Act primary name={words.act.certify} entry="certificate.issued" path="/erasures/{id}/certify" params={{ id: page.id }}><p>{words.certifySays(titles[page.today.status])}</p></Act> : null
  const confirm = <Act key="confirm" primary={!again} name={words.act.confirm} entry="erasure.confirmed" path="/erasures/{id}/confirm" params={{ id: page.id }}><p>{words.confirmSays(format.number(page.places), format.number(page.residual ?? 0))}</p><p className="muted">{words.second(format.list(page.operators.length === 0 ? [account.name] : page.operators))}</p></Act>
  const run = <Act key="run" primary={again || page.state !== 'searched_again'} name={page.state === 'searched_again' ? words.act.again : words.act.run} entry="erasure.planned" path="/erasures/{id}/run" params={{ id: page.id }}><p>{words.runSays}</p></Act>
  if (!may.run) return null
  return page.state !== 'searched_again' ? run : again ? <>{run}{confirm}</> : confirm
}

/** The signed documents, or, before there is one, the record. */
function Evidence({ page }: { readonly page: ExitPage }): ReactNode {
  const words = useWords(exitWords)
  const certificate = page.certificates.at(-1)
  if (certificate === undefined || page.state === 'certified') return null
  return <Go to={addresses.certificate(certificate.id)} className="button"><IconDownload size={16} stroke={1.75} aria-hidden />{words.evidence}</Go>
}
