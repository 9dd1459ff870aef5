/** Where one controller's data is, and why: as a map, as a list, as of any moment. The three are one query. */
import { useMediaQuery } from '@mantine/hooks'
import { useMemo, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import { Shown } from '../components/failed.tsx'
import { NotSeen } from '../components/coverage.tsx'
import { Empty, Page, Panel, Primary, together } from '../components/page.tsx'
import { useSession } from '../shell/session.tsx'
import { useSearchValues, useSetSearch } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { Cards } from './cards.tsx'
import { Chosen } from './chosen.tsx'
import { ExportCopies } from './export.tsx'
import { copiesAsked, layOut, type Listing } from './layout.ts'
import { List } from './list.tsx'
import { Legend, CopiesMap } from './map.tsx'
import { Slider } from './slider.tsx'
import { copiesWords } from './words.ts'

const phone = '(max-width: 760px)'

/** The page. */
export default function Copies(): ReactNode {
  const [words, session, { controller, at, view }] = [useWords(copiesWords), useSession(), useSearchValues()]
  const isClient = session.controller !== null
  const controllers = useRead('/controllers', { query: { limit: 200 }, always: 'now' }) // whose map: a choice, and no part of what is shown
  const chosen = session.controller ?? controllers.data?.items.find(({ id }) => id === controller) ?? controllers.data?.items[0]
  if (controllers.data?.total === 0) return <Page title={words.allTitle}><Panel><Empty title={words.noController}><p>{words.emptyBody}</p></Empty></Panel></Page>
  if (chosen === undefined) return <Page title={words.allTitle}><Panel><Shown of={controllers} error="E3">{() => null}</Shown></Panel></Page>
  return <OfController key={chosen.id} controller={chosen} isClient={isClient} choices={isClient ? [] : controllers.data?.items ?? []} at={at} view={view === 'list' ? 'list' : 'map'} />
}

interface OfControllerProps { readonly controller: { readonly id: string; readonly name: string }; readonly isClient: boolean; readonly choices: readonly { readonly id: string; readonly name: string }[]; readonly at: string | undefined; readonly view: 'map' | 'list' }

function OfController({ controller, isClient, choices, at, view }: OfControllerProps): ReactNode {
  const [words, format, set] = [useWords(copiesWords), useFormat(), useSetSearch()]
  const query = copiesAsked(controller.id)
  const ever = useRead('/copies', { query, always: 'now' })
  const then = useRead('/copies', { query })
  const data = then.data
  const first = data?.items.find(({ kind, gone }) => kind === 'finding' && !gone)
  const sentence = data === undefined || then.error !== null ? undefined : sentenceOf(data, at, words, format)
  return (
    <Page
      title={words.title(controller.name)} sentence={sentence} terminal={`bailee trace findings${at === undefined ? '' : ` --as-of ${at}`}`} read={together(then, ever)}
      crumbs={isClient ? [] : [{ name: words.controller, to: addresses.controllers }, { name: controller.name, to: addresses.controller(controller.id) }, { name: words.crumb }]}
      primary={first === undefined || isClient ? undefined : <Primary to={addresses.finding(first.id)}>{words.decide}</Primary>}
      others={<>
        {choices.length > 1 ? <select className="field copies-controller" aria-label={words.controller} value={controller.id} onChange={(event) => set({ controller: event.target.value, at: undefined, copy: undefined })}>{choices.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}</select> : null}
        <div className="segments" role="group" aria-label={words.view}>{(['map', 'list'] as const).map((one) => <button key={one} type="button" className="segment" aria-pressed={view === one} onClick={() => set({ view: one === 'list' ? 'list' : undefined })}>{words[one]}</button>)}</div>
        {data === undefined ? null : <ExportCopies controller={controller.id} />}
      </>}
    >
      <Shown of={then} error="E3">{(shown) => <Body shown={shown} ever={ever.data ?? shown} view={view} isClient={isClient} controller={controller.id} />}</Shown>
    </Page>
  )
}

interface BodyProps { readonly shown: Listing; readonly ever: Listing; readonly view: 'map' | 'list'; readonly isClient: boolean; readonly controller: string }

function Body({ shown, ever, view, isClient, controller }: BodyProps): ReactNode {
  const [words, isPhone, { copy }] = [useWords(copiesWords), useMediaQuery(phone) ?? false, useSearchValues()]
  const layout = useMemo(() => layOut(ever), [ever])
  if (ever.items.length === 0) return <Panel><Empty title={words.emptyTitle}><p>{words.emptyBody}</p></Empty></Panel>
  return (
    <div className="stack">
      <Slider moments={ever.moments} controller={controller} />
      <NotSeen places={shown.searched.notSeen} />
      {view === 'list' ? <List shown={shown} isClient={isClient} /> : isPhone ? <Cards shown={shown} isClient={isClient} /> : (
        <div className="copies-map-and-chosen">
          <div className="stack"><CopiesMap layout={layout} shown={shown} /><Legend /></div>
          <Chosen key={copy} id={copy !== undefined && shown.items.some(({ id }) => id === copy) ? copy : undefined} isClient={isClient} />
        </div>
      )}
    </div>
  )
}

type CopiesWords = ReturnType<typeof useWords<typeof copiesWords.en>>

function sentenceOf({ underInstruction, underNone, searched }: Listing, at: string | undefined, words: CopiesWords, format: ReturnType<typeof useFormat>): string {
  const unsearched = searched.at === null ? words.neverSearched : words.storesUnsearched(searched.stores - searched.searched, format.number(searched.stores - searched.searched))
  const places = underInstruction + underNone
  const sentence = words.sentence(format.number(places), places === 1, format.number(underNone), unsearched)
  return at === undefined ? sentence : `${words.asOf(format.day(at))}${sentence}`
}
