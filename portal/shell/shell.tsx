/** What stands around every page: navigation, the band of a past date, the region that speaks. */
import { Outlet, useRouterState } from '@tanstack/react-router'
import { useCallback, useEffect, useRef, useState, type ReactNode } from 'react'
import { useSessionReading } from '../client/read.ts'
import { useLive } from '../client/live.ts'
import { Failed } from '../components/failed.tsx'
import { Skeleton } from '../components/skeleton.tsx'
import { pages } from '../pages.ts'
import { SignIn } from '../sign-in/signIn.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { Navigation, PhoneBar } from './navigation.tsx'
import { useSearchValues, useSetSearch } from './search.ts'
import { SessionProvider } from './session.tsx'
import { shellWords } from './words.ts'
import './shell.css'

/** The path below the base. */
const usePath = (): string => useRouterState({ select: ({ location }) => location.pathname })

/** The root of every route. */
export function Shell(): ReactNode {
  const path = usePath()
  return pages.some((page) => page.bare === true && page.path === path) ? <main className="alone" id="content"><Outlet /></main> : <Signed />
}

function Signed(): ReactNode {
  const session = useSessionReading()
  if (session.data !== undefined) return <SessionProvider value={session.data}><Around /></SessionProvider>
  if (session.error?.problem.status === 401) return <main className="alone" id="content"><SignIn /></main>
  return <main className="alone" id="content">{session.error === null ? <Skeleton rows={4} /> : <Failed kind="E3" error={session.error} retry={() => { void session.refetch() }} />}</main>
}

function Around(): ReactNode {
  const words = useWords(shellWords)
  const path = usePath()
  const [said, setSaid] = useState('')
  const say = useCallback(() => { setSaid((before) => (before === words.live ? `${words.live} ` : words.live)) }, [words.live])
  useLive(say)
  const main = useRef<HTMLElement>(null)
  const first = useRef(true)
  // Another page begins at its start for who listens, too.
  useEffect(() => { if (first.current) first.current = false; else main.current?.focus({ preventScroll: true }) }, [path])
  return (
    <div className="shell">
      <a className="skip" href="#content" onClick={(event) => { event.preventDefault(); main.current?.focus() }}>{words.skip}</a>
      <PhoneBar />
      <Navigation />
      <main className="main" id="content" tabIndex={-1} ref={main}>
        <AtBand />
        <Outlet />
      </main>
      <div role="status" aria-live="polite" className="visually-hidden">{said}</div>
    </div>
  )
}

/** Over every page of the past. */
function AtBand(): ReactNode {
  const { at } = useSearchValues()
  const [words, format, set] = [useWords(shellWords), useFormat(), useSetSearch()]
  if (at === undefined) return null
  const day = Number.isNaN(Date.parse(at)) ? at : at.length > 10 ? format.moment(at) : format.day(at)
  return <div className="at-band" role="note"><strong>{words.past(day)}</strong><button type="button" className="button" onClick={() => set({ at: undefined })}>{words.backToNow}</button></div>
}
