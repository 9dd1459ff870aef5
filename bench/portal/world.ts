/** A large office, made through the ledger's own road: a thousand controllers, and for each of them what a year leaves behind. */
import { allControllers } from '../../server/contract/index.ts'
import type { Bailee } from '../../server/composition/index.ts'
import { applyEstate, readEstate } from '../../server/estate/index.ts'
import { findingId } from '../../server/trace/index.ts'
import type { Draft, Json } from '../../server/ledger/index.ts'
import { estateOf } from '../estate.ts'

const day = 86_400
/** 5 January 2026. */
export const begun = Date.UTC(2026, 0, 5) / 1000
/** Of a hundred entries: of sweeps, and sessions, of four entries each; the rest are decisions. */
const share = { sweeps: 1, sessions: 0.5 }
/** Controllers of whom something was found. */
const foundMax = 40
const staff = 40
/** Changes that wait for one transaction at most, and entries of one. */
const [inFlight, entriesOfChange] = [200, 50]

interface About { readonly slot: number; readonly number: number }

const person = (number: number): string => `p-${number % staff}`

const decisionOf = ({ slot, number }: About, turn: number): Draft => {
  const at = begun + day + turn * 7_000
  const refused = turn % 20 === 0
  const act = { person: person(turn), controller: `c-${number}`, purpose: refused ? 'Product' : 'Marketing', operation: refused ? 'copy' : 'read', data: { [`d-${number}`]: ['email'] }, environment: 'production', identifiable: true, at, instruction: `r-${number}` }
  const decision = refused
    ? { outcome: 'refused', failing: ['purpose', 'operation'], against: [`r-${number}`] }
    : { outcome: 'allowed', under: [`r-${number}`] }
  return { slot, type: `decision.${refused ? 'refused' : 'allowed'}`, at, parts: { evidence: { act, decision } as unknown as Json } }
}

function sessionOf({ slot, number }: About, turn: number): Draft[] {
  const [id, at] = [`s-${number}-${turn}`, begun + day + turn * 500_000]
  const counts = { rows: 1_000 + turn, bytes: 97 * turn, charged: 1_000 + turn }
  const statement = { fingerprint: 'f', shape: 'select', tables: [`t${number}.person`], first_at: at, times: 3, failed: 0, rows: counts.rows, bytes: counts.bytes, milliseconds: 12, milliseconds_max: 9 }
  return [
    { slot, type: 'session.opened', at, parts: { access: { id, gateway: 'g', person: person(turn), instruction: `r-${number}`, store: 'crm', purpose: 'Marketing' } } },
    { slot, type: 'lease.taken', at, parts: { access: { session: id, rows: 5_000, bytes: 500_000 } } },
    { slot, type: 'statement.recorded', at: at + 60, parts: { access: { session: id, statements: [statement] }, statement: { session: id, texts: ['select email from person'] } } },
    { slot, type: 'session.closed', at: at + 600, parts: { access: { session: id, because: 'ended', counts } } },
  ]
}

function sweepOf({ slot, number }: About, turn: number, turns: number): Draft[] {
  const at = begun + day + Math.round((turn * 300 * day) / turns)
  const coverage = [{ store: 'crm', environment: 'production', places: 20, rows: 89_311, bytes: 9_000_000, not_read: turn % 10 === 9 ? [{ place: '*', because: 'sign-in refused' }] : [], partly_read: [] }]
  const found = number < foundMax && turn === turns >> 1 ? ['tmp.copy_a', 'tmp.copy_b'] : []
  return [
    { slot, type: 'sweep.completed', at, parts: { evidence: { sweep: `w-${number}-${turn}`, purpose: 'search', coverage, found: found.length } } },
    ...found.map((place): Draft => ({ slot, type: 'finding.opened', at, parts: { evidence: { finding: findingId({ controller: `c-${number}`, store: 'crm', place }), controller: `c-${number}`, store: 'crm', environment: 'production', place, records: 8_931, rows: 9_000, reasons: ['values of email'], detail: { reasons: ['values of email'], columns: [] } } } })),
  ]
}

/** All entries of one controller, in the order of their dates. */
function draftsOf(about: About, entries: number): Draft[] {
  const [sweeps, sessions] = [Math.max(2, Math.round((entries * share.sweeps) / 100)), Math.max(2, Math.round((entries * share.sessions) / 100))]
  const decisions = Math.max(0, entries - sweeps - sessions * 4)
  return [
    ...Array.from({ length: sweeps }, (_, turn) => sweepOf(about, turn, sweeps)), ...Array.from({ length: sessions }, (_, turn) => sessionOf(about, turn)), ...Array.from({ length: decisions }, (_, turn) => [decisionOf(about, turn)]),
  ].sort((one, other) => (one[0]?.at ?? 0) - (other[0]?.at ?? 0)).flat()
}

/** Makes them. Answers how many entries there are then. */
export async function fill({ ledger, database }: Bailee, { controllers, entries }: { readonly controllers: number; readonly entries: number }, log: (line: string) => void): Promise<number> {
  await applyEstate(ledger, readEstate(`${estateOf(controllers)}people:\n${Array.from({ length: staff }, (_, number) => `  - { id: ${person(number)}, name: Person ${number}, contact: p${number}@processor.example, role: analyst }`).join('\n')}\n`, 'bailee.yaml'), { checked: [], unchecked: [] }, begun)
  const all = (await allControllers(database)).map(({ id, slot }) => ({ slot, number: Number(id.slice(2)) }))
  const each = Math.round(entries / all.length)
  let done = 0
  const [from, queue] = [performance.now(), [...all]]
  const rate = (): number => Math.round(done / ((performance.now() - from) / 1000))
  const telling = setInterval(() => log(`${done} entries, ${rate()} a second`), 30_000)
  const worker = async (): Promise<void> => {
    for (let about = queue.shift(); about !== undefined; about = queue.shift()) {
      const drafts = draftsOf(about, each)
      for (let at = 0; at < drafts.length; at += entriesOfChange) {
        const { length } = await ledger.append(drafts.slice(at, at + entriesOfChange))
        done += length
      }
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker)).finally(() => clearInterval(telling))
  log(`${done} entries, ${rate()} a second`)
  return done
}
