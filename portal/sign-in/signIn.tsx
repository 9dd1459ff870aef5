/** Signing in: a passkey, the firm's own sign-in, or a link that is good once. Nothing to remember, no puzzle. */
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useRead } from '../client/read.ts'
import { canUsePasskeys, signInByPasskey } from '../client/passkeys.ts'
import { addressOf, request, Unanswered } from '../client/request.ts'
import { Page } from '../components/page.tsx'
import { Brand } from '../shell/brand.tsx'
import { useWords } from '../words/index.tsx'
import { signInWords } from './words.ts'

/** The token of a link stands after the #, so that it is in nobody's log. */
const linkToken = (): string | undefined => new URLSearchParams(location.hash.slice(1)).get('link') ?? undefined

/** Why nobody was signed in at the provider: it sends people back with a code. */
const sentBack = (): string | undefined => new URLSearchParams(location.hash.slice(1)).get('problem')?.split('/')[1] ?? undefined

/** The form, wherever somebody is not signed in. */
export function SignIn(): ReactNode {
  const words = useWords(signInWords)
  const [queries, navigate] = [useQueryClient(), useNavigate()]
  const [link] = useState(linkToken)
  const ways = useRead('/sign-in/ways', { always: 'now' }).data
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string | undefined>(() => sayBack(sentBack(), words.providerSays))
  const attempt = async (act: () => Promise<string>): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    try {
      const onward = await act()
      await queries.resetQueries()
      if (onward !== '') await navigate({ to: onward as never, replace: true, hash: '' })
    } catch (cause) {
      setProblem(cause instanceof Unanswered ? `${words.refused(words.we)} ${cause.problem.detail}` : words.cancelled)
    } finally {
      setBusy(false)
    }
  }
  const byLink = (): Promise<void> => attempt(async () => { await request('POST', addressOf('/sign-in/link'), { body: { token: link } }); return '/welcome' })
  const byPasskey = (): Promise<void> => attempt(async () => { await signInByPasskey(); return location.pathname.endsWith('/sign-in') ? '/' : '' })
  return (
    <div className="stack">
      <Brand />
      <Page title={words.title} sentence={link !== undefined ? words.link : ways?.oidc === null || ways === undefined ? words.sentence : words.sentenceOidc(ways.oidc.name)}>
        <div role="alert">{problem === undefined ? null : <p className="failed">{problem}</p>}</div>
        <div className="stack-small">
          {link === undefined ? null : <button type="button" className="button primary wide" disabled={busy} onClick={() => { void byLink() }}>{busy ? words.working : words.useLink}</button>}
          {ways?.passkeys === false || !canUsePasskeys() ? <p className="muted">{words.noPasskeyHere}</p> : <button type="button" className={`button wide${link === undefined ? ' primary' : ''}`} disabled={busy} onClick={() => { void byPasskey() }}>{words.passkey}</button>}
          {ways?.oidc === null || ways === undefined ? null : <a className="button wide" href={addressOf('/sign-in/oidc/start')}>{words.oidc(ways.oidc.name)}</a>}
        </div>
        {link !== undefined ? null : <section className="stack-small"><h2>{words.noPasskey}</h2><p className="muted">{words.noPasskeyHow}</p></section>}
      </Page>
    </div>
  )
}

function sayBack(code: string | undefined, says: { readonly [code: string]: string }): string | undefined {
  return code === undefined ? undefined : says[code] ?? says['not-fitting']
}
