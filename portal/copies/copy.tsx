import { useParams } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import { Shown } from '../components/failed.tsx'
import { Page, Panel } from '../components/page.tsx'
import { Go } from '../shell/go.tsx'
import { useWords } from '../words/index.tsx'
import { CopyPanel, type CopyAnswer } from './chosen.tsx'
import { copiesWords } from './words.ts'

/** One place: what it is, since when, under what, until when. */
export default function Copy(): ReactNode {
  const { id } = useParams({ strict: false }) as { id: string }
  const words = useWords(copiesWords)
  const copy = useRead('/copies/{id}', { params: { id } })
  const answer = copy.data
  return (
    <Page
      title={answer?.place ?? id} terminal={answer?.command} read={copy} sentence={answer === undefined || copy.error !== null ? undefined : `${words.copyOf(answer.controller.name)}. ${standsUnder(answer, words)}`}
      crumbs={answer === undefined ? [] : [{ name: words.crumb, to: addresses.copiesOf(answer.controller.id) }, { name: answer.place }]}
    >
      <Shown of={copy} error="E3">{(found) => (
        <div className="stack">
          <CopyPanel copy={found} />
          {found.related.length === 0 ? null : <Panel title={words.related}><ul>{found.related.map((other) => <li key={other}><Go to={addresses.copy(other)}>{other}</Go></li>)}</ul></Panel>}
        </div>
      )}</Shown>
    </Page>
  )
}

function standsUnder({ kind, gone, instruction }: CopyAnswer, words: { gonePast: string; underNone: string; isDataset: string; under_: (id: string) => string }): string {
  if (gone) return words.gonePast
  return instruction !== null ? words.under_(instruction) : kind === 'dataset' ? words.isDataset : words.underNone
}
