/** Counts that are not one number: a bar from low to high, the certain part solid and the possible part hatched. No middle, and no "about". */
import type { CSSProperties, ReactNode } from 'react'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { componentWords } from './words.ts'
import './range.css'

/** `high` null: no upper end is known. `low` null: nothing is known, which is a word and not 0. */
export interface RangeRow { readonly name: string; readonly low: number | null; readonly high: number | null }

/** Rows on one scale that begins at 0. */
export function Range({ rows }: { readonly rows: readonly RangeRow[] }): ReactNode {
  const [words, format] = [useWords(componentWords), useFormat()]
  const top = Math.max(1, ...rows.map(({ low, high }) => high ?? (low ?? 0) * 1.2))
  return (
    <dl className="ranges">
      {rows.map(({ name, low, high }) => (
        <div key={name} className="range">
          <dt>{name}</dt>
          <dd>
            <span className="range-bar" aria-hidden>{low === null ? <span className="range-possible unknown" /> : <><span className="range-certain" style={{ width: `${(low / top) * 100}%` } as CSSProperties} /><span className={`range-possible${high === null ? ' open' : ''}`} style={{ width: `${(((high ?? top) - low) / top) * 100}%` } as CSSProperties} /></>}</span>
            <span className="numbers">{low === null ? words.standing.unknown.toLowerCase() : format.range(low, high)}</span>
          </dd>
        </div>
      ))}
    </dl>
  )
}
