/** Something that a signatory says and signs with a passkey: what it is first, then the very words that are signed, then the device asks. */
import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { canUsePasskeys, NotSigned, say, toSay, type SayingToSign } from '../client/passkeys.ts'
import { addressOf, type Values } from '../client/request.ts'
import { useSearchValues } from '../shell/search.ts'
import { useWords } from '../words/index.tsx'
import { Confirm, keepFocus } from './confirm.tsx'
import { Facts, Primary } from './page.tsx'
import { passkeyWords } from './passkeyWords.ts'
import { sayWhy, WithPasskey } from './signWithPasskey.tsx'
import './fields.css'

interface SignedActProps {
  /** Verb and object. */
  readonly name: string
  /** Such as `contract.choice_made`. */
  readonly entry: string
  /** Below the API; what is to be signed is asked at its `/options`. */
  readonly path: string
  readonly params?: Values
  readonly body: () => object
  /** What must stand in the bytes that are signed, by name. */
  readonly expected: () => Readonly<Record<string, unknown>>
  /** What is signed, in a sentence, as the bytes say it. */
  readonly words: (said: Readonly<Record<string, unknown>>) => string
  readonly primary?: boolean
  /** What is still missing; nothing is asked until then. */
  readonly incomplete?: string | undefined
  /** The form. */
  readonly children?: ReactNode
}

/** The button, and all that comes behind it. */
export function SignedAct({ name, entry, path, params = {}, body, expected, words: wordsOf, primary = false, incomplete, children }: SignedActProps): ReactNode {
  const [words, queries, { at }] = [useWords(passkeyWords), useQueryClient(), useSearchValues()]
  const [open, setOpen] = useState(false)
  const [asked, setAsked] = useState<SayingToSign>()
  const [busy, setBusy] = useState(false)
  const [said, setSaid] = useState<string>()
  const address = addressOf(path, params)
  const attempt = async (act: () => Promise<void>): Promise<void> => {
    setBusy(true)
    setSaid(undefined)
    try { await act() } catch (cause) { setSaid(cause instanceof NotSigned && cause.why === 'changed' ? words.notSame : sayWhy(cause, words)) } finally { setBusy(false) }
  }
  const close = (): void => { setOpen(false); setAsked(undefined); setSaid(undefined) }
  const begin = async (): Promise<void> => { if (incomplete !== undefined) return setSaid(incomplete); await attempt(async () => { setAsked(await toSay(address, body(), expected())) }) }
  const sign = (): Promise<void> => attempt(async () => { await say(address, body(), asked!); close(); await queries.invalidateQueries(); keepFocus() })
  if (!canUsePasskeys()) return <p className="muted small">{words.unavailable}</p>
  return (
    <>
      {primary ? <Primary onClick={() => setOpen(true)}>{name}</Primary> : <button type="button" className="button" disabled={at !== undefined} onClick={() => setOpen(true)}>{name}</button>}
      <Confirm open={open} close={close} act={name} button={asked === undefined ? words.readFirst : words.sign} entry={entry} busy={busy} onConfirm={() => { void (asked === undefined ? begin() : sign()) }}>
        <WithPasskey>{asked === undefined ? children : <Signed asked={asked} says={wordsOf(asked.said)} onBack={() => setAsked(undefined)} />}</WithPasskey>
        <div role="alert">{said === undefined ? null : <p className="failed">{said}</p>}</div>
      </Confirm>
    </>
  )
}

function Signed({ asked: { log, text }, says, onBack }: { readonly asked: SayingToSign; readonly says: string; readonly onBack: () => void }): ReactNode {
  const words = useWords(passkeyWords)
  return (
    <div className="stack">
      <section className="stack-small" aria-live="polite"><h3>{words.what}</h3><blockquote>{says}</blockquote></section>
      <Facts facts={[[words.log, <code key="l">{log}</code>]]} />
      <details><summary className="small">{words.bytes}</summary><p className="small"><code>{text}</code></p></details>
      <p><button type="button" className="link" onClick={onBack}>{words.back}</button></p>
    </div>
  )
}
