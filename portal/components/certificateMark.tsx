import type { ReactNode } from 'react'
import { Partial as PartialMark, Standing } from './standing.tsx'
import { useWords } from '../words/index.tsx'
import { componentWords } from './words.ts'

export type Status = 'complete' | 'complete_with_exceptions' | 'pending_backup_expiry' | 'partial' | 'invalidated'

/** The title of a certificate. Titles are no standings: two of them stand under verified, one under pending, partial has a mark of its own; any turns invalid as a whole. */
export function CertificateMark({ status, loud = false }: { readonly status: Status; readonly loud?: boolean }): ReactNode {
  const words = useWords(componentWords)
  if (status === 'partial') return <PartialMark />
  return <Standing is={status === 'invalidated' ? 'invalid' : status === 'pending_backup_expiry' ? 'pending' : 'verified'} loud={loud} word={words.certificateStatuses[status]} />
}
