/** What was searched and what was not: by number of places, never by bytes, never as a percentage. */
import type { CSSProperties, ReactNode } from 'react'
import type { NotSeenPlace } from '../client/shapes.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { componentWords } from './words.ts'
import './coverage.css'

const order = ['verified', 'invalid', 'declared', 'pending', 'notSearched'] as const

export interface CoverageParts { readonly verified: number; /** Searched, and people were found. */ readonly invalid?: number; readonly declared?: number; readonly pending?: number; readonly notSearched: number }

/** The bar, its key, and every place that was left out with the reason. The parts add up to their total by making. */
export function Coverage({ parts, notSeen, means, called }: { readonly parts: CoverageParts; readonly notSeen: readonly NotSeenPlace[]; readonly means?: string; /** Other words for the parts. */ readonly called?: Partial<Readonly<Record<keyof CoverageParts, string>>> }): ReactNode {
  const [words, format] = [useWords(componentWords), useFormat()]
  const names = { ...words.coverage, ...called }
  const shown = order.map((name) => ({ name, count: parts[name] ?? 0 })).filter(({ count }) => count > 0)
  const total = shown.reduce((sum, { count }) => sum + count, 0)
  const sentence = shown.map(({ name, count }) => `${format.number(count)} ${names[name]}`).join(', ')
  return (
    <div className="coverage">
      <div className="coverage-bar" role="img" aria-label={`${sentence}, ${words.ofPlaces(format.number(total))}`}>
        {shown.map(({ name, count }) => <span key={name} className={`coverage-part part-${name}`} style={{ flexGrow: count } as CSSProperties} />)}
      </div>
      <ul className="coverage-key">
        {shown.map(({ name, count }) => <li key={name}><span className={`coverage-swatch part-${name}`} aria-hidden /><strong className="numbers">{format.number(count)}</strong> {names[name]}</li>)}
        <li className="muted">{words.ofPlaces(format.number(total))}</li>
      </ul>
      <NotSeen places={notSeen} {...(means === undefined ? {} : { means })} />
    </div>
  )
}

/** Places that a statement does not cover: on the same screen, above the details, never behind a click. */
export function NotSeen({ places, means }: { readonly places: readonly NotSeenPlace[]; readonly means?: string }): ReactNode {
  const words = useWords(componentWords)
  if (places.length === 0) return null
  return (
    <div className="not-seen">
      {places.map(({ place, why }) => <p key={place}><strong>{words.notSeen} {place}.</strong> {why}</p>)}
      {means === undefined ? null : <p>{means}</p>}
    </div>
  )
}

/** The same block for whatever else a statement does not cover. */
export const NotCovered = ({ children }: { readonly children: ReactNode }): ReactNode => <div className="not-seen">{children}</div>
