import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Coverage } from '../components/coverage.tsx'
import { Shown } from '../components/failed.tsx'
import { Facts, Page, Panel, Primary } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Names } from '../components/time.tsx'
import { Go } from '../shell/go.tsx'
import { hasPage } from '../pages.ts'
import { useFormat } from '../words/format.ts'
import { plural, useWords } from '../words/index.tsx'
import { controllersWords } from './words.ts'

type Controller = Answer<'/controllers/{id}'>

/** One client on a page: how do we stand with it? */
export default function ControllerPage(): ReactNode {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const words = useWords(controllersWords)
  const reading = useRead('/controllers/{id}', { params: { id } })
  const shown = reading.data?.id === id ? reading.data : undefined
  const sentence = useSentence(shown)
  const findings = addresses.findingsOf(id)
  const copies = addresses.copiesOf(id)
  const next = shown !== undefined && shown.findings.open > 0 && hasPage(findings) ? <Primary to={findings}>{words.decide}</Primary> : hasPage(copies) ? <Primary to={copies}>{words.seeCopies}</Primary> : undefined
  return (
    <Page title={shown?.name ?? id} sentence={reading.error === null ? sentence : undefined} crumbs={[{ name: words.title, to: addresses.controllers }, { name: shown?.name ?? id }]} primary={next} terminal={`bailee register show --controller ${id}`} read={reading}>
      <Shown of={reading} error="E2">{(answer) => <Stand controller={answer} />}</Shown>
    </Page>
  )
}

/** Findings first, then instructions, then what was not searched. */
function useSentence(controller: Controller | undefined): string | undefined {
  const [words, format] = [useWords(controllersWords), useFormat()]
  if (controller === undefined) return undefined
  const { findings, instructions, searched } = controller
  const found = findings.open === 0 ? `${words.noneFound}.` : words.how(`${format.number(findings.open)} ${plural(format.language, findings.open, words.language === 'fr' ? ['copie', 'copies'] : ['copy', 'copies'])}`, format.range(findings.people.atLeast, findings.people.atMost))
  const told = `${words.instructionList}: ${words.inForceOf(format.number(instructions.inForce))}${instructions.proposed === 0 ? '' : `, ${words.waitsFor(format.number(instructions.proposed))}`}.`
  const search = searched.at === null ? words.neverSearched : searched.notSeen.length === 0 ? '' : `${words.unsearched(format.number(searched.stores - searched.searched), format.number(searched.stores))}.`
  return [found, told, search].filter((part) => part !== '').join(' ')
}

function Stand({ controller }: { readonly controller: Controller }): ReactNode {
  const [words, format] = [useWords(controllersWords), useFormat()]
  const { findings, searched } = controller
  const left = searched.stores - searched.searched
  return (
    <div className="two-columns">
      <div>
        <Panel title={words.coverage} aside={<Standing is={controller.standing} loud finding={findings.open > 0} {...(findings.open > 0 ? { word: words.openFindings(format.number(findings.open), findings.open === 1) } : {})} />}>
          <Coverage parts={{ verified: searched.searched, notSearched: left }} notSeen={searched.notSeen} {...(left > 0 ? { means: words.means } : {})} />
        </Panel>
        <Datasets list={controller.datasetList} />
        <Instructions list={controller.instructionList} />
      </div>
      <div><Contracts controller={controller} /><Signatories list={controller.signatories} /><SubProcessors told={controller.subProcessors} /><Contacts list={controller.contacts} /></div>
    </div>
  )
}

function Datasets({ list }: { readonly list: Controller['datasetList'] }): ReactNode {
  const [words, format] = [useWords(controllersWords), useFormat()]
  type Row = Controller['datasetList'][number]
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'dataset', head: words.dataset, cell: ({ id }) => <Names>{id}</Names> }, { name: 'store', head: words.store, cell: ({ store }) => <Go to={addresses.stores}><Names>{store}</Names></Go> }, { name: 'environment', head: words.environment, cell: ({ environment }) => environment },
    { name: 'columns', head: words.columns, numbers: true, cell: ({ columns: count }) => format.number(count) },
    { name: 'standing', head: words.checked, cell: ({ standing, checkedAt }) => <><Standing is={standing} /><div className="small muted">{checkedAt === null ? words.notSeen : words.seen(format.day(checkedAt))}</div></> },
  ]
  return <Panel title={words.datasets}>{list.length === 0 ? <p className="muted">{words.noDatasets}</p> : <DataTable caption={words.datasets} rows={list.toSorted((one, other) => Number(one.standing === 'verified') - Number(other.standing === 'verified'))} keyOf={({ id }) => id} columns={columns} />}</Panel>
}

function Instructions({ list }: { readonly list: Controller['instructionList'] }): ReactNode {
  const words = useWords(controllersWords)
  const state = (one: Controller['instructionList'][number]): string => one.inForce ? words.inForce : words.state[one.state as keyof typeof words.state] ?? one.state
  return (
    <Panel title={words.instructionList}>
      {list.length === 0 ? <p>{words.noInstructions}</p> : <ul className="plain">{list.map((one) => <li key={one.id}><span><Go to={addresses.instruction(one.id)}>{one.id}</Go> <span className="muted">{one.name}</span></span><span className={one.inForce ? 'small' : 'small muted'}>{state(one)}</span></li>)}</ul>}
    </Panel>
  )
}

function Contracts({ controller }: { readonly controller: Controller }): ReactNode {
  const [words, format] = [useWords(controllersWords), useFormat()]
  return (
    <Panel title={words.contractEnds}>
      {controller.contractList.map(({ id, starts, ends, endedAt, choice }) => (
        <div key={id} className="stack-small contract"><h3><Go to={addresses.contract(id)}>{id}</Go></h3>
          <p>{format.day(starts)}, {endedAt !== null ? words.ended(format.day(endedAt)) : ends === null ? words.noEnd : words.endsOn(format.day(ends))}</p>
          {choice === null ? <p><Standing is="unknown" /> {words.noChoice}</p> : <p className="muted">{words.choice[choice.choice]}, {words.from[choice.from]}</p>}
        </div>
      ))}
    </Panel>
  )
}

function Signatories({ list }: { readonly list: Controller['signatories'] }): ReactNode {
  const words = useWords(controllersWords)
  return <Panel title={words.people}>{list.length === 0 ? <p>{words.noSignatory}</p> : <ul className="plain">{list.map(({ name, key }) => <li key={name}><span>{name}</span><span className="small muted">{key === null ? words.noKey : key === 'signatory' ? words.keyOwn : words.keyHere}</span></li>)}</ul>}</Panel>
}

function SubProcessors({ told }: { readonly told: Controller['subProcessors'] }): ReactNode {
  const [words, format] = [useWords(controllersWords), useFormat()]
  return (
    <Panel title={words.subProcessors}>
      {told === null ? <p><Standing is="unknown" word={words.notTold} /></p> : <><p>{words.authorisation[told.authorisation]}.{told.list.length === 0 ? ` ${words.none}.` : ''}</p>{told.list.length === 0 ? null : <ul className="plain">{told.list.map(({ name, country, purpose }) => <li key={name}><span>{name}, {format.country(country)}</span><span className="small muted">{purpose}</span></li>)}</ul>}</>}
    </Panel>
  )
}

function Contacts({ list }: { readonly list: Controller['contacts'] }): ReactNode {
  const words = useWords(controllersWords)
  const facts = list.map(({ role, name, contact, told }) => [words.roles[role as keyof typeof words.roles] ?? role, told === 'told' ? [name, contact].filter((part) => part !== null).join(', ') : told === 'not told' ? <Standing key={role} is="unknown" word={words.notTold} /> : words.none] as const)
  return <Panel title={words.contacts}><Facts facts={facts} /></Panel>
}
