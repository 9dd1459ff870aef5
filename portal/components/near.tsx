/** Refusals shortly before a copy must have been there. They stand beside it in time, and nothing more is said. */
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import type { Answer } from '../client/shapes.ts'
import { Go } from '../shell/go.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { Panel } from './page.tsx'
import { Names } from './time.tsx'
import { nearWords } from './nearWords.ts'
import { scopeWords } from './scopeWords.ts'

type Near = NonNullable<Answer<'/findings/{id}'>['near']>
type Refusal = Near['refusals'][number]

/** Refusals that a line names; the page of the finding has more of them. */
const namedMax = 2

function Named({ refusal, links }: { readonly refusal: Refusal; readonly links: boolean }): ReactNode {
  const [words, format] = [useWords(nearWords), useFormat()]
  const says = words.refusal(refusal.person?.name ?? words.somebody, format.moment(refusal.at))
  return links ? <Go to={addresses.decision(refusal.id)}>{says}</Go> : says
}

/** What stands beside a copy on the map, in a line; undefined where nothing may be told. `links`: whether there is a page of each. */
export function useNear(near: Near | null, links: boolean): readonly [string, ReactNode] | undefined {
  const [words, format] = [useWords(nearWords), useFormat()]
  if (near === null) return undefined
  if (near.refusals.length === 0) return [words.near, <div key="near" className="muted small">{(near.own ? words.noneOwn : words.none)(format.moment(near.from), format.moment(near.to))} {near.cut ? `${words.cut} ` : ''}{words.onlyAsked}</div>]
  return [words.near, <div key="near">{near.refusals.slice(0, namedMax).map((one) => <div key={one.id}><Named refusal={one} links={links} /></div>)}{near.refusals.length > namedMax || near.more ? <div className="muted small">{words.more}</div> : null}<div className="muted small">{words.noProof}</div></div>]
}

/** The same on the page of a finding, with what was asked for, and from when to when was looked. */
export function NearPanel({ near }: { readonly near: Near | null }): ReactNode {
  const [words, scope, format] = [useWords(nearWords), useWords(scopeWords), useFormat()]
  if (near === null) return null
  const [from, to] = [format.moment(near.from), format.moment(near.to)]
  return (
    <Panel title={words.near}>
      <div className="stack">
        {near.refusals.length === 0 ? <p>{near.own ? words.noneOwn(from, to) : words.none(from, to)} {near.cut ? `${words.cut} ` : ''}{words.onlyAsked}</p> : <p className="small">{near.own ? words.betweenOwn(from, to) : words.between(from, to)} {near.cut ? words.cut : ''}</p>}
        {near.refusals.length === 0 ? null : <ul>{near.refusals.map((one) => (
          <li key={one.id}><Named refusal={one} links />{one.operation === null ? null : <div className="small">{words.asked(scope.operations[one.operation as keyof typeof scope.operations] ?? one.operation)} <Names>{one.datasets.join(', ')}</Names> {one.environment === null ? '' : words.where(one.environment)}</div>}{one.failing.length === 0 ? null : <div className="muted small">{words.lacked(format.list(one.failing.map((side) => scope.dimensions[side as keyof typeof scope.dimensions] ?? side)))}</div>}</li>
        ))}{near.more ? <li className="muted small">{words.more}</li> : null}</ul>}
        {near.refusals.length === 0 ? null : <p className="muted small">{words.noProof}</p>}
      </div>
    </Panel>
  )
}
