/** From nothing to a first instruction: what is still missing, in order. Leaving at any step loses nothing. */
import IconCheck from '@tabler/icons-react/icons/IconCheck'
import { useEffect, useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import { Shown } from '../components/failed.tsx'
import { Page, Panel } from '../components/page.tsx'
import { MakePasskey } from '../components/signWithPasskey.tsx'
import { Go } from '../shell/go.tsx'
import { useFormat, type Format } from '../words/format.ts'
import { useWords, type Translated } from '../words/index.tsx'
import { ContractForm, ControllerForm, MeForm } from './parties.tsx'
import { DatasetForm } from './dataset.tsx'
import { Invite } from './invite.tsx'
import { StoreForm } from './store.tsx'
import type { Start, StepName } from './types.ts'
import { startWords } from './words.ts'
import './start.css'

type Words = Translated<(typeof startWords)['en']>

export default function StartPage(): ReactNode {
  const [words, format] = [useWords(startWords), useFormat()]
  const reading = useRead('/start', { always: 'now' })
  const answer = reading.error === null ? reading.data : undefined
  return (
    <Page title={words.title} sentence={answer === undefined ? undefined : sentenceOf(answer, words, format)} terminal="bailee apply --file bailee.yaml" read={reading} {...(answer?.next === null ? { primary: <Go to={addresses.today} className="button primary">{words.toToday}</Go> } : {})}>
      <Shown of={reading} error="E1" rows={10}>{(start) => (
        <div className="two-columns">
          <div><ol className="start-steps">{start.steps.map((one) => <StepOf key={one.step} start={start} step={one} />)}</ol></div>
          <div><Panel><p>{words.leave}</p></Panel>{start.steps.filter((one) => one.done).length > 2 ? null : <Panel title={words.example}><div className="stack-small"><p>{words.exampleSays}</p><code>bailee case --serve --open</code></div></Panel>}</div>
        </div>
      )}</Shown>
    </Page>
  )
}

function sentenceOf({ steps, next, proposed, accepted }: Start, words: Words, format: Format): string {
  const done = steps.filter((one) => one.done).length
  const waits = proposed[0]
  const then = next === null ? words.allDone : next === 'acceptance' && waits !== undefined && accepted.length === 0 ? words.waiting(waits.controller.name) : words.nextIs(words.steps[next])
  return words.sentence(format.number(done), format.number(steps.length), then)
}

/** One step: done, the next, or not yet. Only the next one is open by itself. */
function StepOf({ start, step: { step, done, may } }: { readonly start: Start; readonly step: Start['steps'][number] }): ReactNode {
  const words = useWords(startWords)
  const isNext = start.next === step
  const repeats = done ? again.has(step) : may
  const [open, setOpen] = useState(isNext)
  // What was just done closes; but a link that is shown once stays in sight.
  useEffect(() => { if (isNext) setOpen(true); else if (done && step !== 'signatory') setOpen(false) }, [isNext, done, step])
  return (
    <li className={`panel start-step${done ? ' start-done' : may ? '' : ' start-later'}`} aria-current={isNext ? 'step' : undefined}>
      <div className="start-head"><span className="start-mark" aria-hidden>{done ? <IconCheck size={16} stroke={2.5} /> : null}</span><h2>{words.steps[step]}</h2><span className="small muted">{done ? words.done : isNext ? words.now : may ? words.later : words.stands}</span></div>
      <div className="stack start-body">
        {done ? <DoneSays start={start} step={step} /> : <p className="muted">{words.why[step]}</p>}
        {repeats ? <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}><summary className="small">{!done ? words.steps[step] : step === 'signatory' ? words.inviteAgain : words.change}</summary><div className="start-again">{open ? <FormOf start={start} step={step} /> : null}</div></details> : null}
      </div>
    </li>
  )
}

/** Steps that can be taken more than once. */
const again: ReadonlySet<StepName> = new Set(['store', 'controller', 'dataset', 'contract', 'instruction', 'signatory', 'grant'])

/** What is there already, by name. */
function DoneSays({ start, step }: { readonly start: Start; readonly step: StepName }): ReactNode {
  const format = useFormat()
  const says: Partial<Record<StepName, ReactNode>> = {
    me: start.person?.name, store: <Go to={addresses.stores}>{format.list(start.stores.map(({ id }) => id))}</Go>, controller: format.list(start.controllers.map(({ name }) => name)), instruction: <ul className="plain">{[...start.proposed.map(({ id }) => id), ...start.accepted].map((id) => <li key={id}><Go to={addresses.instruction(id)}>{id}</Go></li>)}</ul>,
    signatory: format.list(start.controllers.flatMap(({ signatories }) => signatories.filter(({ account }) => account).map(({ name }) => name))), acceptance: format.list(start.accepted),
  }
  return says[step] === undefined ? null : <div>{says[step]}</div>
}

function FormOf({ start, step }: { readonly start: Start; readonly step: StepName }): ReactNode {
  const words = useWords(startWords)
  const waits = start.proposed[0]
  switch (step) {
    case 'passkey': return <MakePasskey primary />
    case 'me': return <MeForm start={start} />
    case 'store': return <StoreForm start={start} />
    case 'controller': return <ControllerForm />
    case 'dataset': return <DatasetForm start={start} />
    case 'contract': return <ContractForm start={start} />
    case 'instruction': return <p><Go to={addresses.newInstruction} className="button primary">{start.proposed.length + start.accepted.length === 0 ? words.write : words.writeMore}</Go></p>
    case 'signatory': return <Invite start={start} />
    case 'acceptance': return <p>{waits === undefined ? words.nothingWaits : <>{words.waits(waits.id, waits.controller.name)} <Go to={addresses.instruction(waits.id)}>{words.read(waits.id)}</Go></>}</p>
    case 'grant': return <div className="stack-small"><p className="small">{words.toGrant}</p><p><Go to={addresses.people} className="button">{words.toPeople}</Go></p></div>
  }
}
