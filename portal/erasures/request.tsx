/** One person's request: counts and places. Who asked stands nowhere. */
import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import { NotSeen } from '../components/coverage.tsx'
import { Failed, Shown } from '../components/failed.tsx'
import { Unanswered } from '../client/request.ts'
import { Facts, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { Go } from '../shell/go.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { erasuresWords } from './words.ts'

const missing = (id: string): Unanswered => new Unanswered({ type: 'about:blank', title: '', status: 404, detail: '', instance: id, code: 'request/none' })

/** Shows it. */
export default function OneRequest(): ReactNode {
  const { id } = useParams({ strict: false }) as { id: string }
  const [words, format] = [useWords(erasuresWords), useFormat()]
  const reading = useRead('/erasures', { query: { limit: 1 } })
  const one = reading.data?.requests.find((each) => each.id === id)
  const told = (count: number | null): string => (count === null ? words.unknown : format.number(count))
  return (
    <Page title={words.requestTitle(id)} sentence={reading.error !== null || one === undefined ? undefined : `${words.requestSentence(told(one.found), told(one.erased), told(one.residual))}${one.closedAt === null ? ` ${words.requestWaits}` : ''}`} crumbs={[{ name: words.title, to: addresses.erasures }, { name: id }]} terminal="bailee erasure subjects" read={reading} evidence>
      <Shown of={reading} error="E3">{() => one === undefined ? <Failed kind="E3" error={missing(id)} retry={() => { void reading.refetch() }} /> : <div className="two-columns">
        <div><Panel title={words.searched} aside={<Standing is={one.standing} loud />}>{one.notSeen.length === 0 ? <p>{words.allSearched}</p> : <NotSeen places={one.notSeen} means={words.means} />}</Panel></div>
        <div><Panel title={words.kind[one.kind]}><Facts facts={[[words.requestOf, <Go key="of" to={addresses.controller(one.controller.id)}>{one.controller.name}</Go>], [words.requestUnder, <Go key="under" to={addresses.instruction(one.instruction)}>{one.instruction}</Go>], [words.requestBy, <Go key="by" to={addresses.person(one.operator)}>{one.operator}</Go>], [words.openedAt, format.moment(one.openedAt)], [words.closedAt, one.closedAt === null ? words.waiting : format.moment(one.closedAt)]]} /><p className="small muted">{words.noPerson}</p></Panel></div>
      </div>}</Shown>
    </Page>
  )
}
