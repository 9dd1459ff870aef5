/** What can be done with an instruction, by whom: accept, refuse, withdraw; change or replace; warn, suspend; open in an emergency. */
import { useState, type ReactNode } from 'react'
import { canUsePasskeys } from '../client/passkeys.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Radios, TextField } from '../components/fields.tsx'
import { Primary } from '../components/page.tsx'
import { SignedAct } from '../components/signedAct.tsx'
import { SignWithPasskey } from '../components/signWithPasskey.tsx'
import { Act } from '../components/act.tsx'
import { useHasRole } from '../shell/session.tsx'
import { useWords } from '../words/index.tsx'
import { actWords } from './actWords.ts'
import { usePlaces } from './places.ts'
import { instructionsWords } from './words.ts'

type Instruction = Answer<'/instructions/{id}'>
interface Of { readonly instruction: Instruction }

/** The one thing to do next with it. */
export function Next({ instruction }: Of): ReactNode {
  const words = useWords(instructionsWords)
  const [writes, places] = [useHasRole('owner', 'dpo', 'signatory'), usePlaces()]
  const { id, state } = instruction
  if (!writes) return undefined
  if (state === 'proposed') return places.isClient ? <SignWithPasskey instruction={instruction} /> : <Primary to={places.edit(id)}>{words.change}</Primary>
  return state === 'accepted' ? <Primary to={`${places.write}?supersedes=${encodeURIComponent(id)}`}>{words.supersede}</Primary> : undefined
}

/** What else there is to do, beside it. */
export function Others({ instruction }: Of): ReactNode {
  const [isSignatory, isOffice, acts] = [useHasRole('signatory'), useHasRole('owner', 'dpo'), useHasRole('owner', 'dpo', 'engineer', 'analyst')]
  const { state, inForce, warnings } = instruction
  const open = state === 'proposed' || state === 'accepted'
  return (
    <>
      {isSignatory && open ? <Withdraw instruction={instruction} /> : null}
      {isOffice && open && !warnings.some(({ endedAt, suspended }) => endedAt === null && suspended) ? <Warn instruction={instruction} /> : null}
      {acts && inForce ? <Emergency instruction={instruction} /> : null}
    </>
  )
}

/** Refuses a proposal, or takes back what was allowed: with a reason, in the controller's words. Signed by whoever has a passkey; nobody waits for one. */
function Withdraw({ instruction: { id, state, scopeSha256 } }: Of): ReactNode {
  const words = useWords(actWords)
  const [reason, setReason] = useState('')
  const passkeys = useRead('/passkeys', { query: { limit: 1 }, always: 'now' })
  const [proposed, why] = [state === 'proposed', reason.trim() === '' ? {} : { reason: reason.trim() }]
  const common = { name: proposed ? words.refuse(id) : words.withdraw(id), entry: 'instruction.withdrawn', params: { id }, body: () => why, incomplete: proposed && reason.trim() === '' ? words.sayWhy : undefined }
  const form = <><p>{proposed ? words.refuseSays : words.withdrawSays}</p><TextField label={words.reason} help={words.reasonHelp} lines={3} value={reason} onChange={setReason} /></>
  if (passkeys.data === undefined) return null
  if (passkeys.data.total === 0 || !canUsePasskeys()) return <Act {...common} path="/instructions/{id}/withdraw">{form}</Act>
  return <SignedAct {...common} path="/instructions/{id}/withdrawal" expected={() => ({ instruction: id, proposal_sha256: scopeSha256, reason: null, ...why })} words={(said) => words.withdrawalSigned(String(said['instruction']), typeof said['reason'] === 'string' ? said['reason'] : '')}>{form}</SignedAct>
}

/** The controller's answer to one warning, in writing and signed: it upholds the instruction, or agrees. */
export function AnswerWarning({ instruction, warning: { number, suspended } }: { readonly instruction: string; readonly warning: Instruction['warnings'][number] }): ReactNode {
  const [words, signs] = [useWords(actWords), useHasRole('signatory')]
  const [given, setGiven] = useState<{ readonly answer: 'upheld' | 'agreed'; readonly says: string }>({ answer: 'agreed', says: '' })
  const told = { number, answer: given.answer, says: given.says.trim() }
  if (!signs) return <p className="small muted">{words.answerWho}</p>
  return (
    <SignedAct name={words.answer(number)} entry="instruction.answered" path="/instructions/{id}/answer" params={{ id: instruction }} body={() => told} expected={() => ({ instruction, ...told })} incomplete={told.says === '' ? words.answerMissing : undefined} words={(said) => words.answerSigned[said['answer'] === 'upheld' ? 'upheld' : 'agreed'](String(said['instruction']), String(said['says']))}>
      <div className="form">
        <Radios legend={words.answerWhich} options={(['agreed', 'upheld'] as const).map((value) => ({ value, label: words.answers[value], note: value === 'upheld' && suspended ? words.upheldResumes : words.answerNotes[value] }))} value={given.answer} onChange={(value) => setGiven({ ...given, answer: value === 'upheld' ? 'upheld' : 'agreed' })} />
        <TextField label={words.answerSays} help={words.reasonHelp} lines={3} value={given.says} onChange={(says) => setGiven({ ...given, says: says.slice(0, 4_000) })} />
      </div>
    </SignedAct>
  )
}

/** Tells the controller that it infringes the law, and stops work under it where that is wanted. */
function Warn({ instruction: { id } }: Of): ReactNode {
  const words = useWords(actWords)
  const [given, setGiven] = useState({ provision: '', reasons: '', suspend: false })
  return (
    <Act name={words.warn} entry="instruction.warned" path="/instructions/{id}/warnings" params={{ id }} body={() => ({ ...given, provision: given.provision.trim(), reasons: given.reasons.trim() })} {...(given.provision.trim() === '' || given.reasons.trim() === '' ? { incomplete: words.warnMissing } : {})}>
      <p>{words.warnSays}</p>
      <div className="form">
        <TextField label={words.provision} placeholder={words.provisionHint} value={given.provision} onChange={(provision) => setGiven({ ...given, provision })} />
        <TextField label={words.reasons} help={words.reasonsHelp} lines={3} value={given.reasons} onChange={(reasons) => setGiven({ ...given, reasons })} />
        <label className="choice"><input type="checkbox" checked={given.suspend} onChange={(event) => setGiven({ ...given, suspend: event.target.checked })} /><span>{words.suspend}<span className="choice-note">{words.suspendSays}</span></span></label>
      </div>
    </Act>
  )
}

/** Opens it to oneself without a second person, for a short time. */
function Emergency({ instruction: { id } }: Of): ReactNode {
  const words = useWords(actWords)
  const [given, setGiven] = useState({ reason: '', minutes: '60' })
  const minutes = /^\d{1,3}$/.test(given.minutes) ? Number(given.minutes) : 0
  return (
    <Act name={words.emergency} entry="grant.emergency_opened" path="/instructions/{id}/emergencies" params={{ id }} body={() => ({ reason: given.reason.trim(), minutes })} {...(given.reason.trim().length < 10 || minutes < 1 || minutes > 240 ? { incomplete: words.emergencyMissing } : {})}>
      <p>{words.emergencySays}</p>
      <div className="form"><TextField label={words.reason} lines={2} value={given.reason} onChange={(reason) => setGiven({ ...given, reason })} /><TextField label={words.minutes} type="number" value={given.minutes} onChange={(value) => setGiven({ ...given, minutes: value })} /></div>
    </Act>
  )
}

/** Somebody else says what an emergency was. */
export function ReviewEmergency({ grant }: { readonly grant: string }): ReactNode {
  const words = useWords(actWords)
  const [says, setSays] = useState('')
  return <Act name={words.review} entry="grant.emergency_reviewed" path="/emergencies/{id}/review" params={{ id: grant }} body={() => ({ says: says.trim() })} {...(says.trim().length < 10 ? { incomplete: words.reviewMissing } : {})}><p>{words.reviewSays}</p><TextField label={words.found} lines={2} value={says} onChange={setSays} /></Act>
}
