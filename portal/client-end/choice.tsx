/** What a signatory says of the end of a contract, and signs with a passkey: the choice, the key for what comes back, that it came back. */
import { useState, type ReactNode } from 'react'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { Radios, TextField } from '../components/fields.tsx'
import { SignedAct } from '../components/signedAct.tsx'
import { useHasRole } from '../shell/session.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { choiceWords } from './choiceWords.ts'

type Contract = Answer<'/contracts/{id}'>
type Choice = Contract['choices'][number]['choice']
const choices: readonly Choice[] = ['delete', 'return', 'send_on']

/** What was said of one contract, and what may be said now. */
export function EndOf({ contract: id }: { readonly contract: string }): ReactNode {
  const reading = useRead('/contracts/{id}', { params: { id } })
  return <Shown of={reading} error="E1" rows={2}>{(contract) => <div className="stack-small"><Said contract={contract} /><ReturnKey contract={contract} /><Acts contract={contract} /></div>}</Shown>
}

function Said({ contract: { choices: made, released } }: { readonly contract: Contract }): ReactNode {
  const [words, format] = [useWords(choiceWords), useFormat()]
  if (made.length + released.length === 0) return null
  return (
    <details className="small"><summary>{words.history}</summary><ul className="plain">
      {made.map(({ choice, by, key, at }) => <li key={`${at} ${choice}`}><span>{words.kinds[choice]}</span><span className="muted">{by === null ? words.chosenOn(format.day(at)) : words.chosenBy(by, format.day(at))}, {words.keys[key]}</span></li>)}
      {released.map(({ how, by, at }) => <li key={`${at} ${how}`}><span>{by === null ? words.saidOn(words.releases[how], format.day(at)) : words.said(words.releases[how], by, format.day(at))}</span></li>)}
    </ul></details>
  )
}

const goesBack = ({ choice }: Contract): boolean => choice !== null && choice.choice !== 'delete'

function ReturnKey({ contract }: { readonly contract: Contract }): ReactNode {
  const words = useWords(choiceWords)
  return goesBack(contract) ? <p className="small">{words.key}: {contract.returnKey === null ? words.keyNone : <code>{contract.returnKey.recipient}</code>}</p> : null
}

function Acts({ contract }: { readonly contract: Contract }): ReactNode {
  const signs = useHasRole('signatory')
  const words = useWords(choiceWords)
  if (!signs) return null
  const [over, settled] = [contract.endedAt !== null, contract.choice !== null]
  const said = (how: 'received' | 'waived'): boolean => contract.released.some((one) => one.how === how)
  return (
    <div className="row">
      {over && settled ? null : <Choose contract={contract} />}
      {goesBack(contract) ? <NameKey contract={contract} /> : null}
      {over && goesBack(contract) && !said('received') ? <Release contract={contract.id} how="received" name={words.received} /> : null}
      {over && (goesBack(contract) || contract.retrievalDays !== null) && !said('waived') ? <Release contract={contract.id} how="waived" name={words.waived} /> : null}
    </div>
  )
}

function Choose({ contract: { id, choice: now } }: { readonly contract: Contract }): ReactNode {
  const words = useWords(choiceWords)
  const [choice, setChoice] = useState<Choice>(now?.choice ?? 'delete')
  const [to, setTo] = useState(now?.recipient ?? '')
  const recipient = choice === 'send_on' ? to.trim() : undefined
  return (
    <SignedAct
      name={now === null ? words.make : words.change} entry="contract.choice_made" path="/contracts/{id}/choice" params={{ id }} incomplete={recipient === '' ? words.needTo : undefined}
      body={() => ({ choice, ...(recipient === undefined ? {} : { recipient }) })} expected={() => ({ contract: id, choice, recipient: recipient ?? null })} words={(said) => words.signed[said['choice'] as Choice](String(said['contract']), String(said['recipient']))}
    >
      <div className="form">
        <Radios legend={words.which} options={choices.map((value) => ({ value, label: words.kinds[value], note: words.notes[value] }))} value={choice} onChange={(value) => setChoice(value as Choice)} />
        {choice === 'send_on' ? <TextField label={words.to} value={to} onChange={(value) => setTo(value.slice(0, 200))} /> : null}
      </div>
    </SignedAct>
  )
}

function NameKey({ contract: { id } }: { readonly contract: Contract }): ReactNode {
  const words = useWords(choiceWords)
  const [key, setKey] = useState('')
  const recipient = key.trim()
  return (
    <SignedAct name={words.nameKey} entry="contract.return_key_named" path="/contracts/{id}/return-key" params={{ id }} incomplete={recipient === '' ? words.needKey : undefined} body={() => ({ recipient })} expected={() => ({ contract: id, recipient })} words={(said) => words.keySigned(String(said['contract']), String(said['recipient']))}>
      <TextField label={words.keyLabel} help={words.keyHelp} value={key} onChange={(value) => setKey(value.slice(0, 200))} />
    </SignedAct>
  )
}

function Release({ contract, how, name }: { readonly contract: string; readonly how: 'received' | 'waived'; readonly name: string }): ReactNode {
  const words = useWords(choiceWords)
  const signed = { received: words.receivedSigned, waived: words.waivedSigned }
  return <SignedAct name={name} entry="contract.released" path="/contracts/{id}/release" params={{ id: contract }} body={() => ({ how })} expected={() => ({ contract, how })} words={(said) => signed[how](String(said['contract']))}><p>{how === 'received' ? words.receivedMeans : words.waivedMeans}</p></SignedAct>
}
