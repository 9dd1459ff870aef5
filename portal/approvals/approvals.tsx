/** What waits for a second person, and exactly what they would approve: nothing is approved that does not stand on this page. */
import { useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Item } from '../client/shapes.ts'
import { Act } from '../components/act.tsx'
import { NotCovered } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { TextField } from '../components/fields.tsx'
import { Empty, Facts, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Fingerprint, Names, useMoment } from '../components/time.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useHasRole, useSession } from '../shell/session.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { approvalWords } from './words.ts'

type Approval = Item<'/approvals'>

/** Shows them, those that wait first. */
export default function Approvals(): ReactNode {
  const [words, format, { cursor, q }] = [useWords(approvalWords), useFormat(), useSearchValues()]
  const reading = useRead('/approvals', { query: { cursor, q, limit: 50 } })
  const listing = reading.error === null ? reading.data : undefined
  const waits = listing?.items.filter(({ state }) => state === 'asked') ?? []
  const sentence = listing === undefined ? undefined : waits.length > 0 ? words.waiting(waits.length, format.number(waits.length)) : listing.total === 0 ? words.none : words.noneWaits(listing.total, format.number(listing.total))
  return (
    <Page title={words.title} sentence={sentence} terminal={words.terminal} read={reading} primary={waits[0] === undefined ? undefined : <Give one={waits[0]} primary />}>
      <Shown of={reading} error="E3">{(answer) => {
        const before = answer.items.filter(({ state }) => state !== 'asked')
        return (
          <div className="stack">
            {answer.total === 0 ? <Panel><Empty title={words.emptyTitle}><p>{words.empty}</p><p><Go to={addresses.instructions}>{words.instruction}</Go></p></Empty></Panel> : null}
            {answer.items.filter(({ state }) => state === 'asked').map((one) => <Waiting key={one.id} one={one} />)}
            {before.length === 0 ? null : <Panel title={words.before}><Before rows={before} total={answer.total} next={answer.next} /></Panel>}
            <Panel title={words.notSeen}><NotCovered><p>{words.notSeenSays}</p></NotCovered></Panel>
          </div>
        )
      }}</Shown>
    </Page>
  )
}

/** Seconds in which somebody answers. */
const daySeconds = 86_400

function Waiting({ one }: { readonly one: Approval }): ReactNode {
  const [words, format, now] = [useWords(approvalWords), useFormat(), useMoment()]
  const lapses = new Date(Date.parse(one.askedAt) + daySeconds * 1000).toISOString()
  return (
    <Panel title={words.asks(one.person, words.uses[one.use], one.instruction)} aside={<Standing is="pending" word={`${words.lapses} ${format.away(lapses, now)}`} />}>
      <div className="two-columns even">
        <div className="stack-small">
          <Facts facts={[
            [words.why, one.reason], [words.instruction, <Go key="i" to={addresses.instruction(one.instruction)}>{one.instruction}</Go>], [words.person, <Go key="p" to={addresses.person(one.person)}>{one.person}</Go>],
            [words.lasts, `${words.minutes(format.number(one.minutes))}, ${words.times(one.times, format.number(one.times))}`], [words.asked, format.moment(one.askedAt)],
          ]} />
          <Answer one={one} />
        </div>
        <div><h3>{words.what}</h3><What one={one} /></div>
      </div>
    </Panel>
  )
}

/** All that a copy or a disclosure would do, and the hash by which it is given. */
function What({ one: { use, what, whatSha256 } }: { readonly one: Approval }): ReactNode {
  const words = useWords(approvalWords)
  if (use === 'session') return <p>{words.session}</p>
  if (what === null || whatSha256 === null) return <NotCovered><p>{words.untold}</p></NotCovered>
  return <div className="stack-small"><Facts facts={[...leavesOf(what).map(([name, value]): [string, ReactNode] => [nameOf(name, words.names), <Names key={name}>{value}</Names>]), [words.hash, <Fingerprint key="hash" of={whatSha256} />]]} /><p className="small muted">{words.nothingElse}</p></div>
}

/** A name in the words of the page where it has one; parts of it as they are spelled. */
const nameOf = (path: string, names: Readonly<Record<string, string>>): string => path.split('.').map((part) => names[part] ?? part.replaceAll('_', ' ')).join(' · ')

/** Every value with the names that lead to it; lists of plain values in one line. */
function leavesOf(value: unknown, path: readonly string[] = []): [string, string][] {
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object' || one === null)) return [[path.join('.'), value.length === 0 ? '–' : value.join(', ')]]
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([name, one]) => leavesOf(one, [...path, name]))
  return value === null || value === undefined ? [] : [[path.join('.'), String(value)]]
}

function Answer({ one }: { readonly one: Approval }): ReactNode {
  const [words, may, { person }] = [useWords(approvalWords), useHasRole('owner', 'dpo'), useSession()]
  const [reason, setReason] = useState('')
  if (!may) return <p className="small muted">{words.nobody}</p>
  if (person === one.person) return <div className="row"><span className="small muted">{words.own}</span><TakeBack one={one} /></div>
  return (
    <div className="row">
      <Give one={one} />
      <Act name={words.refuse(one.id)} entry="approval.refused" path="/approvals/{id}/refuse" params={{ id: one.id }} body={() => ({ reason: reason.trim() })} incomplete={reason.trim() === '' ? words.needReason : undefined}><TextField label={words.reason} help={words.reasonHelp} lines={3} value={reason} onChange={(value) => setReason(value.slice(0, 2_000))} /></Act>
    </div>
  )
}

/** What is approved stands in the question, too: that is what is given, by its hash. */
function Give({ one, primary = false }: { readonly one: Approval; readonly primary?: boolean }): ReactNode {
  const [words, format, may, { person }] = [useWords(approvalWords), useFormat(), useHasRole('owner', 'dpo'), useSession()]
  if (!may || person === one.person || (one.use !== 'session' && one.whatSha256 === null)) return null
  return <Act name={words.give(one.id)} entry="approval.given" primary={primary} path="/approvals/{id}/give" params={{ id: one.id }} body={() => ({ what: one.whatSha256 })}><p>{words.giveSays(one.person, format.number(one.minutes))}</p><What one={one} /></Act>
}

const TakeBack = ({ one: { id } }: { readonly one: Approval }): ReactNode => {
  const words = useWords(approvalWords)
  return <Act name={words.takeBack(id)} entry="approval.withdrawn" path="/approvals/{id}/withdraw" params={{ id }}><p>{words.takeBackSays}</p></Act>
}

function Before({ rows, total, next }: { readonly rows: readonly Approval[]; readonly total: number; readonly next: string | null }): ReactNode {
  const [words, format, may, now] = [useWords(approvalWords), useFormat(), useHasRole('owner', 'dpo'), useMoment()]
  const live = ({ state, until }: Approval): boolean => state === 'given' && until !== null && Date.parse(until) > now
  const columns: readonly [Column<Approval>, ...Column<Approval>[]] = [
    { name: 'person', head: words.person, cell: ({ person, id }) => <><Go to={addresses.person(person)}>{person}</Go><div className="small muted names">{id}</div></> },
    { name: 'use', head: words.use, cell: ({ use, reason }) => <>{words.uses[use]}<div className="small muted">{reason}</div></> },
    { name: 'instruction', head: words.instruction, cell: ({ instruction }) => <Go to={addresses.instruction(instruction)}>{instruction}</Go> },
    { name: 'asked', head: words.asked, sort: ({ askedAt }) => askedAt, cell: ({ askedAt }) => format.moment(askedAt) },
    { name: 'state', head: words.state, cell: ({ state, givenBy, until }) => <><Standing is={state === 'given' ? 'verified' : state === 'refused' ? 'invalid' : 'declared'} word={words.states[state]} /><div className="small muted">{[givenBy === null ? '' : words.by(givenBy), until === null ? '' : words.until(format.moment(until))].filter((text) => text !== '').join(', ')}</div></> },
    { name: 'used', head: words.used, numbers: true, cell: ({ used, times }) => words.usedOf(format.number(used), format.number(times)) },
    ...(may ? [{ name: 'act', head: words.actions, cell: (one: Approval) => (live(one) ? <TakeBack one={one} /> : null) }] : []),
  ]
  return <DataTable caption={words.before} rows={rows} keyOf={({ id }) => id} columns={columns} total={total} next={next} />
}
