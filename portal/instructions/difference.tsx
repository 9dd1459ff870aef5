import type { ReactNode } from 'react'
import { useFormat, type Format } from '../words/format.ts'
import { useWords, type Translated } from '../words/index.tsx'
import { differencesOf, type Difference, type EditedScope } from './edited.ts'
import { editorWords } from './editorWords.ts'
import { scopeWords } from '../components/scopeWords.ts'
import type { Operation, ScopeWords } from '../components/scope.tsx'

type Words = Translated<(typeof editorWords)['en']>

function said({ side, added, gone, of }: Difference, words: Words, { scope, format }: { scope: ScopeWords; format: Format }): string[] {
  const named = (values: readonly string[]): string => {
    const list = format.list(values.map((one) => (side === 'operations' ? scope.operations[one as Operation] : side === 'columns' && one === '*' ? words.wholly : one)))
    return side === 'columns' ? words.columnsOf(list, of ?? '') : list
  }
  const value = (one: string | undefined): string => {
    if (one === undefined) return words.none
    if (side === 'clear') return one === 'yes' ? words.yes : words.no
    if (side === 'from' || side === 'until') return Number.isNaN(Date.parse(one)) ? one : format.day(one)
    if (side === 'rowsPerSession' || side === 'rowsPerDay') return format.number(Number(one))
    return side === 'text' ? `“${one}”` : one
  }
  if (['purposes', 'operations', 'environments', 'recipients', 'columns'].includes(side)) return [...(added.length === 0 ? [] : [words.adds(named(added))]), ...(gone.length === 0 ? [] : [words.drops(named(gone))])]
  return [words.becomes(of === undefined ? words.sides[side] : `${of}, ${words.sides[side]}`, value(gone[0]), value(added[0]))]
}

/** What changes between two versions, in words. */
export function Differences({ before, after }: { readonly before: EditedScope; readonly after: EditedScope }): ReactNode {
  const [words, scope, format] = [useWords(editorWords), useWords(scopeWords), useFormat()]
  const found = differencesOf(before, after).flatMap((one) => said(one, words, { scope, format }))
  return found.length === 0 ? <p className="muted">{words.same}</p> : <ul className="differences">{found.map((one) => <li key={one}>{one}</li>)}</ul>
}
