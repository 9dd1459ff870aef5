/** Counts between searches are steps, not slopes: nobody knows what was in between. A band, hatched, where something cannot be excluded. */
import { useCallback, type ReactNode } from 'react'
import { Chart, type PlotLibrary } from '../components/chart.tsx'
import { Panel } from '../components/page.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import type { ExitPage } from './places.ts'
import { exitWords } from './words.ts'

const chartPixels = 170

/** Shows it. */
export function PeopleLeft({ page }: { readonly page: ExitPage }): ReactNode {
  const [words, format] = [useWords(exitWords), useFormat()]
  const { left } = page.history
  const last = left.at(-1)
  const peak = Math.max(0, ...left.map(({ people }) => people))
  const unsure = (last?.unsure ?? false) || page.today.backups.length > 0
  const draw = useCallback((plot: PlotLibrary, width: number, number: (value: number) => string) => {
    // Searches of one day stand side by side: the order is what counts, and the axis names each.
    const points = left.map((one, index) => ({ x: index, people: one.people, name: format.shortDay(one.at) }))
    const end = { x: left.length - 0.4, people: last?.people ?? 0, name: '' }
    const from = left.length - 1
    return plot.plot({
      width, height: chartPixels, marginLeft: 52, marginRight: 12, marginBottom: 28, marginTop: 14, className: 'plot', style: { background: 'transparent' },
      x: { domain: [-0.1, end.x], label: null, ticks: points.map(({ x }) => x), tickFormat: (value: number) => points[value]?.name ?? '', tickSize: 0 }, y: { domain: [0, Math.max(1, peak)], label: null, ticks: peak === 0 ? [0] : [0, peak], tickFormat: (value: number) => number(value), tickSize: 0 },
      marks: [
        ...(unsure && peak > end.people ? [plot.rectY([{ x1: from, x2: end.x }], { x1: 'x1', x2: 'x2', y1: end.people, y2: peak, fill: 'currentColor', fillOpacity: 0.13 }), plot.ruleY([peak], { x1: from, x2: end.x, stroke: 'currentColor', strokeDasharray: '2 4', strokeOpacity: 0.7 })] : []),
        plot.ruleY([0], { stroke: 'currentColor', strokeOpacity: 0.35 }), plot.lineY([...points, end], { x: 'x', y: 'people', curve: 'step-after', stroke: 'var(--verified)', strokeWidth: 2.5 }), plot.dot(points, { x: 'x', y: 'people', r: 4.5, fill: 'var(--verified)' }),
      ],
    })
  }, [left, last, peak, unsure, format])
  if (left.length === 0) return <Panel title={words.peopleLeft} standing="unknown"><p className="muted">{words.noSearch}</p></Panel>
  return <Panel title={words.peopleLeft}><Chart says={unsure ? words.peopleSays : words.peopleAll} draw={draw} height={chartPixels} heads={[words.at, words.people, words.cannotExclude]} rows={left.map(({ at, people, unsure: perhaps }, index) => [`${format.number(index + 1)}. ${format.day(at)}`, format.number(people), perhaps ? words.unknown : words.nothing])} /></Panel>
}
