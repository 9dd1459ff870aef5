/** After a link: a passkey, so that the next time needs no link. */
import { Navigate } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { Page } from '../components/page.tsx'
import { MakePasskey } from '../components/signWithPasskey.tsx'
import { Go } from '../shell/go.tsx'
import { homeOf } from '../shell/home.tsx'
import { useSession } from '../shell/session.tsx'
import { useWords } from '../words/index.tsx'
import { signInWords } from './words.ts'

export default function Welcome(): ReactNode {
  const [words, session] = [useWords(signInWords), useSession()]
  const [made, setMade] = useState(false)
  const onward = homeOf(session)
  if (session.controller !== null) return <Navigate to={addresses.clientWelcome as never} replace />
  return (
    <Page title={words.welcomeTitle} sentence={made ? words.made : words.welcomeSentence} primary={made ? <Go to={onward} className="button primary">{words.onward}</Go> : undefined}>
      {made ? null : <><MakePasskey primary onMade={() => setMade(true)} /><p className="small"><Go to={onward}>{words.later}</Go></p></>}
    </Page>
  )
}
