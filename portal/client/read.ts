/** Reading for pages: each answer knows its age, and the date that is looked at goes with every question. */
import { keepPreviousData, QueryClient, useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query'
import { useSearchValues } from '../shell/search.ts'
import { addressOf, request, Unanswered, type Values } from './request.ts'
import type { Address, Answer, Session } from './shapes.ts'

/** An answer counts as fresh so long, in milliseconds: what changes is told by an event. */
const freshMilliseconds = 30_000
const triesMax = 2

/** What holds the answers of one browser window. */
export const makeQueryClient = (): QueryClient => new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: freshMilliseconds, refetchOnWindowFocus: true, networkMode: 'always',
      retry: (count, error) => count < triesMax && error instanceof Unanswered && (error.problem.status === 0 || error.problem.status === 503),
      retryDelay: (count) => 400 * 2 ** count,
    },
  },
})

export type Reading<Result> = UseQueryResult<Result, Unanswered>

/** Reads an address of the API, as of the date that is looked at; `always: 'now'` reads the present whatever date that is; `when` false: not yet; `once`: what a form begins with is not read again below it. */
export function useRead<Path extends Address>(path: Path, { params, query, always, when = true, once = false }: { readonly params?: Values; readonly query?: Values; readonly always?: 'now'; readonly when?: boolean; readonly once?: boolean } = {}): Reading<Answer<Path>> {
  const { at } = useSearchValues()
  return useQuery<Answer<Path>, Unanswered>({ ...asking<Path>(path, { params, query, at: always === 'now' || path === '/session' ? undefined : at }), enabled: once ? ({ state }) => when && state.data === undefined : when, ...(once ? { gcTime: 0 } : {}), placeholderData: keepPreviousData })
}

interface Asked { readonly params: Values | undefined; readonly query: Values | undefined; readonly at: string | undefined }

/** What was, stays: an answer about the past is not asked for again while this window is open, unless somebody wants to. */
function asking<Path extends Address>(path: Path, { params, query, at }: Asked): { readonly queryKey: readonly unknown[]; readonly queryFn: (within: { signal: AbortSignal }) => Promise<Answer<Path>>; readonly staleTime?: number } {
  const asked = { ...query, ...(at === undefined ? {} : { at }) }
  return { queryKey: [path, params ?? {}, asked], queryFn: async ({ signal }) => await request('GET', addressOf(path, params, asked), { signal }) as Answer<Path>, ...(at === undefined ? {} : { staleTime: Infinity }) }
}

/** Reads ahead what is asked for next, as of some moments: a step in time then waits for nobody. */
export function useReadAhead<Path extends Address>(path: Path, query: Values): (moments: readonly (string | undefined)[]) => void {
  const client = useQueryClient()
  return (moments) => { for (const at of moments) void client.prefetchQuery(asking<Path>(path, { params: undefined, query, at })) }
}

/** Who is signed in. */
export const useSessionReading = (): Reading<Session> => useQuery<Session, Unanswered>({ queryKey: ['/session'], queryFn: async ({ signal }) => await request('GET', addressOf('/session'), { signal }) as Session })
