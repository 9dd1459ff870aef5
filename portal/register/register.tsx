import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer, Item } from '../client/shapes.ts'
import { ExportFile } from '../components/exportFile.tsx'
import { Shown } from '../components/failed.tsx'
import { Empty, Page, Panel } from '../components/page.tsx'
import { Standing } from '../components/standing.tsx'
import { DataTable, type Column } from '../components/table.tsx'
import { Go } from '../shell/go.tsx'
import { useSearchValues } from '../shell/search.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { RecordOf } from './record.tsx'
import { registerWords } from './words.ts'

type Row = Item<'/register'>

/** Is the record of Article 30(2) complete? Of all controllers; of one, article by article. */
export default function Register(): ReactNode {
  const [words, { controller, cursor }] = [useWords(registerWords), useSearchValues()]
  const listing = useRead('/register', { query: { controller, cursor, limit: 50 } })
  const answer = listing.error === null ? listing.data : undefined
  const one = controller === undefined ? undefined : answer?.items.find((item) => item.controller.id === controller)
  return (
    <Page
      title={one === undefined ? words.title : words.titleOf(one.controller.name)} sentence={useSentence(answer, one)} crumbs={controller === undefined ? [] : [{ name: words.crumb, to: addresses.register }, { name: one?.controller.name ?? controller }]} evidence
      terminal={`bailee register check ${controller === undefined ? '--all' : `--controller ${controller}`}`} read={listing}
      primary={answer === undefined || answer.total === 0 ? undefined : <ExportFile path="/register/export" act={words.exportAct} formats={['pdf', 'xlsx', 'ods', 'csv', 'json', 'dpv']} controller={controller} />} others={one === undefined ? undefined : <Go to={addresses.ledgerOf(one.controller.id)} className="button">{words.ledger}</Go>}
    >
      <Shown of={listing} error="E2">{(shown) => {
        const record = controller === undefined ? undefined : shown.items.find((item) => item.controller.id === controller)
        if (record !== undefined) return <RecordOf record={record} />
        return <Panel>{shown.total === 0 ? <Empty title={words.emptyTitle}><p>{words.empty}</p></Empty> : <Table shown={shown} />}</Panel>
      }}</Shown>
    </Page>
  )
}

const requiredOf = ({ missing }: Row): Row['missing'] => missing.filter(({ required }) => required)

function useSentence(answer: Answer<'/register'> | undefined, one: Row | undefined): string | undefined {
  const [words, format] = [useWords(registerWords), useFormat()]
  if (answer === undefined || answer.total === 0) return undefined
  if (one !== undefined) return `${one.compliant ? words.oneWhole : words.oneLacks(format.number(requiredOf(one).length), requiredOf(one).length === 1)}${one.drift.length === 0 ? '' : words.drifts(format.number(one.drift.length), one.drift.length === 1)}`
  const { controllers, things } = answer.lacking
  return controllers === 0 ? words.whole(format.number(answer.total), answer.total === 1) : words.lacks(format.number(things), things === 1, format.number(controllers), format.number(answer.total))
}

const letters = ['a', 'b', 'c', 'd'] as const

function Table({ shown }: { readonly shown: Answer<'/register'> }): ReactNode {
  const [words, format] = [useWords(registerWords), useFormat()]
  const lacks = (row: Row, letter: string): number => requiredOf(row).filter(({ code }) => code.startsWith(`30(2)(${letter})`)).length
  const columns: readonly [Column<Row>, ...Column<Row>[]] = [
    { name: 'controller', head: words.controller, sort: ({ controller }) => controller.name, cell: ({ controller }) => <Go to={addresses.registerOf(controller.id)}>{controller.name}</Go> },
    { name: 'complete', head: words.complete, sort: (row) => -requiredOf(row).length, cell: (row) => (row.compliant ? <Standing is="declared" word={words.nothingMissing} /> : <Standing is="unknown" word={words.missing(format.number(requiredOf(row).length))} />) },
    ...letters.map((letter): Column<Row> => ({ name: letter, head: `30(2)${words.letter(letter)}`, sort: (row) => lacks(row, letter), cell: (row) => (lacks(row, letter) === 0 ? <span className="muted">{words.nothingMissing}</span> : <Go to={addresses.registerOf(row.controller.id)}>{words.missing(format.number(lacks(row, letter)))}</Go>) })),
    { name: 'categories', head: words.categories, numbers: true, sort: ({ categories }) => categories.length, cell: ({ controller, categories }) => <Go to={addresses.registerOf(controller.id)}>{format.number(categories.length)}</Go> },
    { name: 'copies', head: words.copies, numbers: true, sort: ({ copies }) => copies, cell: ({ controller, copies }) => <Go to={addresses.copiesOf(controller.id)}>{format.number(copies)}</Go> },
    { name: 'drift', head: words.drift, numbers: true, sort: ({ drift }) => drift.length, cell: ({ controller, drift }) => (drift.length === 0 ? words.none : <Go to={addresses.registerOf(controller.id)}>{format.number(drift.length)}</Go>) },
  ]
  return <DataTable caption={words.caption} rows={shown.items.toSorted((one, other) => Number(one.compliant) - Number(other.compliant))} keyOf={({ controller }) => controller.id} columns={columns} total={shown.total} next={shown.next} />
}
