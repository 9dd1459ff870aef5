/** Reading for pages: each answer knows its age, and the date that is looked at goes with every question. */
import { keepPreviousData, QueryClient, useQuery, type UseQueryResult } from '@tanstack/react-query'
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
  const asked = { ...query, ...(at === undefined || always === 'now' || path === '/session' ? {} : { at }) }
  return useQuery<Answer<Path>, Unanswered>({
    queryKey: [path, params ?? {}, asked], enabled: once ? ({ state }) => when && state.data === undefined : when, ...(once ? { gcTime: 0 } : {}), placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => await request('GET', addressOf(path, params, asked), { signal }) as Answer<Path>,
  })
}

/** Who is signed in. */
export const useSessionReading = (): Reading<Session> => useQuery<Session, Unanswered>({ queryKey: ['/session'], queryFn: async ({ signal }) => await request('GET', addressOf('/session'), { signal }) as Session })
