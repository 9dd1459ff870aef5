import type { ReactNode } from 'react'
import { Page } from '../components/page.tsx'
import { useWords } from '../words/index.tsx'
import { Go } from './go.tsx'
import { homeOf } from './home.tsx'
import { useSession } from './session.tsx'
import { shellWords } from './words.ts'

/** Said of an address that leads nowhere. */
export function Missing(): ReactNode {
  const words = useWords(shellWords)
  return <Page title={words.missingTitle} sentence={words.missing}><p><Go to={homeOf(useSession())}>{words.toStart}</Go></p></Page>
}
