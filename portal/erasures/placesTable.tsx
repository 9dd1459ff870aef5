import type { ReactNode } from 'react'
import { Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { useFormat, type Format } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import type { ExitPlace } from './places.ts'
import { exitWords, type ExitWords } from './words.ts'

/** Every place with what was found there, what is left, and how that is known. */
export function ExitPlaces({ places }: { readonly places: readonly ExitPlace[] }): ReactNode {
  const [words, format] = [useWords(exitWords), useFormat()]
  const people = (count: number | null): ReactNode => (count === null ? <span className="muted">{words.unknown}</span> : format.number(count))
  const columns: readonly [Column<ExitPlace>, ...Column<ExitPlace>[]] = [
    { name: 'place', head: words.place, sort: ({ name }) => name, cell: (one) => nameOf(one, words) },
    { name: 'environment', head: words.environment, cell: (one) => (one.kind === 'sub-processor' ? words.outside(format.country(one.where)) : one.where) },
    { name: 'found', head: `${words.found} (${words.evidenceHead})`, numbers: true, sort: ({ found }) => found ?? -1, cell: ({ found }) => people(found) },
    { name: 'left', head: words.leftHead, numbers: true, sort: ({ left }) => left ?? Infinity, cell: ({ left }) => people(left) },
    { name: 'standing', head: words.standing, cell: (one) => <><Standing is={one.standing} /><div className="small muted">{detailOf(one, words, format)}</div></> },
  ]
  return <Panel title={words.places}><div className="exit-places">{places.length === 0 ? <p className="muted">{words.plan}</p> : <DataTable caption={words.places} rows={places} keyOf={({ key }) => key} columns={columns} />}</div></Panel>
}

function nameOf(one: ExitPlace, words: ExitWords): ReactNode {
  if (one.kind === 'backup') return words.backup(one.name)
  if (one.planned === undefined) return one.name
  return <span className="names-wrap">{one.planned.store} · <span className="names">{one.planned.place}</span></span>
}

/** How the standing of a place came about. */
function detailOf({ planned, answer, until, because, left }: ExitPlace, words: ExitWords, format: Format): string {
  if (until !== undefined) return words.expires(format.day(until))
  if (answer !== undefined) {
    if (answer.outcome === 'none') return words.noAnswer
    if (answer.says !== null) return words.says(answer.says)
    return answer.askedAt === null ? words.notAsked : words.asked(format.day(answer.askedAt))
  }
  if (planned === undefined) return because ?? words.notThere
  if (planned.because !== null) return planned.because
  if (planned.state !== 'done') return planned.state === 'begun' ? words.begun : words.planned
  if (left !== null) return `${words.againLeft(format.number(left))}. ${words.erasedRows(format.number(planned.rowsErased ?? 0), planned.method)}`
  return planned.standing === 'unknown' ? words.notThere : words.notAgain
}
