/** What an instruction allows, told in words and listed. */
import type { ReactNode } from 'react'
import { Facts } from './page.tsx'
import { Names } from './time.tsx'
import { DataTable, type Column } from './table.tsx'
import { useFormat, type Format } from '../words/format.ts'
import { Sentence, useWords, type Translated } from '../words/index.tsx'
import type { Item } from '../client/shapes.ts'
import { scopeWords } from './scopeWords.ts'

export type Operation = keyof typeof scopeWords.en.operations
export const operations = Object.keys(scopeWords.en.operations) as readonly Operation[]
export type ScopeWords = Translated<(typeof scopeWords)['en']>

/** What is told of it: as a listing has it, or a draft. */
export type ScopeShown = Pick<Item<'/instructions'>, 'purposes' | 'operations' | 'environments' | 'recipients' | 'identifiable' | 'data' | 'from' | 'until' | 'rowsPerSession' | 'rowsPerDay'>

/** "An analyst may read and derive from 7 columns of listeners, in production, until 1 December 2020." */
export function allowsSentence(scope: ScopeShown, words: ScopeWords, format: Format): string {
  if (scope.operations.length === 0 || scope.data.length === 0 || scope.environments.length === 0 || scope.purposes.length === 0) return words.allowsNothing
  const data = scope.data.map(({ dataset, columns }) => (columns === '*' ? words.allOf(dataset) : words.columnsOf(format.number(columns.length), columns.length === 1, dataset)))
  return [
    words.may(format.list(scope.operations.map((one) => words.operations[one]))), words.from(format.list(data)), words.for(format.list(scope.purposes)), words.in(format.list(scope.environments)), scope.recipients.length === 0 ? '' : words.to(format.list(scope.recipients)),
    scope.until === null ? words.withoutEnd : words.until(format.day(scope.until)), scope.rowsPerSession === null ? '' : words.budget(format.number(scope.rowsPerSession)), '.',
  ].join('')
}

/** What it leaves closed: said as plainly as what it opens. */
export function closedSentence(scope: ScopeShown, environments: readonly string[], words: ScopeWords, format: Format): string {
  const closed = [...operations.filter((one) => !scope.operations.includes(one)).map((one) => words.notOperations[one]), ...environments.filter((one) => !scope.environments.includes(one)), ...(scope.identifiable === true ? [] : [words.inClear])]
  return words.doesNot(format.list(closed))
}

/** The two sentences. */
export function InWords({ scope, environments = [] }: { readonly scope: ScopeShown; readonly environments?: readonly string[] }): ReactNode {
  const [words, format] = [useWords(scopeWords), useFormat()]
  return <div className="stack-small"><p><Sentence>{allowsSentence(scope, words, format)}</Sentence></p><p className="muted">{closedSentence(scope, environments, words, format)}</p></div>
}

/** Each of its sides, and every column by name. */
export function ScopeListed({ scope }: { readonly scope: ScopeShown }): ReactNode {
  const [words, format] = [useWords(scopeWords), useFormat()]
  type Row = ScopeShown['data'][number]
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'dataset', head: words.dataset, cell: ({ dataset }) => <Names>{dataset}</Names> },
    { name: 'columns', head: words.columns, cell: ({ columns: list }) => (list === '*' ? words.all : <ul className="names-list">{list.map((one) => <li key={one}><Names>{one}</Names></li>)}</ul>) },
  ]
  const budget = [scope.rowsPerSession === null ? '' : words.budget(format.number(scope.rowsPerSession)), scope.rowsPerDay === null ? '' : words.perDay(format.number(scope.rowsPerDay))].join('').replace(/^, /, '')
  return (
    <div className="stack scope-listed">
      <DataTable caption={words.data} rows={scope.data} keyOf={({ dataset }) => dataset} columns={columns} />
      <Facts facts={[
        [words.purposes, format.list(scope.purposes)], [words.operationsHead, format.list(scope.operations.map((one) => words.operations[one]))], [words.where, format.list(scope.environments)],
        [words.recipients, scope.recipients.length === 0 ? words.noRecipients : format.list(scope.recipients)], [words.identifiable, scope.identifiable === true ? words.mayBeClear : words.noClear],
        [words.period, `${scope.from === null ? '' : words.fromDay(format.day(scope.from))}${scope.until === null ? words.withoutEnd : words.until(format.day(scope.until))}`], [words.rowBudget, budget === '' ? words.none : budget],
      ]} />
    </div>
  )
}
