/** From event to event of the ledger: the date of the page stands in its address, and this changes it. */
import IconLeft from '@tabler/icons-react/icons/IconChevronLeft'
import IconRight from '@tabler/icons-react/icons/IconChevronRight'
import { useEffect, useMemo, type CSSProperties, type ReactNode } from 'react'
import { useReadAhead } from '../client/read.ts'
import { useSearchValues, useSetSearch } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { copiesAsked, type Listing } from './layout.ts'
import { copiesWords } from './words.ts'

type Moment = Listing['moments'][number]

/** Dates are written below the slider where so few have room. */
const labelsMax = 7

/** Of what happened at one moment, what the slider says. */
const weight: Readonly<Record<Moment['what'], number>> = { found: 0, resolved: 1, disclosed: 2, copied: 3, erased: 4, derived: 5, declared: 6, searched: 7 }
const stepsOf = (moments: readonly Moment[]): Moment[] => [...Map.groupBy(moments, ({ at }) => at).values()].flatMap((same) => same.toSorted((one, other) => weight[one.what] - weight[other.what]).slice(0, 1))

/** Shows it: the last step is now. */
export function Slider({ moments: all, controller }: { readonly moments: readonly Moment[]; readonly controller: string }): ReactNode {
  const moments = useMemo(() => stepsOf(all), [all])
  const [words, format, { at }, set] = [useWords(copiesWords), useFormat(), useSearchValues(), useSetSearch()]
  const now = moments.length
  const index = at === undefined ? now : moments.findLastIndex((moment) => Date.parse(moment.at) <= Date.parse(at))
  const say = (step: number): string => { const moment = moments[step]; return step >= now ? words.now : moment === undefined ? words.start : `${format.day(moment.at)} · ${words.moment[moment.what](format.number(moment.count), moment.about)}` }
  const go = (step: number): void => set({ at: step >= now ? undefined : moments[Math.max(0, step)]?.at })
  const readAhead = useReadAhead('/copies', copiesAsked(controller))
  useEffect(() => { readAhead([index - 1, index + 1].filter((step) => step >= 0 && step <= now && step !== index).map((step) => (step === now ? undefined : moments[step]?.at))) }, [index]) // when a step was made, the two beside it
  const labels = now <= labelsMax - 1 ? [...moments.keys(), now] : Array.from({ length: labelsMax }, (_, label) => Math.round((label * now) / (labelsMax - 1)))
  return (
    <section className="panel slider" aria-label={words.slider}>
      <div className="slider-row">
        <button type="button" className="button icon" aria-label={words.earlier} disabled={index <= 0} onClick={() => go(index - 1)}><IconLeft size={18} aria-hidden /></button>
        <div className="slider-track" style={{ '--part': `${now === 0 ? 100 : (Math.max(0, index) / now) * 100}%` } as CSSProperties}>
          <input type="range" min={0} max={now} step={1} value={Math.max(0, index)} aria-label={words.slider} aria-valuetext={say(index)} onChange={(event) => go(Number(event.target.value))} />
          <div className="slider-labels small" aria-hidden>{labels.map((step) => <span key={step} className={step === index ? 'is' : undefined} style={{ insetInlineStart: `${now === 0 ? 0 : (step / now) * 100}%` }}>{step >= now ? words.now : format.shortDay(moments[step]?.at ?? '')}{step >= now ? null : <small>{moments[step]?.at.slice(0, 4)}</small>}</span>)}</div>
        </div>
        <button type="button" className="button icon" aria-label={words.later} disabled={index >= now} onClick={() => go(index + 1)}><IconRight size={18} aria-hidden /></button>
      </div>
      <p className="slider-says">{say(index)}</p>
    </section>
  )
}
