import type { ReactNode } from 'react'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { useSearchValues } from '../shell/search.ts'
import { Panel, useNow } from './page.tsx'
import { componentWords } from './words.ts'

/** A day or a moment. In evidence it is ISO, in mono. */
export function DateTime({ at, as = 'day' }: { readonly at: string; readonly as?: 'day' | 'short' | 'moment' | 'evidence' }): ReactNode {
  const format = useFormat()
  return <time dateTime={at} className={as === 'evidence' ? 'names' : undefined}>{as === 'evidence' ? at : as === 'short' ? format.shortDay(at) : as === 'moment' ? format.moment(at) : format.day(at)}</time>
}

/** The moment that is shown, in milliseconds: now, or that of `?at=`. */
export function useMoment(): number {
  const [{ at }, now] = [useSearchValues(), useNow()]
  const then = at === undefined ? Number.NaN : Date.parse(at)
  return Number.isNaN(then) ? now : then
}

/** Time until a deadline, told in the zone that it runs in. */
export function TimeLeft({ until, zone = 'UTC', note }: { readonly until: string; readonly zone?: string; readonly note?: string }): ReactNode {
  const [words, format, now] = [useWords(componentWords), useFormat(), useMoment()]
  const over = Date.parse(until) <= now
  return <Panel title={over ? words.over : words.left} {...(over ? { standing: 'invalid' as const } : {})}><p className="big">{format.away(until, now)}</p><p className="muted">{words.until(format.moment(until, zone))}{note === undefined ? '' : `. ${note}`}</p></Panel>
}

/** Names of tables, files, hashes and commands. */
export const Names = ({ children }: { readonly children: ReactNode }): ReactNode => <span className="names">{children}</span>

/** A fingerprint, cut to eight signs. */
export const Fingerprint = ({ of }: { readonly of: string }): ReactNode => <span className="names" title={of.slice(0, 8)}>{of.slice(0, 8)}</span>
