/** Names on their way into a record: their pieces are asked of the fingerprints, as a search asks what stands in a place. */
import { markerUnder, type Marker } from '#inventory'
import type { Ledger } from '#ledger'
import { inThisForm } from './fingerprint/index.ts'
import { segmentSources, type SegmentSources, type TraceContext } from './fingerprints.ts'
import { createMachine } from './scanner/machine.ts'
import { isShownAs, isTelling, marksIn, piecesIn, shownBy, spellingsOf, throughout, type Piece } from './shown.ts'
import { allFindings, existingFingerprints } from './store.ts'
import { askedOf, lookUp, type Asked } from './union/look.ts'
import { listsOf, valueLists } from './union/source.ts'

/** Pieces remembered between two askings, of the same fingerprints. */
const piecesMax = 1_000_000

/** What is known of pieces, while the fingerprints stay the same. */
interface Decided { readonly fingerprints: string; readonly pieces: Map<string, boolean> }

const decidedOf = new WeakMap<Ledger, Decided>()

/** Of this machine: it outlives epochs, so that what was recorded under a name is found by it again. */
const markerOf = ({ ledger }: TraceContext): Marker => markerUnder(ledger.keys.traceKey('names', 1).key)

/** Tells which of many names is the one that was recorded so. */
export const recordedAs = (context: TraceContext, recorded: string): ((name: string) => boolean) => isShownAs(markerOf(context), recorded)

/**
 * Every text in what is to be recorded, without what is somebody's: addresses and numbers by their form, and values of any dataset that tell somebody (`shown.ts`). What a finding was recorded under
 * stays a mark when its fingerprints are gone. Throws as opening fingerprints does.
 */
export async function shownIn<Value>(context: TraceContext, value: Value): Promise<Value> {
  const mark = markerOf(context)
  const pieces = new Map<string, Piece>()
  throughout((text) => {
    for (const piece of piecesIn(shownBy(mark)(text))) pieces.set(piece.text, piece)
    return text
  }, value)
  if (pieces.size === 0) return throughout(shownBy(mark), value)
  const decided = await decide(context, [...pieces.values()])
  const before = marksIn((await allFindings(context.ledger.database)).map(({ place }) => place))
  return throughout(shownBy(mark, ({ text }) => decided.get(text) === true || before.has(mark('value', text))), value)
}

async function decide(context: TraceContext, pieces: readonly Piece[]): Promise<ReadonlyMap<string, boolean>> {
  const { ledger } = context
  const fingerprints = (await existingFingerprints(ledger.database)).map(({ id, sha256, tokenKey }) => `${id} ${sha256} ${tokenKey}`).join('\n')
  let decided = decidedOf.get(ledger)
  if (decided?.fingerprints !== fingerprints || decided.pieces.size > piecesMax) decidedOf.set(ledger, decided = { fingerprints, pieces: new Map() })
  const unknown = pieces.filter(({ text }) => !decided.pieces.has(text))
  if (unknown.length === 0) return decided.pieces
  const known = await knownOf((await segmentSources(context)).filter(({ source }) => inThisForm(source.header)), unknown)
  for (const { text } of unknown) decided.pieces.set(text, known.has(text))
  return decided.pieces
}

/** Which of these pieces are somebody's. Of a list little is read while few are asked about. */
async function knownOf(sources: readonly SegmentSources[], pieces: readonly Piece[]): Promise<ReadonlySet<string>> {
  const known = new Set<string>()
  for (const own of Map.groupBy(sources, ({ record }) => record.tokenKey).values()) {
    const machine = createMachine({ key: own[0]!.tokenKey, regions: {} })
    const tokens = pieces.flatMap((piece) => spellingsOf(piece).flatMap((text) => {
      const token = machine.token(Buffer.from(text))
      return token === undefined ? [] : [{ piece, token }]
    }))
    const askings = new Map<string, { asked: Asked; texts: readonly string[][] }>()
    for (const { source } of own) await askSource(source, { tokens, askings, known })
  }
  return known
}

interface Asking { readonly tokens: readonly { piece: Piece; token: bigint }[]; readonly askings: Map<string, { asked: Asked; texts: readonly string[][] }>; readonly known: Set<string> }

async function askSource(source: SegmentSources['source'], { tokens, askings, known }: Asking): Promise<void> {
  const lists = await listsOf(source)
  try {
    for (const list of valueLists(lists.header)) {
      const column = lists.header.columns[list.column]!
      const telling = tokens.filter(({ piece }) => isTelling(piece, column))
      if (telling.length === 0) continue
      const which = `${column.alone} ${column.weak} ${isTelling({ kind: 'number', digits: 0 }, column)}`
      let asking = askings.get(which)
      if (asking === undefined) askings.set(which, asking = askingOf(telling))
      for (const number of (await lookUp(lists, list, asking.asked)).numbers) for (const text of asking.texts[number] ?? []) known.add(text)
    }
  } finally {
    await lists.close()
  }
}

function askingOf(telling: Asking['tokens']): { asked: Asked; texts: readonly string[][] } {
  const byToken = [...Map.groupBy(telling, ({ token }) => token)].sort(([a], [b]) => (a < b ? -1 : 1))
  return { asked: askedOf(BigUint64Array.from(byToken, ([token]) => token)), texts: byToken.map(([, own]) => own.map(({ piece }) => piece.text)) }
}
