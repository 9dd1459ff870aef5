/** What was done under instructions, and by whom: bars from zero, labels beside them, and the same numbers as a table. */
import { useCallback, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Chart, type PlotLibrary } from '../components/chart.tsx'
import { Shown } from '../components/failed.tsx'
import { Panel } from '../components/page.tsx'
import { useHasRole } from '../shell/session.tsx'
import { Go } from '../shell/go.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { instructionsWords } from './words.ts'
import '../components/coverage.css'
import '../components/scope.css'

type Use = Answer<'/instructions/use'>
export interface Bar { readonly name: string; readonly value: number; readonly cells: readonly string[] }

const barPixels = 30
const barsMax = 12

/** Horizontal bars, the largest first; at most twelve are drawn, and all are in the table. */
export function Bars({ says, heads, bars }: { readonly says: string; readonly heads: readonly string[]; readonly bars: readonly Bar[] }): ReactNode {
  const shown = bars.slice(0, barsMax)
  const key = shown.map(({ name, value }) => `${name}\n${value}`).join('\n')
  const draw = useCallback((plot: PlotLibrary, width: number, number: (value: number) => string) => plot.plot({
    className: 'bars', width, height: shown.length * barPixels + 8, marginLeft: 110, marginRight: 96, marginTop: 4, marginBottom: 4, x: { domain: [0, Math.max(1, ...shown.map(({ value }) => value))], axis: null }, y: { label: null, tickSize: 0, domain: shown.map(({ name }) => name) },
    marks: [plot.barX(shown, { x: 'value', y: 'name', fill: 'currentColor', fillOpacity: 0.75, insetTop: 6, insetBottom: 6 }), plot.ruleX([0], { stroke: 'currentColor' }), plot.text(shown, { x: 'value', y: 'name', text: (one: Bar) => number(one.value), textAnchor: 'start', dx: 6 })],
  }), [key]) // the key says all that is drawn
  return <Chart says={says} draw={draw} heads={heads} rows={bars.map(({ name, cells }) => [name, ...cells])} />
}

/** Activity by instruction, for the office and for a controller of its own. */
export function UseByInstruction({ controller }: { readonly controller?: string | undefined }): ReactNode {
  return useHasRole('owner', 'dpo', 'auditor', 'signatory', 'viewer') ? <ByInstruction controller={controller} /> : null
}

function ByInstruction({ controller }: { readonly controller: string | undefined }): ReactNode {
  const [words, format] = [useWords(instructionsWords), useFormat()]
  const use = useRead('/instructions/use', { query: { controller } })
  return (
    <Panel title={words.useTitle}>
      <Shown of={use} error="E1" rows={3}>{(answer) => answer.byInstruction.length === 0 ? <p className="muted">{words.noUse}</p> : (
        <div className="two-columns">
          <div><Bars says={saysOf(answer.byInstruction, words.useSays, format.number)} heads={[words.instruction, words.rowsRead, words.sessions]} bars={answer.byInstruction.map(({ instruction, rows, sessions }) => ({ name: instruction, value: rows, cells: [format.number(rows), format.number(sessions)] }))} /></div>
          <div><NotSeenUse more={answer.more} /></div>
        </div>
      )}</Shown>
    </Panel>
  )
}

/** Rows and bytes by person, under one instruction. */
export function ByPerson({ instruction }: { readonly instruction: string }): ReactNode {
  const [words, format] = [useWords(instructionsWords), useFormat()]
  const use = useRead('/instructions/use', { query: { instruction } })
  return (
    <Shown of={use} error="E1" rows={3}>{(answer) => answer.byPerson.length === 0 ? <p className="muted">{words.noUseOne}</p> : (
      <div className="stack-small">
        <Bars says={saysOf(answer.byPerson, words.useSays, format.number)} heads={[words.person, words.rowsRead, words.bytes, words.sessions]} bars={answer.byPerson.map(({ person, rows, bytes, sessions }) => ({ name: person.name, value: rows, cells: [format.number(rows), format.number(bytes), format.number(sessions)] }))} />
        <p className="small"><Go to={addresses.decisions}>{words.history}</Go></p>
        <NotSeenUse more={answer.more} />
      </div>
    )}</Shown>
  )
}

const saysOf = (of: Use['byInstruction'] | Use['byPerson'], says: (rows: string, sessions: string) => string, number: (value: number) => string): string =>
  says(number(of.reduce((sum, { rows }) => sum + rows, 0)), number(of.reduce((sum, { sessions }) => sum + sessions, 0)))

function NotSeenUse({ more }: { readonly more: boolean }): ReactNode {
  const words = useWords(instructionsWords)
  return <div className="not-seen small"><p>{words.notSeenUse}</p>{more ? <p>{words.useMore}</p> : null}</div>
}
