import { useParams } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { Facts, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Names } from '../components/time.tsx'
import { Act } from '../components/act.tsx'
import { Go } from '../shell/go.tsx'
import { useHasRole } from '../shell/session.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { componentWords } from '../components/words.ts'
import { contractsWords } from './words.ts'

type Contract = Answer<'/contracts/{id}'>
type Term = Contract['terms'][number]

/** What binds us: which clause is missing, and when does it end? */
export default function ContractPage(): ReactNode {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const words = useWords(contractsWords)
  const contract = useRead('/contracts/{id}', { params: { id } })
  const answer = contract.error === null && contract.data?.id === id ? contract.data : undefined
  const may = useHasRole('owner', 'dpo')
  const next = answer?.terms.find(({ standing }) => standing === 'not told') ?? answer?.terms.find(({ standing }) => standing === 'none')
  return (
    <Page
      title={words.title(id)} sentence={useSentence(answer)} crumbs={[{ name: words.crumb, to: addresses.controllers }, ...(answer === undefined ? [] : [{ name: answer.controller.name, to: addresses.controller(answer.controller.id) }]), { name: id }]} evidence
      terminal={`bailee contract terms ${id}`} read={contract} primary={next === undefined || !may ? undefined : <Tell contract={id} term={next} primary />}
    >
      <Shown of={contract} error="E1">{(shown) => (
        <div className="two-columns">
          <div><Matrix contract={shown} may={may} /></div>
          <div><End contract={shown} /><Choices contract={shown} /><Subs contract={shown} /><Instructions contract={shown} /><Text contract={shown} /></div>
        </div>
      )}</Shown>
    </Page>
  )
}

function useSentence(contract: Contract | undefined): string | undefined {
  const [words, format] = [useWords(contractsWords), useFormat()]
  if (contract === undefined) return undefined
  const { terms, choice, ends, endedAt } = contract
  const then = choice === null ? words.noChoice : `**${words.choices[choice.choice]}**`
  const end = endedAt !== null ? words.endedOn(format.day(endedAt), then) : ends !== null ? words.endsOn(format.day(ends), then) : words.noEnd(then)
  const missing = terms.filter(({ standing }) => standing !== 'stands').length
  return missing === 0 ? words.whole(format.number(terms.length), end) : words.sentence(format.number(missing), format.number(terms.length), end)
}

const rank = { none: 0, 'not told': 1, stands: 2 } as const

function Matrix({ contract, may }: { readonly contract: Contract; readonly may: boolean }): ReactNode {
  const words = useWords(contractsWords)
  const columns: readonly [Column<Term>, ...Column<Term>[]] = [
    { name: 'term', head: words.term, cell: ({ term, asks }) => words.terms[term as keyof typeof words.terms] ?? asks }, { name: 'article', head: words.article, cell: ({ term }) => <span className="nowrap">{term.split('.')[0]}</span> },
    { name: 'where', head: words.where, cell: ({ clause, from, standing }) => (clause === null || standing !== 'stands' ? '' : <>{clause}<div className="small muted">{from === null ? '' : words.from[from]}</div></>) },
    { name: 'standing', head: words.standing, cell: ({ standing }) => (standing === 'stands' ? <Standing is="declared" word={words.stands} /> : standing === 'none' ? <Standing is="invalid" word={words.none} /> : <Standing is="unknown" word={words.notTold} />) },
    ...(may ? [{ name: 'tell', head: words.next, cell: (term: Term) => (term.standing === 'stands' ? null : <Tell contract={contract.id} term={term} />) }] : []),
  ]
  return <Panel title={words.matrix}><DataTable caption={words.matrix} rows={contract.terms.toSorted((one, other) => rank[one.standing] - rank[other.standing])} keyOf={({ term }) => term} columns={columns} /></Panel>
}

function Tell({ contract, term: { term, asks }, primary = false }: { readonly contract: string; readonly term: Term; readonly primary?: boolean }): ReactNode {
  const words = useWords(contractsWords)
  const [clause, setClause] = useState('')
  const named = term.split('.')[0] ?? term
  return (
    <Act name={primary ? words.complete(named) : words.tell} entry="contract.term_recorded" path="/contracts/{id}/terms" params={{ id: contract }} body={() => ({ term, clause: clause.trim() })} primary={primary} {...(clause.trim() === '' ? { incomplete: words.clauseMissing } : {})}>
      <p><strong>{words.tellAct(named)}</strong>: {words.terms[term as keyof typeof words.terms] ?? asks}</p>
      <label className="form-field">{words.clause}<input className="field" value={clause} placeholder={words.clauseHint} onChange={(event) => setClause(event.target.value)} /></label>
    </Act>
  )
}

function End({ contract }: { readonly contract: Contract }): ReactNode {
  const [words, format] = [useWords(contractsWords), useFormat()]
  const facts: readonly (readonly [string, ReactNode] | undefined)[] = [
    [words.starts, format.day(contract.starts)], [words.ends, contract.ends === null ? words.notAgreed : format.day(contract.ends)], contract.endedAt === null ? undefined : [words.ended, format.day(contract.endedAt)],
    [words.choice, contract.choice === null ? <Standing key="none" is="unknown" word={words.notTold} /> : `${words.choices[contract.choice.choice]}${contract.choice.recipient === null ? '' : ` (${contract.choice.recipient})`}, ${contract.choice.from === 'contract' ? words.fromContract : words.fromSignatory}`],
    contract.withinDays === null ? undefined : [words.within, words.days(format.number(contract.withinDays))], contract.retrievalDays === null ? undefined : [words.retrieval, words.days(format.number(contract.retrievalDays))], contract.clause === null ? undefined : [words.by, contract.clause],
    contract.deadline === null ? undefined : [words.deadline, format.day(contract.deadline)], contract.erasure === null ? undefined : [words.exit, <Go key="exit" to={addresses.erasure(contract.erasure)}>{contract.erasure}</Go>],
  ]
  return <Panel title={words.end}><Facts facts={facts.filter((one) => one !== undefined)} /></Panel>
}

function Choices({ contract: { choices, released } }: { readonly contract: Contract }): ReactNode {
  const [words, format] = [useWords(contractsWords), useFormat()]
  return (
    <Panel title={words.made}>{choices.length + released.length === 0 ? <p>{words.noneMade}</p> : <ul className="plain">
      {choices.map(({ choice, by, key, at }) => <li key={`${at} ${choice}`}><span>{words.choices[choice]}</span><span className="small muted">{by === null ? '' : `${words.byWhom(by, words.keys[key])}, `}{format.day(at)}</span></li>)}
      {released.map(({ how, by, at }) => <li key={`${at} ${how}`}><span>{`${words.released}: ${words.releases[how]}`}</span><span className="small muted">{by === null ? '' : `${by}, `}{format.day(at)}</span></li>)}
    </ul>}</Panel>
  )
}

function Subs({ contract }: { readonly contract: Contract }): ReactNode {
  return useHasRole('engineer', 'analyst') ? null : <SubsOf contract={contract} />
}

function SubsOf({ contract: { id, controller } }: { readonly contract: Contract }): ReactNode {
  const [words, format] = [useWords(contractsWords), useFormat()]
  const listing = useRead('/sub-processors', { query: { controller: controller.id, limit: 200 } })
  return (
    <Shown of={listing} error="E1" rows={2}>{(shown) => {
      const own = shown.items.filter(({ contract }) => contract === id)
      return <Panel title={words.subProcessors}>{own.length > 0 ? <ul className="plain">{own.map(({ name, country, purpose, standing }) => <li key={name}><span>{name}, {format.country(country)}{purpose === null ? '' : `, ${words.purpose} ${purpose}`}</span><Standing is={standing} /></li>)}</ul> : shown.untold.includes(id) ? <Standing is="unknown" word={words.subNotTold} /> : <p>{words.noSub}</p>}</Panel>
    }}</Shown>
  )
}

function Instructions({ contract: { instructions } }: { readonly contract: Contract }): ReactNode {
  const words = useWords(contractsWords)
  return <Panel title={words.instructions}>{instructions.length === 0 ? <p>{words.noInstruction}</p> : <ul className="plain">{instructions.map(({ id, name, state }) => <li key={id}><span><Go to={addresses.instruction(id)}>{id}</Go> <span className="muted">{name}</span></span><span className="small muted">{words.states[state as keyof typeof words.states] ?? state}</span></li>)}</ul>}</Panel>
}

function Text({ contract }: { readonly contract: Contract }): ReactNode {
  const [words, format] = [useWords(contractsWords), useFormat()]
  const { transferTools: tools } = useWords(componentWords)
  const notTold = (name: string): ReactNode => <Standing key={name} is="unknown" word={words.notTold} />
  return (
    <Panel title={words.document}><Facts facts={[
      [words.hash, contract.document === null ? notTold('hash') : <Names key="hash">{contract.document}</Names>], [words.subject, contract.subjectMatter ?? notTold('subject')], [words.breach, contract.breachNoticeHours === null ? notTold('breach') : words.hours(format.number(contract.breachNoticeHours))],
      [words.transfers, contract.transfers === null ? notTold('transfers') : contract.transfers.length === 0 ? words.transferNone : contract.transfers.map(({ country, tool }) => `${format.country(country)} (${tools[tool as keyof typeof tools] ?? tool})`).join(', ')],
    ]} /></Panel>
  )
}
