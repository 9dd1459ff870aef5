import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { Standing } from '../components/standing.tsx'
import { Go } from '../shell/go.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { copiesPerStoreMax, type Copy, type Listing } from './layout.ts'
import { copiesWords } from './words.ts'
import './map.css'

/** The facts of the map on a phone: environments, their stores, their copies, one in the other. */
export function Cards({ shown, isClient }: { readonly shown: Listing; readonly isClient: boolean }): ReactNode {
  const [words, format] = [useWords(copiesWords), useFormat()]
  const inStore = Map.groupBy(shown.items.filter(({ gone }) => !gone), ({ store }) => store)
  const why = new Map(shown.searched.notSeen.map((one) => [one.place.split(': ', 1)[0] ?? '', one.why]))
  return (
    <div className="stack">
      {shown.environments.map(({ id, class: kind, country, stores }) => (
        <section key={id} className="panel"><h2>{id}</h2><p className="muted small">{[kind === 'production' ? words.production : words.nonProduction, country === null ? words.runUs : words.run(format.country(country))].join(' · ')}</p>
          {stores.map((store) => (
            <div key={store.id} className={`card-store map-store-${store.standing === 'unknown' ? 'unknown' : 'searched'}`}>
              <div className="map-store-head"><strong>{store.id}</strong><span className="muted small">{store.standing === 'unknown' ? words.notSearched : words.searched}</span></div>
              {store.standing === 'unknown' ? <div className="map-unknown"><Standing is="unknown" /><span className="small">{why.get(store.id) ?? words.unknownHere}</span></div> : (inStore.get(store.id) ?? []).length === 0 ? <p className="small muted">{words.empty}</p> : null}
              <ul className="cards">{(inStore.get(store.id) ?? []).slice(0, copiesPerStoreMax).map((copy) => <li key={copy.id}><Card copy={copy} isClient={isClient} /></li>)}</ul>
            </div>
          ))}
        </section>
      ))}
      {shown.outside.length === 0 ? null : <section className="panel"><h2>{words.outside}</h2><p className="muted small">{words.theirWord}</p><ul className="cards">{shown.outside.map(({ name, disclosures }) => <li key={name}><div className="map-copy is-declared"><strong>{name}</strong><span>{disclosures === 0 ? words.never : words.disclosures(format.number(disclosures))}</span></div></li>)}</ul></section>}
    </div>
  )
}

function Card({ copy, isClient }: { readonly copy: Copy; readonly isClient: boolean }): ReactNode {
  const [words, format] = [useWords(copiesWords), useFormat()]
  const found = copy.kind === 'finding'
  const to = isClient ? `/client/copies/${encodeURIComponent(copy.id)}` : found ? addresses.finding(copy.id) : addresses.copy(copy.id)
  return (
    <div className={`map-copy${found ? ' is-found' : ''}${copy.standing === 'declared' ? ' is-declared' : ''}`}>
      <Go to={to} className="names map-place">{copy.place}</Go>
      <span>{found ? <Standing is="invalid" finding word={words.found(format.number(copy.people ?? 0))} /> : copy.people === null ? words.uncounted : words.people(format.number(copy.people))}</span>
      <span className="muted small">{[words.kind[copy.kind], ...(copy.instruction === null ? [] : [copy.instruction]), ...(copy.until === null ? [] : [words.until(format.day(copy.until))])].join(', ')}</span>
    </div>
  )
}
