import type { ReactNode } from 'react'
import { NotCovered } from '../components/coverage.tsx'
import { Go } from '../shell/go.tsx'
import { addresses } from '../addresses.ts'
import { useHasRole } from '../shell/session.tsx'
import { useFormat } from '../words/format.ts'
import { useLanguage, useWords } from '../words/index.tsx'
import type { BreachPage } from './figures.ts'
import { GiveSample } from './sample.tsx'
import { breachWords } from './words.ts'

/** From which copy, and how sure: if two fit equally, it says so. */
export function Attribution({ page }: { readonly page: BreachPage }): ReactNode {
  const [words, format, language, may] = [useWords(breachWords), useFormat(), useLanguage(), useHasRole('owner', 'dpo')]
  const give = may ? <div className="row"><GiveSample name={words.giveSample} entry="breach.attributed" path="/breaches/{id}/samples" params={{ id: page.id }} /></div> : null
  if (page.attribution.length === 0 && page.cause.kind === 'finding' && page.cause.finding !== null) return <p><Go to={addresses.finding(page.cause.finding)}>{page.cause.finding}</Go>{page.countedFrom === null ? null : `: ${page.countedFrom.places.join(', ')}`}</p>
  if (page.attribution.length === 0) return <div className="stack-small"><p>{words.noSample}</p><ul className="draft">{words.ways.split('\n').map((way) => <li key={way}>{way}</li>)}</ul>{give}<p><code>{`bailee breach attribute ${page.id} --sample FILE`}</code></p></div>
  return (
    <div className="stack-small">
      {give}
      {page.attribution.map((one) => (
        <div key={one.dataset} className="stack-small">
          <p>{one.says[language]}</p>
          {one.fits.length === 0 ? null : (
            <table className="table small"><caption className="visually-hidden">{words.fits}</caption><thead><tr><th scope="col">{words.copy}</th><th scope="col" className="right">{words.share}</th><th scope="col" className="right">{words.shareBeside}</th></tr></thead>
              <tbody>{one.fits.slice(0, 5).map((fit) => <tr key={fit.copy}><th scope="row" className="names">{fit.copy}</th><td className="right numbers" data-head={words.share}>{percentage(fit.share, language)}</td><td className="right numbers" data-head={words.shareBeside}>{percentage(fit.shareBesideUnknown, language)}</td></tr>)}</tbody></table>)}
          <p className="small muted">{words.copies(one.compared, format.number(one.compared))}</p>
          {one.limits.length === 0 ? null : <NotCovered><p><strong>{words.limits}.</strong></p>{one.limits.map((limit) => <p key={limit} lang="en">{limit}</p>)}</NotCovered>}
        </div>
      ))}
    </div>
  )
}

const percentage = (share: number, language: string): string => new Intl.NumberFormat(language, { style: 'percent', minimumFractionDigits: 2 }).format(share)
