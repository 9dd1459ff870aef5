/** After a link: a passkey, so that the next time needs no link. */
import { useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { addressOf, request, Unanswered } from '../client/request.ts'
import { Page } from '../components/page.tsx'
import { Go } from '../shell/go.tsx'
import { useSession } from '../shell/session.tsx'
import { useWords } from '../words/index.tsx'
import { signInWords } from './words.ts'

export default function Welcome(): ReactNode {
  const words = useWords(signInWords)
  const session = useSession()
  const [made, setMade] = useState(false)
  const [problem, setProblem] = useState<string>()
  const onward = session.controller === null ? addresses.today : addresses.client
  const make = async (): Promise<void> => {
    setProblem(undefined)
    try {
      const { startRegistration } = await import('@simplewebauthn/browser')
      const options = await request('POST', addressOf('/passkeys/options'), { body: {} })
      await request('POST', addressOf('/passkeys'), { body: await startRegistration({ optionsJSON: options as never }) })
      setMade(true)
    } catch (cause) {
      setProblem(cause instanceof Unanswered ? `${words.refused(words.we)} ${cause.problem.detail}` : words.cancelled)
    }
  }
  return (
    <Page title={words.welcomeTitle} sentence={made ? words.made : words.welcomeSentence} primary={made ? <Go to={onward} className="button primary">{words.onward}</Go> : <button type="button" className="button primary" onClick={() => { void make() }}>{words.make}</button>} others={made ? undefined : <Go to={onward} className="button">{words.later}</Go>}>
      <div role="alert">{problem === undefined ? null : <p className="failed">{problem}</p>}</div>
    </Page>
  )
}
