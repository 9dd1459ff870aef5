/** What stands after the question mark: the date that is looked at, the sort, the filters, the page of a listing. All of it text. */
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useCallback } from 'react'

export type SearchValues = Readonly<Record<string, string | undefined>>

/** Reads it. */
export const useSearchValues = (): SearchValues => useSearch({ strict: false }) as SearchValues

/** Changes it and keeps the rest; `undefined` takes a value out. A new sort or filter begins at the first page. */
export function useSetSearch(): (changed: SearchValues) => void {
  const navigate = useNavigate()
  return useCallback((changed) => {
    void navigate({ to: '.', search: ((before: SearchValues) => clean({ ...before, ...('cursor' in changed ? {} : { cursor: undefined }), ...changed })) as never, resetScroll: false })
  }, [navigate])
}

/** Without what is not there. */
export const clean = (values: SearchValues): Record<string, string> => Object.fromEntries(Object.entries(values).filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== ''))
