/** What a signatory says of a sub-processor: signed with their passkey, so that nobody can say it for them. */
import { useState, type ReactNode } from 'react'
import type { Item } from '../client/shapes.ts'
import { TextField } from '../components/fields.tsx'
import { SignedAct } from '../components/signedAct.tsx'
import { useHasRole, useSession } from '../shell/session.tsx'
import { useWords } from '../words/index.tsx'
import { sayWords } from './sayWords.ts'

/** The way to say it. */
export function SayOf({ one: { contract, name }, says, primary = false }: { readonly one: Item<'/sub-processors'>; readonly says: 'objected' | 'authorised'; readonly primary?: boolean }): ReactNode {
  const words = useWords(sayWords)
  const [reasons, setReasons] = useState('')
  const [signs, { controller }] = [useHasRole('signatory'), useSession()]
  if (controller === null) return null
  if (!signs) return <span className="small muted">{words.signatoryCan(controller.name)}</span>
  const objects = says === 'objected'
  const why = objects ? { reasons: reasons.trim() } : {}
  return (
    <SignedAct
      name={objects ? words.object(name) : words.authorise(name)} entry={`contract.sub_processor_${says}`} path="/contracts/{id}/sub-processors" params={{ id: contract }} primary={primary} incomplete={objects && reasons.trim() === '' ? words.needReasons : undefined}
      body={() => ({ name, says, ...why })} expected={() => ({ contract, name, says, reasons: null, ...why })} words={(said) => (said['says'] === 'objected' ? words.objects(String(said['name']), String(said['contract']), String(said['reasons'])) : words.authorises(String(said['name']), String(said['contract'])))}
    >
      <p>{objects ? words.objectMeans : words.authoriseMeans}</p>
      {objects ? <TextField label={words.reasons} help={words.reasonsHelp} lines={3} value={reasons} onChange={(value) => setReasons(value.slice(0, 2_000))} /> : null}
    </SignedAct>
  )
}
