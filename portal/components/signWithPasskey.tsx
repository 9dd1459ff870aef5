/** Accepting an instruction with a passkey: what is signed stands there first, in words and as bytes; then the device asks. */
import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { accept, canUsePasskeys, makePasskey, NotSigned, toAccept, type ToSign } from '../client/passkeys.ts'
import { useRead } from '../client/read.ts'
import { Unanswered } from '../client/request.ts'
import { useHasRole } from '../shell/session.tsx'
import { useLanguage, useWords } from '../words/index.tsx'
import { Confirm, keepFocus } from './confirm.tsx'
import { TextField } from './fields.tsx'
import { Facts, Primary } from './page.tsx'
import { passkeyWords } from './passkeyWords.ts'
import { Fingerprint } from './time.tsx'

interface SignProps {
  /** As the page read it: what is signed must be this very text. */
  readonly instruction: { readonly id: string; readonly scopeSha256: string }
  /** Told once it is accepted; what the page shows is read again by itself. */
  readonly onSigned?: () => void
}

/** The button, and all that comes behind it. Shows nothing to whoever is no signatory. */
export function SignWithPasskey({ instruction: { id, scopeSha256 }, onSigned }: SignProps): ReactNode {
  const [words, queries, signatory] = [useWords(passkeyWords), useQueryClient(), useHasRole('signatory')]
  const [open, setOpen] = useState<ToSign>()
  const [busy, setBusy] = useState(false)
  const [said, setSaid] = useState<string>()
  const attempt = async (act: () => Promise<void>): Promise<void> => {
    setBusy(true)
    setSaid(undefined)
    try { await act() } catch (cause) { setSaid(sayWhy(cause, words)) } finally { setBusy(false) }
  }
  const begin = (): Promise<void> => attempt(async () => { setOpen(await toAccept(id, scopeSha256)) })
  const sign = (): Promise<void> => attempt(async () => {
    if (open === undefined) return
    await accept(open)
    setOpen(undefined)
    onSigned?.()
    await queries.invalidateQueries()
    keepFocus()
  })
  if (!signatory) return null
  if (!canUsePasskeys()) return <p className="muted">{words.unavailable}</p>
  return (
    <div className="stack-small">
      <WithPasskey><Primary onClick={() => { if (!busy) void begin() }}>{words.accept(id)}</Primary></WithPasskey>
      <div role="alert">{said === undefined || open !== undefined ? null : <p className="failed">{said}</p>}</div>
      <Confirm open={open !== undefined} close={() => { setOpen(undefined); setSaid(undefined) }} act={words.accept(id)} entry="instruction.accepted" busy={busy} onConfirm={() => { void sign() }}>
        {open === undefined ? null : <WhatIsSigned open={open} />}
        <div role="alert">{said === undefined ? null : <p className="failed">{said}</p>}</div>
      </Confirm>
    </div>
  )
}

function WhatIsSigned({ open }: { readonly open: ToSign }): ReactNode {
  const [words, language] = [useWords(passkeyWords), useLanguage()]
  return (
    <div className="stack">
      <section className="stack-small"><h3>{words.what}</h3><blockquote>{open.words[language]}</blockquote></section>
      <Facts facts={[[words.hash, <Fingerprint key="h" of={open.hash} />], [words.log, <code key="l">{open.log}</code>]]} />
      <details><summary className="small">{words.bytes}</summary><p className="small"><code>{new TextDecoder().decode(Uint8Array.from(atob(open.bytes), (sign) => sign.charCodeAt(0)))}</code></p></details>
    </div>
  )
}

/** Its children where there is a passkey; else what it takes to make one, here. */
export function WithPasskey({ children }: { readonly children: ReactNode }): ReactNode {
  const words = useWords(passkeyWords)
  const passkeys = useRead('/passkeys', { query: { limit: 1 }, always: 'now' })
  if (passkeys.data?.total !== 0) return children
  return <div className="stack-small"><p>{words.none}</p><MakePasskey primary /></div>
}

/** Makes a passkey for this account, under a name of one's own. */
export function MakePasskey({ primary = false, onMade }: { readonly primary?: boolean; readonly onMade?: () => void }): ReactNode {
  const [words, queries] = [useWords(passkeyWords), useQueryClient()]
  const [name, setName] = useState(words.here)
  const [busy, setBusy] = useState(false)
  const [said, setSaid] = useState<string>()
  const make = async (): Promise<void> => {
    setBusy(true)
    setSaid(undefined)
    try {
      await makePasskey(name.trim() === '' ? words.here : name)
      onMade?.()
      await queries.invalidateQueries({ queryKey: ['/passkeys'] })
    } catch (cause) {
      setSaid(sayWhy(cause, words))
    } finally {
      setBusy(false)
    }
  }
  if (!canUsePasskeys()) return <p className="muted">{words.unavailable}</p>
  return (
    <form className="stack-small" onSubmit={(event) => { event.preventDefault(); void make() }}>
      <TextField label={words.name} help={words.nameHelp} value={name} onChange={(value) => setName(value.slice(0, 60))} />
      <div className="row"><button type="submit" className={`button${primary ? ' primary' : ''}`} disabled={busy}>{busy ? words.signing : words.make}</button></div>
      <div role="alert">{said === undefined ? null : <p className="failed">{said}</p>}</div>
    </form>
  )
}

/** Why it did not work, in a sentence. */
export function sayWhy(cause: unknown, words: ReturnType<typeof useWords<typeof passkeyWords.en>>): string {
  if (cause instanceof Unanswered) return `${cause.problem.detail} (${cause.problem.code})`
  return cause instanceof NotSigned && cause.why === 'changed' ? words.changed : words.cancelled
}
