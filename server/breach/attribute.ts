/** Attributes a sample: the copies that are known of, beside what the log of cells tells. */
import { allTransfers, drawnIn, openCanaries, type Transfer } from '#transfer'
import { allFindings, lookUpSample, type Finding, type SampleSeen, type TraceContext } from '#trace'
import type { Instant } from '#kit/time'
import { markedIn, type Marked } from './attribution/marked.ts'
import type { Sample } from './sampleTable.ts'
import { attribute } from './attribution/score.ts'
import { mayHold } from './attribution/telling.ts'
import type { CandidateCopy, Evidence } from './attribution/types.ts'
import type { Attributed } from './types.ts'

/** A sample's rows in one controller's table, attributed. */
export interface AttributedSample extends Attributed {
  readonly controller: string
  readonly slot: number
  /** Rows of the sample that name nobody of this table: others', perhaps, so that no notice may say how many. */
  readonly notFound: number
}

/** Attributes a sample for each table whose people it holds; none: nobody in it is known to any log of cells. */
export async function attributeSample(context: TraceContext, sample: Sample, at: Instant): Promise<AttributedSample[]> {
  const [transfers, findings] = [await allTransfers(context.ledger.database), await allFindings(context.ledger.database)]
  const canaries = await openCanaries(context.ledger)
  const marked = markedIn({ rows: sample.first }, canaries)
  const seenIn = await lookUpSample(context, sample.table, mayHold)
  const told = seenIn.map((seen): AttributedSample => {
    const copies = [...transfers.filter((one) => one.dataset === seen.dataset).flatMap((one) => ofTransfer(context, one, { seen, sample })), ...findings.filter((one) => one.controller === seen.controller && (one.detail.datasets ?? []).includes(seen.table)).map((one) => ofFinding(one, seen))]
    const found = attribute({ ...evidenceOf(seen, at), marked: marked.filter(({ copy }) => transfers.some((one) => one.id === copy && one.dataset === seen.dataset)) }, copies)
    const { controller, slot, dataset, fields } = seen
    const { answer, taken, rows, notFound, telling, neverHeld, fits } = found
    return { controller, slot, dataset, answer, taken, rows, notFound, people: seen.people, telling, neverHeld, columns: fields.map(({ column }) => column), fits: fits.slice(0, fitsMax), compared: copies.length, limits: limitsOf(seen, found.taken) }
  })
  return [...told, ...marked.flatMap(({ copy, by, certainty, rows }) => markedAlone(transfers.find(({ id }) => id === copy), { by, certainty, rows }, { told, sample }))]
}

/** A copy whose tokens name nobody outside it: its mark alone tells. */
function markedAlone(transfer: Transfer | undefined, { by, certainty, rows }: Omit<Marked, 'copy'>, { told, sample }: { told: readonly AttributedSample[]; sample: Sample }): AttributedSample[] {
  if (transfer === undefined || told.some((one) => one.dataset === transfer.dataset)) return []
  return [{
    controller: transfer.controller, slot: transfer.slot, dataset: transfer.dataset, answer: { kind: 'identified', copy: transfer.id, by, certainty }, taken: { after: transfer.begunAt, by: transfer.madeAt ?? transfer.begunAt, beginsWithLog: false, endsWithLog: false },
    rows, notFound: sample.count - rows, telling: 0, neverHeld: 0, columns: [], fits: [], compared: 0, limits: ['it was told by marks alone; whose rows it holds, the copy itself does not say'],
  }]
}

/** More are not listed; how many fit, the answer says. */
const fitsMax = 50

function evidenceOf(seen: SampleSeen, at: Instant): Evidence {
  const { alike } = seen
  return {
    rows: seen.rows, notFound: seen.notFound, columns: seen.fields.map(({ column }) => column), alike: seen.chance, subjects: seen.subjects, from: seen.readings[0] ?? at, to: Math.max(at, seen.readings.at(-1) ?? at), marked: [],
    unknown: [{ rows: seen.subjects, prior: alike.length === 0 ? 1 : 0.5, admits: () => true }, ...alike.map(({ held, share, admits }) => ({ rows: held, prior: (0.5 / alike.length) * share, admits }))],
  }
}

/** A governed copy: its moment, the columns that were not changed on the way, and who was drawn. */
function ofTransfer(context: TraceContext, transfer: Transfer, { seen }: { seen: SampleSeen; sample: Sample }): CandidateCopy[] {
  if (transfer.madeAt === null) return []
  const columns = new Set(Object.entries(transfer.transforms).filter(([, how]) => how === 'keep').map(([name]) => name))
  const rows = Math.max(...(transfer.tables ?? []).map((table) => table.rows), 1)
  // Whom a sample drew is known while its key is there, and of rows that say who they are of; otherwise it fits no better than one of everybody.
  const told = seen.rows.every((_, row) => seen.text(row) !== undefined)
  const drawn = transfer.sample >= 1 ? () => true : told ? drawnIn(context.ledger.keys, transfer) : undefined
  return [{ id: transfer.id, after: transfer.begunAt, by: transfer.begunAt, columns, drawnByKey: transfer.sample < 1 && drawn !== undefined, rows: drawn === undefined ? Math.max(rows, seen.subjects) : rows, admits: (row) => drawn === undefined || seen.text(row) === undefined || drawn(seen.text(row)!) }]
}

/** A copy that a sweep found: what is known of when it was made. Of its columns only those that identify are known, so that none speaks against it. */
function ofFinding({ id, records, firstSeen, detail }: Finding, seen: SampleSeen): CandidateCopy {
  const made = [detail.probablyMade, detail.made]
  const after = made.flatMap((one) => one?.after ?? []).reduce((a, b) => Math.max(a, b), seen.readings[0] ?? firstSeen)
  const by = made.flatMap((one) => one?.before ?? []).reduce((a, b) => Math.min(a, b), firstSeen)
  return { id, after: Math.min(after, by), by, columns: null, rows: Math.max(1, records), admits: () => true, drawnByKey: false }
}

function limitsOf({ oneIn, readings }: SampleSeen, taken: Attributed['taken']): string[] {
  return [
    ...(oneIn === 1 ? [] : [`one person of ${oneIn} is followed`]),
    ...(readings.length < 2 ? ['the dataset was read once: nothing is known to have changed'] : []),
    ...(taken?.beginsWithLog === true ? ['it may be older than the log of cells'] : []),
    'a sample of two copies, or one made to accuse somebody, would be attributed all the same',
  ]
}
