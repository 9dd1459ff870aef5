import { useState, type ReactNode } from 'react'
import { SelectField } from '../components/fields.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { Send } from './send.tsx'
import type { Start } from './types.ts'
import { startWords } from './words.ts'

interface Invited { readonly name: string; readonly path: string | null; readonly until: string }

/** A link for a signatory, shown once. */
export function Invite({ start }: { readonly start: Start }): ReactNode {
  const [words, format] = [useWords(startWords), useFormat()]
  const everybody = start.controllers.flatMap((controller) => controller.signatories.map(({ name, account }) => ({ controller: controller.id, name, account, label: `${name}, ${controller.name}` })))
  const first = everybody.find(({ account }) => !account) ?? everybody[0]
  const keyOf = (one: { controller: string; name: string } | undefined): string => `${one?.controller ?? ''}\n${one?.name ?? ''}`
  const [whom, setWhom] = useState(keyOf(first))
  const [invited, setInvited] = useState<Invited>()
  const [copied, setCopied] = useState(false)
  const one = everybody.find((each) => keyOf(each) === whom)
  const link = invited === undefined || invited.path === null ? '' : new URL(invited.path, document.baseURI).href
  if (one === undefined) return null
  return (
    <div className="stack">
      <Send<Invited> path="/start/invitations" name={words.invite} body={() => ({ controller: one.controller, name: one.name })} onDone={(answer) => { setInvited(answer); setCopied(false) }}>
        <SelectField label={words.whom} value={whom} onChange={(value) => { setWhom(value); setInvited(undefined) }} options={everybody.map((each) => ({ value: keyOf(each), label: each.label }))} />
      </Send>
      {invited === undefined ? null : (
        <div className="stack-small" role="status">
          <p><strong>{words.inviteSays(invited.name)}</strong> {words.linkIs(format.moment(invited.until))}</p>
          <code className="invitation">{link}</code>
          <div className="row"><button type="button" className="button" onClick={() => { void navigator.clipboard.writeText(link).then(() => setCopied(true), () => undefined) }}>{copied ? words.copied : words.copy}</button></div>
        </div>
      )}
    </div>
  )
}
