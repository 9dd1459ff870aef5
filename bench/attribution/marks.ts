/** Samples of copies that bear marks, or hold invented people, told by the product's own code: of a thousand copies, noisy, spelled in any way, two columns dropped. */
import { createHmac } from 'node:crypto'
import { markedIn } from '../../server/breach/attribution/marked.ts'
import { canariesIn } from '../../server/transfer/canary/known.ts'
import { openInventor, type Inventor } from '../../server/transfer/canary/invent.ts'
import { canarySecret, markedToken, markerOf } from '../../server/transfer/canary/mark.ts'
import { reservedDomains } from '../../server/transfer/reserved.ts'
import type { Canaries } from '../../server/transfer/index.ts'
import { noisyTable, takeSample, type Copy, type Person } from './world.ts'

/** `marked`: a pseudonymised copy, whose tokens and addresses bear its mark. `canaried`: one of values as they are, among them invented people. */
export type Telling = 'marked' | 'canaried'

export interface MarkedTally { trials: number; /** A value that tells was left: neither dropped with its column nor altered. */ left: number; named: number; namedOfLeft: number; wrong: number; /** Of samples as they come: that hold an invented person. */ holding: number; strangersNamed: number }

const controllerKey = Buffer.alloc(32, 11)
/** Of a table of some thousand rows: twenty for the first five hundred, and one more whenever it has grown by a sixteenth (`canary/among.ts`). */
const inventedIn = (rows: number): number => 20 + Math.max(0, Math.floor(Math.log(Math.max(1, rows) / 500) / Math.log(1 + 1 / 16)))

/** What tells the copies: their secrets, and the invented people of those that have some. */
export async function openTelling(copies: readonly Copy[], telling: Telling): Promise<{ readonly canaries: Canaries; readonly inventorOf: (copy: Copy) => Promise<Inventor> }> {
  const columns: Record<string, string> = telling === 'canaried' ? { email: 'address' } : {}
  const transfers = copies.map(({ id, rows }) => ({ id, tables: telling === 'canaried' ? [{ place: 'lab.people', canaries: { rows: inventedIn(rows), subject: 'user_id', domains: reservedDomains, columns } }] : [] as never[] }))
  return { canaries: await canariesIn(transfers as never[] as { id: string; tables: null }[], ({ id }) => canarySecret(controllerKey, id)), inventorOf: (copy) => openInventor(canarySecret(controllerKey, copy.id)) }
}

interface Told { readonly telling: Telling; readonly copies: readonly Copy[]; readonly people: readonly Person[]; readonly rows: number; readonly trials: number; readonly draw: () => number; readonly strangers: readonly Copy[] }

/** Takes samples and has them told. Of `strangers`, copies that nobody registered, with marks of their own secrets: none of them may be taken for a registered one. */
export async function runTold({ telling, copies, people, rows, trials, draw, strangers }: Told): Promise<MarkedTally> {
  const { canaries, inventorOf } = await openTelling(copies, telling)
  const tally: MarkedTally = { trials: 0, left: 0, named: 0, namedOfLeft: 0, wrong: 0, holding: 0, strangersNamed: 0 }
  while (tally.trials < trials) {
    const copy = copies[Math.floor(draw() * copies.length)]!
    const table = await sampleOf(copy, { telling, people, rows, draw, inventor: await inventorOf(copy) })
    if (table === undefined) continue
    const [told] = markedIn(table, canaries)
    const left = table.telling >= (telling === 'marked' ? 2 : 1)
    tally.trials += 1
    if (left) tally.left += 1
    if (told?.copy === copy.id) { tally.named += 1; if (left) tally.namedOfLeft += 1 }
    if (told !== undefined && told.copy !== copy.id) tally.wrong += 1
    const invented = inventedIn(copy.rows)
    if (1 - (1 - invented / (copy.rows + invented)) ** rows > draw()) tally.holding += 1
    const stranger = strangers[tally.trials % Math.max(1, strangers.length)]
    const other = stranger === undefined ? undefined : await sampleOf(stranger, { telling, people, rows, draw, inventor: await inventorOf(stranger) })
    if (other !== undefined && markedIn(other, canaries).length > 0) tally.strangersNamed += 1
  }
  return tally
}

interface Sampling { readonly telling: Telling; readonly people: readonly Person[]; readonly rows: number; readonly draw: () => number; readonly inventor: Inventor }

/** Rows as somebody found them, one of them an invented person's where the copy has some. */
async function sampleOf(copy: Copy, { telling, people, rows, draw, inventor }: Sampling): Promise<{ readonly rows: readonly (readonly string[])[]; /** Values that tell, as they were. */ readonly telling: number } | undefined> {
  const sample = takeSample(copy, people, { rows, noisy: false }, draw)
  if (sample === undefined) return undefined
  const secret = canarySecret(controllerKey, copy.id)
  const [marker, key] = [markerOf(secret), createHmac('sha256', secret).update('tokens').digest()]
  const token = (text: string): string => markedToken(createHmac('sha256', key).update(text).digest('hex'), marker)
  const invented = inventor.value('address', 'email', Math.floor(draw() * inventedIn(copy.rows)))
  const own = (person: Person, at: number): Readonly<Record<string, string>> => (telling === 'marked'
    ? { user_id: token(String(person.number)), email: `${token(`p${person.number}@person.example`)}@pseudonym.example` } : { user_id: String(person.number), email: at === 0 ? invented : `p${person.number}@person.example` })
  const whole = sample.rows.map(({ person, values }, at) => ({ ...values, ...own(person, at) }))
  const truth = new Set(telling === 'marked' ? whole.flatMap(({ user_id: id, email }) => [id, email]) : [invented])
  const table = noisyTable([...sample.columns, 'user_id', 'email'], whole, draw)
  return Promise.resolve({ rows: table.rows, telling: table.rows.filter((row) => row.some((text) => truth.has(text.replaceAll('"', '').trim().toLowerCase()))).length })
}
