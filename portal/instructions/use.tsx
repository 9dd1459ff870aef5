/** What was done under instructions, and by whom: bars from zero, labels beside them, and the same numbers as a table. */
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Bars } from '../components/bars.tsx'
import { Shown } from '../components/failed.tsx'
import { Panel } from '../components/page.tsx'
import { useHasRole } from '../shell/session.tsx'
import { Go } from '../shell/go.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { instructionsWords } from './words.ts'
import '../components/coverage.css'
import '../components/scope.css'

type Use = Answer<'/instructions/use'>
/** Activity by instruction, for the office and for a controller of its own. */
export function UseByInstruction({ controller }: { readonly controller?: string | undefined }): ReactNode {
  return useHasRole('owner', 'dpo', 'auditor', 'signatory', 'viewer') ? <ByInstruction controller={controller} /> : null
}

function ByInstruction({ controller }: { readonly controller: string | undefined }): ReactNode {
  const [words, format] = [useWords(instructionsWords), useFormat()]
  const use = useRead('/instructions/use', { query: { controller } })
  return (
    <Panel title={words.useTitle}>
      <Shown of={use} error="E1" rows={3}>{(answer) => answer.byInstruction.length === 0 ? <p className="muted">{words.noUse}</p> : (
        <div className="two-columns">
          <div><Bars says={saysOf(answer.byInstruction, words.useSays, format.number)} heads={[words.instruction, words.rowsRead, words.sessions]} bars={answer.byInstruction.map(({ instruction, rows, sessions }) => ({ name: instruction, value: rows, cells: [format.number(rows), format.number(sessions)] }))} /></div>
          <div><NotSeenUse more={answer.more} /></div>
        </div>
      )}</Shown>
    </Panel>
  )
}

/** Rows and bytes by person, under one instruction. */
export function ByPerson({ instruction }: { readonly instruction: string }): ReactNode {
  const [words, format] = [useWords(instructionsWords), useFormat()]
  const use = useRead('/instructions/use', { query: { instruction } })
  return (
    <Shown of={use} error="E1" rows={3}>{(answer) => answer.byPerson.length === 0 ? <p className="muted">{words.noUseOne}</p> : (
      <div className="stack-small">
        <Bars says={saysOf(answer.byPerson, words.useSays, format.number)} heads={[words.person, words.rowsRead, words.bytes, words.sessions]} bars={answer.byPerson.map(({ person, rows, bytes, sessions }) => ({ name: person.name, value: rows, cells: [format.number(rows), format.number(bytes), format.number(sessions)] }))} />
        <p className="small"><Go to={addresses.decisions}>{words.history}</Go></p>
        <NotSeenUse more={answer.more} />
      </div>
    )}</Shown>
  )
}

const saysOf = (of: Use['byInstruction'] | Use['byPerson'], says: (rows: string, sessions: string) => string, number: (value: number) => string): string =>
  says(number(of.reduce((sum, { rows }) => sum + rows, 0)), number(of.reduce((sum, { sessions }) => sum + sessions, 0)))

function NotSeenUse({ more }: { readonly more: boolean }): ReactNode {
  const words = useWords(instructionsWords)
  return <div className="not-seen small"><p>{words.notSeenUse}</p>{more ? <p>{words.useMore}</p> : null}</div>
}
