/** The register as pages that people read: one chapter a controller, in the order of Art. 30(2), then what no article asks for. Pure. */
import type { Block, PaperDocument } from '#document'
import { formatDay, sayDay } from '#kit/time'
import { checkRecord, driftOf, isCompliant } from './check.ts'
import { countryOf, findingIn, layouts, saying, sheetsOf, subProcessorsIn, untoldTransfers } from './layout.ts'
import type { Language, PartyRecord, RegisterRecord } from './types.ts'
import { operation, reason, term, word, type Word } from './words.ts'

/** The paper of these records. The same records give the same paper. */
export function registerPaper(records: readonly RegisterRecord[], language: Language): PaperDocument {
  const [first] = records
  const day = first === undefined ? '' : formatDay(first.asOf)
  const title = word(language, 'title')
  return {
    id: `register ${records.length === 1 ? first!.controller.id : 'all'} ${day} ${language}`, title, language, author: first?.processor.name ?? '', at: first?.asOf ?? 0,
    foot: `${word(language, 'paper')}, ${word(language, 'as_of').toLowerCase()} ${first === undefined ? '' : sayDay(language, first.asOf)}`,
    blocks: { [Symbol.iterator]: () => blocksOf(records, language) },
  }
}

/** Chapter by chapter: none is made before the one before it stands on its pages. */
function* blocksOf(records: readonly RegisterRecord[], language: Language): Generator<Block> {
  const [first] = records
  yield { kind: 'heading', level: 1, text: word(language, 'title') }
  yield { kind: 'pairs', pairs: [[word(language, 'as_of'), first === undefined ? '' : sayDay(language, first.asOf)], [word(language, 'controllers'), String(records.length)]] }
  if (records.length > 1) yield { kind: 'table', columns: columns(language, ['controller', 3], ['lacks', 1]), rows: records.map((record) => [`${record.controller.name} (${record.controller.id})`, word(language, isCompliant(record) ? 'nothing' : 'yes')]) }
  for (const record of records) yield* chapterOf(record, language)
}

function chapterOf(record: RegisterRecord, language: Language): Block[] {
  return [
    { kind: 'heading', level: 2, text: `${record.controller.name} (${record.controller.id})` },
    { kind: 'paragraph', tone: 'strong', text: word(language, isCompliant(record) ? 'complete' : 'incomplete') },
    ...partiesOf(record, language), ...workOf(record, language), ...abroadOf(record, language), ...protectionOf(record, language),
    { kind: 'heading', level: 3, text: word(language, 'extension') }, { kind: 'pairs', pairs: extensionOf(record, language) },
    { kind: 'heading', level: 3, text: word(language, 'lacks') },
    { kind: 'table', none: word(language, 'nothing'), columns: columns(language, ['element', 2], ['required', 1]), rows: checkRecord(record).map(({ code, required }) => [code, word(language, required ? 'yes' : 'advised')]) },
    { kind: 'heading', level: 3, text: word(language, 'findings') },
    { kind: 'list', items: driftOf(record).length === 0 ? [word(language, 'nothing')] : driftOf(record).map((one) => findingIn(language, one)) },
  ]
}

const columns = (language: Language, ...of: readonly (readonly [Word, number])[]) => of.map(([title, share]) => ({ title: word(language, title), share }))

function partiesOf(record: RegisterRecord, language: Language): Block[] {
  const { contact, party } = saying(language)
  const rows = (one: PartyRecord, name: Word): [string, string][] => [[word(language, name), party(one)], [word(language, 'representative'), contact(one.representative)], [word(language, 'dpo'), contact(one.dpo)]]
  return [
    { kind: 'heading', level: 3, text: word(language, 'article_a') },
    { kind: 'pairs', pairs: [...rows(record.processor, 'processor'), ...rows(record.controller, 'ico_controller')] },
  ]
}

function workOf({ categories }: RegisterRecord, language: Language): Block[] {
  const { seen } = saying(language)
  return [
    { kind: 'heading', level: 3, text: word(language, 'article_b') },
    { kind: 'table', none: word(language, 'missing'), columns: columns(language, ['instruction', 1], ['categories', 2], ['where', 1.4], ['standing', 1.6], ['observed', 2]), rows: categories.map((one) => [
      one.instruction, one.operations.map((name) => operation(language, name)).join(', '), one.environments.join(', '),
      `${word(language, one.inForce ? 'in_force' : 'not_in_force')}, ${sayDay(language, one.from)}${one.until === undefined ? '' : ` ${word(language, 'until')} ${sayDay(language, one.until)}`}`, seen(one),
    ]) },
  ]
}

function abroadOf(record: RegisterRecord, language: Language): Block[] {
  const { transfers } = record
  const untold = untoldTransfers(language, record)
  return [
    { kind: 'heading', level: 3, text: word(language, 'article_c') },
    { kind: 'table', none: word(language, transfers.is === 'told' ? 'none' : transfers.is), columns: columns(language, ['country', 1], ['tool', 2], ['observed', 3]), rows: (transfers.is === 'told' ? transfers.value : []).map((one) => [
      countryOf(language, record, one), one.tool.is === 'told' ? [term(language, one.tool.value), one.reference].filter((part) => part !== undefined).join(' ') : word(language, 'no_tool'), one.seen.map((text) => reason(language, text)).join('\n') || word(language, 'nothing'),
    ]) },
    ...(transfers.is === 'told' && untold.length > 0 ? [{ kind: 'list' as const, items: untold }] : []),
  ]
}

function protectionOf({ measures }: RegisterRecord, language: Language): Block[] {
  return [
    { kind: 'heading', level: 3, text: word(language, 'article_d') },
    measures.is === 'told' ? { kind: 'pairs', pairs: measures.value.map(({ heading, text }) => [heading.replaceAll('_', ' '), text]) } : { kind: 'paragraph', text: word(language, measures.is) },
  ]
}

const elsewhere: ReadonlySet<string> = new Set(['controller', 'instructions', 'findings', 'lacks'] satisfies Word[])

/** What the extension's sheet has, read downward, without what the chapter says elsewhere. */
function extensionOf(record: RegisterRecord, language: Language): [string, string][] {
  const { rows, head } = sheetsOf([record], [layouts[3]], language)[0]!
  const away = new Set([...elsewhere].map((name) => word(language, name as Word)))
  const lines = [...rows]
  return [[word(language, 'cnil_sub_processors'), subProcessorsIn(language, record)], ...lines[head]!.map((title, index): [string, string] => [title, lines[head + 1]![index]!]).filter(([title]) => !away.has(title))]
}
