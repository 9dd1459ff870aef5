/** An analytic chart, with the same numbers as a table one key away. The library is loaded when the first one is shown. */
import { useEffect, useRef, useState, type ReactNode } from 'react'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import type * as Plot from './plot.ts'
import { componentWords } from './words.ts'

export type PlotLibrary = typeof Plot

interface ChartProps {
  /** What the chart says, in a sentence: its name for who cannot see it. */
  readonly says: string
  /** Draws it. Formats of numbers are always functions here: the library's own would round. */
  readonly draw: (plot: PlotLibrary, width: number, number: (value: number) => string) => SVGElement | HTMLElement
  /** Its height, in pixels, which it takes before it is drawn: what stands below does not move. */
  readonly height: number
  readonly heads: readonly string[]
  readonly rows: readonly (readonly [name: string, ...values: string[]])[]
}

/** Shows one. */
export function Chart({ says, draw, height, heads, rows }: ChartProps): ReactNode {
  const [words, format] = [useWords(componentWords), useFormat()]
  const place = useRef<HTMLDivElement>(null)
  const [plot, setPlot] = useState<PlotLibrary>()
  const [asked, setAsked] = useState(false) // a thousand rows that nobody opened would keep the page from answering
  useEffect(() => { void import('./plot.ts').then(setPlot, () => undefined) }, [])
  useEffect(() => {
    if (plot === undefined || place.current === null) return
    const drawn = draw(plot, place.current.clientWidth, format.number)
    // The policy allows no style inside the page but those with its nonce; what it says stands in our own sheet.
    for (const style of drawn.querySelectorAll('style')) style.remove()
    drawn.setAttribute('aria-hidden', 'true')
    place.current.replaceChildren(drawn)
  }, [plot, draw, format])
  return (
    <figure className="chart">
      <div ref={place} role="img" aria-label={says} style={{ minHeight: height }} />
      <figcaption className="muted small">{says}</figcaption>
      <details onToggle={(event) => { if (event.currentTarget.open) setAsked(true) }}><summary className="small">{words.tableOf}</summary><table className="table"><thead><tr>{heads.map((head) => <th key={head} scope="col">{head}</th>)}</tr></thead><tbody>{(asked ? rows : []).map(([name, ...values]) => <tr key={name}><th scope="row">{name}</th>{values.map((value, index) => <td key={heads[index + 1]} data-head={heads[index + 1]} className="right numbers">{value}</td>)}</tr>)}</tbody></table></details>
    </figure>
  )
}
