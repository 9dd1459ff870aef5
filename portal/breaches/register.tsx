/** The record of all breaches (Art. 33(5)): is it complete? */
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer, Item } from '../client/shapes.ts'
import { NotCovered } from '../components/coverage.tsx'
import { ExportFile } from '../components/exportFile.tsx'
import { Shown } from '../components/failed.tsx'
import { Empty, Facts, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { Names } from '../components/time.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useFormat, type Format } from '../words/format.ts'
import { useLanguage, useWords, type Translated } from '../words/index.tsx'
import { endsOf } from './figures.ts'
import { registerWords } from './registerWords.ts'

type Register = Answer<'/breach-register'>
type Row = Item<'/breach-register'>
type Words = Translated<(typeof registerWords)['en']>

/** Shows it, what lacks something first. */
export default function BreachRegister(): ReactNode {
  const [words, format, { controller, cursor, q }] = [useWords(registerWords), useFormat(), useSearchValues()]
  const reading = useRead('/breach-register', { query: { controller, cursor, q, limit: 50 } })
  const register = reading.error === null ? reading.data : undefined
  return (
    <Page
      title={words.title} sentence={register === undefined ? undefined : sentenceOf(register, words, format)} crumbs={[{ name: words.breaches, to: addresses.breaches }, { name: words.title }]} evidence read={reading} terminal={`bailee breach register ${controller === undefined ? '--all' : `--controller ${controller}`}`}
      primary={register === undefined ? undefined : <ExportFile path="/breach-register/export" act={words.exportAct} formats={['pdf', 'csv', 'json']} controller={controller} />}
    >
      <Shown of={reading} error="E2">{(shown) => (
        <div className="stack">
          {shown.total === 0 ? <Panel><Empty title={words.emptyTitle}><p>{words.empty}</p></Empty></Panel> : shown.items.map((row) => <Record key={row.id} row={row} />)}
          <Panel title={words.notSeen}><NotCovered><p>{words.notSeenSays} <Go to={addresses.findings}>{words.findings}</Go></p></NotCovered></Panel>
        </div>
      )}</Shown>
    </Page>
  )
}

function sentenceOf({ total, lacking, late }: Register, words: Words, format: Format): string {
  if (total === 0) return words.none
  const whole = lacking === 0 ? words.whole(total, format.number(total)) : words.lacks(lacking, format.number(lacking), format.number(total))
  return whole + (late === 0 ? '' : words.late(late, format.number(late)))
}

function Record({ row }: { readonly row: Row }): ReactNode {
  const [words, format, language] = [useWords(registerWords), useFormat(), useLanguage()]
  const { id, controller, lacks, effects, remedialAction, categories, delay, late } = row
  const told = (value: string | null): ReactNode => value ?? <span className="muted">{words.missing}</span>
  return (
    <Panel title={`${id}, ${controller.name}`} aside={lacks.length === 0 ? <Standing is="verified" word={words.lacksNothing} /> : <Go to={addresses.breach(id)} className="button">{words.complete(id)}</Go>}>
      <div className="stack-small">
        {lacks.length === 0 ? null : <NotCovered><p><strong>{words.lacking}</strong> {format.list(lacks.map((lack) => words.lack[lack]))}.</p></NotCovered>}
        <Facts facts={[
          [words.facts, <>{row.nature}<br /><span className="small muted">{words.knownBy[row.cause]}, {words.since(format.moment(row.awareAt))}</span></>],
          [words.people, <Go key="p" to={addresses.breach(id)}><People row={row} words={words} format={format} /></Go>],
          [words.origin, row.origin[language].length === 0 ? told(null) : row.origin[language].map((text) => <div key={text}>{text}</div>)],
          [words.categories, categories === null ? told(null) : <Names key="c">{categories.join(', ')}</Names>], [words.effects, told(effects)], [words.action, told(remedialAction)],
          [words.told, <span key="t" className="row"><Told row={row} words={words} format={format} />{late ? <Standing is="invalid" word={words.lateMark} /> : null}</span>],
          ...(delay === null ? [] : [[words.delay, delay] as [string, ReactNode]]),
        ]} />
      </div>
    </Panel>
  )
}

interface Part { readonly row: Row; readonly words: Words; readonly format: Format }

function People({ row: { people }, words, format }: Part): ReactNode {
  if (people === null) return words.notCounted
  const { low, high } = endsOf(people)
  return low === null ? words.notCounted : format.range(low, high)
}

function Told({ row: { toldAt, hoursTaken, hoursGiven }, words, format }: Part): ReactNode {
  const given = hoursGiven === null ? words.noTerm : words.given(format.number(hoursGiven))
  if (toldAt === null) return <><Standing is="pending" word={words.notTold} /> <span className="small muted">{given}</span></>
  return <>{format.moment(toldAt)} <span className="small muted">{[...(hoursTaken === null ? [] : [words.hours(format.number(Math.round(hoursTaken * 10) / 10))]), given].join(', ')}</span></>
}
