/** Amounts as bars from zero, labels beside them, and the same numbers as a table. */
import { useCallback, type ReactNode } from 'react'
import { Chart, type PlotLibrary } from './chart.tsx'

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
  return <Chart says={says} draw={draw} height={shown.length * barPixels + 8} heads={heads} rows={bars.map(({ name, cells }) => [name, ...cells])} />
}
