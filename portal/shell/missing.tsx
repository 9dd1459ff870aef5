import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { Page } from '../components/page.tsx'
import { useWords } from '../words/index.tsx'
import { Go } from './go.tsx'
import { shellWords } from './words.ts'

/** Said of an address that leads nowhere. */
export function Missing(): ReactNode {
  const words = useWords(shellWords)
  return <Page title={words.missingTitle} sentence={words.missing}><p><Go to={addresses.today}>{words.toStart}</Go></p></Page>
}
