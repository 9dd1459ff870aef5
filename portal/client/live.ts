/** Events of the API: what changed is read again, in place; and said, politely, at most one sentence each ten seconds. */
import { useEffect } from 'react'
import { useQueryClient } from '@tanstack/react-query'

const betweenSentencesMilliseconds = 10_000
/** Answers that say something of everything. */
const always = new Set(['today', 'session', 'client', 'start'])

const nounOf = (path: unknown): string => String(path).split('/')[1] ?? ''

/** Listens while a page is open. `say` is told that something on the page changed. */
export function useLive(say: () => void): void {
  const client = useQueryClient()
  useEffect(() => {
    const events = new EventSource(new URL('api/v1/events', document.baseURI).pathname)
    let said = 0
    events.addEventListener('changed', (event: MessageEvent<string>) => {
      const nouns = nounsIn(event.data)
      void client.invalidateQueries({ predicate: ({ queryKey: [path, , asked] }) => (asked as { at?: string } | undefined)?.at === undefined && (nouns === undefined || always.has(nounOf(path)) || nouns.some((noun) => nounOf(path).startsWith(noun.slice(0, 5)))) })
      if (performance.now() - said < betweenSentencesMilliseconds && said !== 0) return
      said = performance.now()
      say()
    })
    // A server without events answers something else: then pages are as old as they say.
    events.addEventListener('error', () => { if (events.readyState === EventSource.CLOSED) events.close() })
    return () => events.close()
  }, [client, say])
}

/** The nouns of an event; undefined: it does not say, so anything may have changed. */
function nounsIn(text: string): readonly string[] | undefined {
  try {
    const { nouns } = JSON.parse(text) as { nouns?: unknown }
    return Array.isArray(nouns) ? nouns.map(String) : undefined
  } catch {
    return undefined
  }
}
