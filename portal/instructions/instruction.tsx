import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { Facts, Page, Panel } from '../components/page.tsx'
import { Steps, type Step } from '../components/steps.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Fingerprint } from '../components/time.tsx'
import { actWords } from './actWords.ts'
import { AnswerWarning, Next, Others, ReviewEmergency } from './decide.tsx'
import { Differences } from './difference.tsx'
import type { EditedScope } from './edited.ts'
import { editorWords } from './editorWords.ts'
import { usePlaces } from './places.ts'
import { Go } from '../shell/go.tsx'
import { useHasRole } from '../shell/session.tsx'
import { useFormat, type Format } from '../words/format.ts'
import { Sentence, useWords, type Translated } from '../words/index.tsx'
import { StateOf, type InstructionsWords } from './instructions.tsx'
import { InWords, ScopeListed } from '../components/scope.tsx'
import { ByPerson } from './use.tsx'
import { instructionsWords } from './words.ts'
import '../components/scope.css'

export type Instruction = Answer<'/instructions/{id}'>

/** One version: is it in force, and who uses it? */
export default function InstructionPage(): ReactNode {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const [words, acts, format] = [useWords(instructionsWords), useWords(actWords), useFormat()]
  const { isClient, list: to } = usePlaces()
  const reading = useRead('/instructions/{id}', { params: { id } })
  const shown = reading.error === null && reading.data?.id === id ? reading.data : undefined
  const list = { name: isClient ? words.clientTitle : words.title, to }
  return (
    <Page title={id} sentence={shown === undefined ? undefined : sentenceOf(shown, words, { acts, format, isClient })} crumbs={[list, { name: id }]} primary={shown === undefined ? undefined : <Next instruction={shown} />} others={shown === undefined ? undefined : <Others instruction={shown} />} terminal={`bailee instruction list`} evidence read={reading}>
      <Shown of={reading} error="E3" rows={10}>{(answer) => <One instruction={answer} isClient={isClient} />}</Shown>
    </Page>
  )
}

function sentenceOf(one: Instruction, words: InstructionsWords, { acts, format, isClient }: { acts: Translated<(typeof actWords)['en']>; format: Format; isClient: boolean }): string {
  if (one.warnings.some(({ endedAt, suspended }) => endedAt === null && suspended)) return isClient ? acts.suspended : acts.suspendedOffice
  if (one.state === 'proposed') return isClient ? acts.clientProposed : words.sentenceProposed(one.controller.name)
  if (one.state === 'withdrawn' && one.acceptedAt === null) return acts.sentenceRefused(one.endedAt === null ? '' : words.onDay(format.day(one.endedAt)), one.endedReason ?? '')
  if (!one.inForce && one.state === 'accepted') return words.sentenceNotNow
  if (!one.inForce) return words.sentenceOver(words.states[one.state], one.endedAt === null ? '' : words.onDay(format.day(one.endedAt)))
  return words.sentenceInForce(one.until === null ? '' : words.untilDay(format.day(one.until)), one.grants === 0 ? words.nobodyActs : words.peopleAct(format.number(one.grants), one.grants === 1))
}

function One({ instruction, isClient }: { readonly instruction: Instruction; readonly isClient: boolean }): ReactNode {
  const [words, format] = [useWords(instructionsWords), useFormat()]
  return (
    <div className="stack">
      <Steps steps={stepsOf(instruction, words, format)} />
      <div className="two-columns">
        <div>
          <Warnings instruction={instruction} isClient={isClient} />
          {instruction.supersedes === null ? null : <Against id={instruction.supersedes} scope={instruction.scope as unknown as EditedScope} />}
          <Panel title={words.allowsTitle} aside={<div className="beside"><StateOf row={instruction} loud /></div>}><div className="stack"><InWords scope={instruction} /><ScopeListed scope={instruction} /></div></Panel>
          <Panel title={words.grants}><Grants instruction={instruction} isClient={isClient} /></Panel>
          <Panel><details><summary>{words.textTitle}</summary><p className="muted small">{words.textSays}</p><pre className="text-block" tabIndex={0}>{JSON.stringify(instruction.scope, undefined, 2)}</pre></details></Panel>
        </div>
        <div>
          <Panel title={isClient ? words.clientWrote : words.wrote}><blockquote>{instruction.text}</blockquote></Panel>
          <Panel title={words.facts}><FactsOf instruction={instruction} isClient={isClient} /></Panel>
          <Panel title={words.byPerson}><UseOf instruction={instruction} /></Panel>
        </div>
      </div>
    </div>
  )
}

/** What changes against the version that it replaces, for who decides about it. */
function Against({ id, scope }: { readonly id: string; readonly scope: EditedScope }): ReactNode {
  const words = useWords(editorWords)
  const before = useRead('/instructions/{id}', { params: { id }, always: 'now' })
  return <Panel title={words.differs(id)}><Shown of={before} error="E1" rows={2}>{(old) => <Differences before={old.scope as unknown as EditedScope} after={scope} />}</Shown></Panel>
}

function Warnings({ instruction: { id, warnings }, isClient }: { readonly instruction: Instruction; readonly isClient: boolean }): ReactNode {
  const [acts, format] = [useWords(actWords), useFormat()]
  if (warnings.length === 0) return null
  return (
    <Panel title={acts.warnings} {...(warnings.some(({ endedAt }) => endedAt === null) ? { standing: 'invalid' as const } : {})}>
      <ul className="plain">{warnings.map((one) => <li key={one.number}><div className="stack-small">
        <p>{acts.warned(one.provision, one.by, format.day(one.at))} {one.reasons}</p>
        {one.answer === null ? null : <p>{acts.answered[one.answer](one.answerSays ?? '')}</p>}
        {one.endedAt !== null ? <p className="small muted">{acts.endedWarning(format.day(one.endedAt))}</p> : <p><Sentence>{one.suspended ? (isClient ? acts.suspended : acts.suspendedOffice) : acts.openWarning}</Sentence></p>}
        {isClient && one.endedAt === null ? <AnswerWarning instruction={id} warning={one} /> : null}
      </div></li>)}</ul>
    </Panel>
  )
}

function stepsOf({ state, acceptedAt, endedAt, from, until, inForce }: Instruction, words: InstructionsWords, format: Format): readonly Step[] {
  const over = state === 'superseded' || state === 'withdrawn'
  const acceptedDetail = acceptedAt === null ? words.waits : format.day(acceptedAt)
  const ends = endedAt ?? until
  return [
    { name: words.steps.proposed, detail: '', state: 'done' }, { name: words.steps.accepted, detail: over && acceptedAt === null ? words.stepLater : acceptedDetail, state: acceptedAt !== null ? 'done' : over ? 'later' : 'now' },
    { name: words.steps.inForce, detail: from === null ? '' : words.starts(format.day(from)), state: inForce ? 'now' : acceptedAt === null || state === 'accepted' && endedAt === null && from !== null && Date.parse(from) > Date.now() ? 'later' : 'done' },
    { name: over ? (state === 'withdrawn' && acceptedAt === null ? words.refused : words.states[state]) : words.steps.ended, detail: ends === null ? words.noEnd : words.endOn(format.day(ends)), state: over ? 'done' : !inForce && acceptedAt !== null ? 'done' : 'later' },
  ]
}

function Grants({ instruction: { grantList }, isClient }: { readonly instruction: Instruction; readonly isClient: boolean }): ReactNode {
  const [words, acts, format] = [useWords(instructionsWords), useWords(actWords), useFormat()]
  const reviews = useHasRole('owner', 'dpo')
  type Row = Instruction['grantList'][number]
  if (grantList.length === 0) return <p className="muted">{words.noGrants}</p>
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'person', head: words.person, sort: ({ person }) => person.name, cell: ({ person }) => (isClient ? person.name : <Go to={addresses.person(person.id)}>{person.name}</Go>) },
    { name: 'until', head: words.grantUntil, sort: ({ until }) => Date.parse(until), cell: ({ until }) => format.day(until) },
    { name: 'approved', head: words.approvedBy, cell: ({ id, approvedBy, approvedAt, emergency, reviewedBy, reviewedAt }) => (emergency !== null ? <>{acts.emergencyOf(emergency)}<div className="small muted">{reviewedBy === null || reviewedAt === null ? acts.notReviewed : acts.reviewedBy(reviewedBy, format.day(reviewedAt))}</div>{reviewedBy === null && reviews ? <ReviewEmergency grant={id} /> : null}</> : approvedBy === null ? <span className="muted">{words.notYet}</span> : <>{approvedBy}{approvedAt === null ? null : <span className="small muted">, {format.day(approvedAt)}</span>}</>) },
    { name: 'state', head: words.state, cell: ({ state, holds }) => (state === 'approved' && !holds ? <span className="muted">{words.grantOver}</span> : words.grantState[state]) },
  ]
  return <DataTable caption={words.grants} rows={grantList.toSorted((one, other) => Number(other.holds) - Number(one.holds))} keyOf={({ id }) => id} columns={columns} />
}

function FactsOf({ instruction: one, isClient }: { readonly instruction: Instruction; readonly isClient: boolean }): ReactNode {
  const [words, format] = [useWords(instructionsWords), useFormat()]
  const to = isClient ? addresses.clientInstruction : addresses.instruction
  return <Facts facts={[
    ...(isClient ? [] : [[words.controller, <Go key="c" to={addresses.controller(one.controller.id)}>{one.controller.name}</Go>] as const]), [words.contract, <Go key="k" to={addresses.contract(one.contract)}>{one.contract}</Go>],
    [words.accepted, one.acceptedAt === null ? words.notYet : <>{words.acceptedBy(one.acceptedBy ?? '', format.day(one.acceptedAt))}<br /><span className="small muted">{one.acceptedWith === 'passkey' ? words.keyPasskey : one.standing === 'verified' ? words.keyOwn : words.keyHere}</span></>],
    ...(one.endedReason === null ? [] : [[words.endedBecause, `“${one.endedReason}”`] as const]),
    [words.version, one.versions.length < 2 ? words.thisOne : <ul key="v" className="plain">{one.versions.map(({ id, state }) => <li key={id}>{id === one.id ? <strong>{id}</strong> : <Go to={to(id)}>{id}</Go>} <span className="small muted">{words.states[state as keyof typeof words.states]}</span></li>)}</ul>],
    [words.hash, <Fingerprint key="h" of={one.scopeSha256} />],
  ]} />
}

function UseOf({ instruction: { id, use } }: { readonly instruction: Instruction }): ReactNode {
  const [words, format] = [useWords(instructionsWords), useFormat()]
  const sees = useHasRole('owner', 'dpo', 'auditor', 'signatory', 'viewer')
  if (use === null) return <p className="muted">{words.noUseOne}</p>
  return <div className="stack-small"><p>{words.useSays(format.number(use.rows), format.number(use.sessions))} {words.usedFrom(format.day(use.first), format.day(use.last))}</p>{sees ? <ByPerson instruction={id} /> : null}</div>
}
