import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { useNear } from '../components/near.tsx'
import { Facts, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { Names } from '../components/time.tsx'
import { Go } from '../shell/go.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { copiesWords } from './words.ts'

export type CopyAnswer = Answer<'/copies/{id}'>

/** Columns named in full; more are a number. */
const columnsMax = 6

/** The panel beside the map: one copy. It holds the buttons that nodes must not have. */
export function Chosen({ id, isClient }: { readonly id: string | undefined; readonly isClient: boolean }): ReactNode {
  const words = useWords(copiesWords)
  return <aside className="panel chosen" aria-live="polite">{id === undefined ? <p className="muted">{words.choose}</p> : <Read id={id} isClient={isClient} />}</aside>
}

function Read({ id, isClient }: { readonly id: string; readonly isClient: boolean }): ReactNode {
  const words = useWords(copiesWords)
  const copy = useRead('/copies/{id}', { params: { id } })
  return (
    <Shown of={copy} error="E3" rows={8}>{(answer) => (
      <div className="stack">
        <div><h2 className="names">{answer.place}</h2><p className="muted small">{words.inStore(answer.store, answer.environment)}</p></div>
        <CopyMarks copy={answer} />
        <CopyFacts copy={answer} isClient={isClient} />
        {isClient ? null : <Go to={answer.kind === 'finding' ? addresses.finding(answer.id) : addresses.copy(answer.id)} className="button primary wide">{answer.kind === 'finding' ? words.open : words.openCopy}</Go>}
      </div>
    )}</Shown>
  )
}

/** Its standings, loud. */
export function CopyMarks({ copy }: { readonly copy: CopyAnswer }): ReactNode {
  const words = useWords(copiesWords)
  const found = copy.kind === 'finding'
  return <div className="row">{found && !copy.gone ? <Standing is="invalid" loud word={words.noInstruction} /> : null}{found ? <Standing is="verified" loud word={copy.gone ? words.gone : words.seenBySearch} /> : <Standing is={copy.standing} loud />}</div>
}

/** What is known of a copy, by name; what is not known is said, never left out. */
export function CopyFacts({ copy, isClient = false }: { readonly copy: CopyAnswer; readonly isClient?: boolean }): ReactNode {
  const [words, format] = [useWords(copiesWords), useFormat()]
  const near = useNear(copy.near, !isClient)
  const day = (at: string | null): string | undefined => (at === null ? undefined : format.moment(at))
  const unknown = <Standing is="unknown" />
  const found = copy.kind === 'finding'
  const columns = copy.columns.map(({ name, is }) => name ?? is)
  const facts: readonly (readonly [string, ReactNode] | undefined)[] = [
    [words.holds, copy.people === null ? (copy.rows === null ? words.uncounted : words.rows(format.number(copy.rows))) : words.people(format.number(copy.people))],
    copy.others > 0 ? [words.also, words.others(copy.others)] : undefined,
    columns.length > 0 ? [words.columns, <span key="columns"><Names>{columns.slice(0, columnsMax).join(', ')}</Names>{columns.length > columnsMax ? ` +${columns.length - columnsMax}` : ''}</span>] : undefined,
    found ? [words.firstSeen, day(copy.since)] : copy.since === null ? undefined : [words.since, day(copy.since)],
    copy.seenAt === null ? undefined : [words.lastSeen, day(copy.seenAt)],
    copy.madeAfter === null ? undefined : [words.notBefore, day(copy.madeAfter)], copy.madeBefore === null ? undefined : [words.notAfter, day(copy.madeBefore)],
    found ? undefined : [words.ends, copy.until === null ? words.noEnd : format.day(copy.until)],
    copy.instruction === null ? undefined : [words.under, <Go key="under" to={addresses.instruction(copy.instruction)}>{copy.instruction}</Go>],
    copy.from.length === 0 ? undefined : [words.from, <Names key="from">{copy.from.join(', ')}</Names>],
    copy.kind === 'dataset' ? undefined : [words.by, copy.person?.name ?? unknown],
    copy.purpose === null ? undefined : [words.purpose, copy.purpose], copy.because === null ? undefined : [words.because, copy.because], near,
  ]
  return <Facts facts={facts.filter((fact) => fact !== undefined)} />
}

/** The panel's frame on a page of its own. */
export const CopyPanel = ({ copy }: { readonly copy: CopyAnswer }): ReactNode => <Panel><div className="stack"><CopyMarks copy={copy} /><CopyFacts copy={copy} /></div></Panel>
