/** The very first page: nothing is declared yet, and whoever holds the printed link says who they are. */
import { useState, type ReactNode } from 'react'
import { addressOf, request, Unanswered } from '../client/request.ts'
import { TextField } from '../components/fields.tsx'
import { Page, Panel } from '../components/page.tsx'
import { Brand } from '../shell/brand.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { startWords } from './words.ts'

const tokenOf = (): string | undefined => new URLSearchParams(location.hash.slice(1)).get('link') ?? undefined

/** The server that began is followed by the whole one, at the same address: that takes a moment, in milliseconds. */
const [firstLookMilliseconds, betweenMilliseconds, looksMax] = [1_500, 1_000, 60]
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, milliseconds) })

/** Signs in with the same link, as soon as there is something to sign in to. */
async function signInWhenThere(token: string): Promise<void> {
  await pause(firstLookMilliseconds)
  for (let look = 0; look < looksMax; look += 1) {
    try {
      await request('POST', addressOf('/sign-in/link'), { body: { token } })
      return location.assign(new URL('start', document.baseURI))
    } catch (cause) {
      if (!(cause instanceof Unanswered) || cause.problem.status !== 0) throw cause
      await pause(betweenMilliseconds)
    }
  }
}

export default function Begin(): ReactNode {
  const [words, format] = [useWords(startWords), useFormat()]
  const [token] = useState(tokenOf)
  const [given, setGiven] = useState({ name: '', origin: '', country: '' })
  const [stage, setStage] = useState<'asks' | 'beginning' | 'begun'>('asks')
  const [problem, setProblem] = useState<string>()
  const missing = (['name', 'origin', 'country'] as const).filter((part) => given[part].trim() === '')
  const begin = async (): Promise<void> => {
    if (missing.length > 0) return setProblem(words.missing(format.list(missing.map((part) => words.needs[part]))))
    setProblem(undefined)
    setStage('beginning')
    try {
      await request('POST', addressOf('/begin'), { body: { token, name: given.name.trim(), origin: given.origin.trim().toLowerCase(), country: given.country.trim().toUpperCase() } })
      setStage('begun')
      await signInWhenThere(token ?? '')
    } catch (cause) {
      setStage('asks')
      setProblem(cause instanceof Unanswered ? `${words.refused} ${cause.problem.detail}` : String(cause))
    }
  }
  return (
    <div className="stack">
      <Brand />
      <Page title={words.beginTitle} sentence={token === undefined ? words.noLink : words.beginSentence}>
        <div role="alert">{problem === undefined ? null : <p className="failed">{problem}</p>}</div>
        {token === undefined ? null : (
          <form className="form" onSubmit={(event) => { event.preventDefault(); void begin() }}>
            <TextField label={words.name} value={given.name} onChange={(name) => setGiven({ ...given, name })} autoComplete="organization" />
            <TextField label={words.domain} help={words.domainHelp} value={given.origin} onChange={(origin) => setGiven({ ...given, origin })} />
            <TextField label={words.country} help={words.countryHelp} value={given.country} onChange={(country) => setGiven({ ...given, country: country.toUpperCase().slice(0, 2) })} />
            <button type="submit" className="button primary wide" disabled={stage !== 'asks'}>{words.begin}</button>
            <p role="status" className="muted">{stage === 'beginning' ? words.beginning : stage === 'begun' ? words.begun : ''}</p>
          </form>
        )}
        <Panel title={words.example}><div className="stack-small"><p>{words.exampleSays}</p><code>bailee case --serve --open</code></div></Panel>
      </Page>
    </div>
  )
}
