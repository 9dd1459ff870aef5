/** Keeping what is written while it is written, and asking what it would allow. */
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import type { paths } from '../client/document.d.ts'
import { addressOf, request, type Unanswered } from '../client/request.ts'
import { proposedScope, type EditedScope } from './edited.ts'

type PreviewPath = paths['/api/v1/instructions/preview']['post']
export type Preview = PreviewPath['responses'][200]['content']['application/json']
export type TriedAct = NonNullable<PreviewPath['requestBody']['content']['application/json']['act']>

/** Typing goes on for so long before it is kept or asked about, in milliseconds; and what failed is tried again. */
const [quietMilliseconds, againMilliseconds] = [500, 4_000]

export type Kept = 'nothing' | 'keeping' | 'kept' | 'failed'

/** Keeps a draft on the server as it changes. `id` undefined: nothing was written yet. */
export function useKept(id: string | undefined, scope: EditedScope, written: number): Kept {
  const [kept, setKept] = useState<Kept>('nothing')
  const last = useRef(0)
  useEffect(() => {
    if (id === undefined || written === 0 || last.current === written) return
    setKept('keeping')
    let timer: ReturnType<typeof setTimeout>
    let over = false
    const keep = async (): Promise<void> => {
      try {
        await request('POST', addressOf('/instructions/drafts'), { body: { id, scope } })
        last.current = written
        if (!over) setKept('kept')
      } catch {
        if (over) return
        setKept('failed')
        timer = setTimeout(() => { void keep() }, againMilliseconds)
      }
    }
    timer = setTimeout(() => { void keep() }, quietMilliseconds)
    return () => { over = true; clearTimeout(timer) }
  }, [id, scope, written])
  return kept
}

function useQuiet<Value>(value: Value): Value {
  const [quiet, setQuiet] = useState(value)
  useEffect(() => { const timer = setTimeout(() => setQuiet(value), quietMilliseconds); return () => clearTimeout(timer) }, [value])
  return quiet
}

export interface Previewed { readonly data: Preview | undefined; readonly error: Unanswered | null; readonly isFetching: boolean; readonly refetch: () => unknown }

/** Asks the decision, each time that what is written changed. It records nothing. */
export function usePreview(scope: EditedScope, act: TriedAct | undefined): Previewed {
  const asked = useQuiet(JSON.stringify({ scope: { ...proposedScope(scope), id: scope.id === '' ? 'draft' : scope.id, from: scope.from === '' ? 'unknown' : scope.from }, ...(act === undefined ? {} : { act }) }))
  return useQuery<Preview, Unanswered>({
    queryKey: ['/instructions/preview', asked], placeholderData: (before) => before, enabled: !asked.includes('"contract":""'), // what is asked lags behind what is written
    queryFn: async ({ signal }) => await request('POST', addressOf('/instructions/preview'), { body: JSON.parse(asked) as unknown, signal }) as Preview,
  })
}
