import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allControllers } from '#contract'
import { allPeople } from '#people'
import { allDisclosures, allReceipts, allReturns, allTransfers, type DataReturn, type Disclosure, type Transfer } from '#transfer'
import { pageOf, pageQuery } from '../listing.ts'
import { reachOf } from '../reach.ts'
import type { Reading } from '../reading.ts'
import { addReading, type RouteContext } from '../route.ts'
import { transferListing, type transferItem } from '../schemas/activity.ts'
import { controllersById, minded, nameOf, shownInstant } from '../shown.ts'

type Item = z.output<typeof transferItem>
type Named = (id: string) => { id: string; name: string }

const filters = pageQuery.extend({ controller: z.string().max(200).optional(), kind: z.enum(['copy', 'disclosure', 'return']).optional() })

/** `/transfers`. */
export function addTransfers(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /transfers', {
    summary: 'Governed copies, disclosures and returns, newest first', query: filters, answer: transferListing,
    handle: async (asked) => {
      const { controller, kind } = asked.query
      return pageOf((await transfersOf(asked)).filter((one) => (controller === undefined || one.controller.id === controller) && (kind === undefined || one.kind === kind)), ({ id }) => id, asked.query)
    },
  })
}

async function transfersOf(reading: Reading): Promise<Item[]> {
  const { bailee: { database }, principal, at } = reading
  const reach = await reachOf(reading)
  const people = new Map((await allPeople(database)).map((person) => [person.id, nameOf(person)]))
  const [named, personOf]: [Named, Named] = [controllersById(await allControllers(database)), (id) => people.get(id) ?? { id, name: id }]
  const receipts = Map.groupBy(await allReceipts(database), ({ of }) => of)
  const said = (id: string): Item['receipts'] => (receipts.get(id) ?? []).map(({ says, by, recordedAt }) => ({ says, by, at: shownInstant(recordedAt) ?? '' }))
  const mine = <One extends { readonly slot: number; readonly instruction: string | null }>(items: readonly One[]): One[] => minded(principal, items).filter(({ instruction }) => reach === undefined || (instruction !== null && reach.instructions.has(instruction)))
  return [
    ...mine(await allTransfers(database)).map((one): Item => ({ ...ofCopy(one, at), controller: named(one.controller), person: personOf(one.person), receipts: said(one.id) })),
    ...mine(await allDisclosures(database)).map((one): Item => ({ ...ofDisclosure(one), controller: named(one.controller), person: personOf(one.person), receipts: said(one.id) })),
    ...mine(await allReturns(database)).map((one): Item => ({ ...ofReturn(one), controller: named(one.controller), person: personOf(one.person), receipts: said(one.id) })),
  ].sort((one, other) => (one.begunAt > other.begunAt ? -1 : one.begunAt < other.begunAt ? 1 : one.id < other.id ? -1 : 1))
}

type Own = Omit<Item, 'controller' | 'person' | 'receipts'>

function ofCopy(one: Transfer, at: number): Own {
  const overdue = one.state !== 'erased' && one.expiresAt !== null && one.expiresAt <= at
  const labels = (one.tables ?? []).flatMap(({ label }) => (label === undefined ? [] : [label]))
  return {
    id: one.id, kind: 'copy', instruction: one.instruction, purpose: one.purpose, from: one.source, to: one.store, country: null, places: [...one.places], state: one.state, standing: overdue ? 'invalid' : one.state === 'begun' ? 'pending' : 'verified',
    rows: one.tables?.reduce((sum, { rows }) => sum + rows, 0) ?? null, bytes: null, begunAt: shownInstant(one.begunAt) ?? '', madeAt: shownInstant(one.madeAt), until: shownInstant(one.expiresAt), erasedAt: shownInstant(one.erasedAt), overdue,
    // A copy is what its weakest table is.
    label: labels.length === 0 ? null : labels.includes('pseudonymised') ? 'pseudonymised' : 'passes three tests',
  }
}

function ofDisclosure(one: Disclosure): Own {
  return {
    id: one.id, kind: 'disclosure', instruction: one.instruction, purpose: one.purpose, from: one.source, to: one.recipient, country: one.country, places: [], state: one.state, standing: one.state === 'begun' ? 'pending' : 'declared', rows: one.rows, bytes: one.bytes,
    begunAt: shownInstant(one.begunAt) ?? '', madeAt: shownInstant(one.madeAt), until: null, erasedAt: null, overdue: false, label: null,
  }
}

function ofReturn(one: DataReturn): Own {
  return {
    id: one.id, kind: 'return', instruction: one.instruction, purpose: null, from: one.contract, to: one.to, country: null, places: [], state: one.state, standing: one.state === 'begun' ? 'pending' : 'declared',
    rows: one.tables?.reduce((sum, { rows }) => sum + rows, 0) ?? null, bytes: one.tables?.reduce((sum, { files }) => sum + files.reduce((all, { bytes }) => all + bytes, 0), 0) ?? null,
    begunAt: shownInstant(one.begunAt) ?? '', madeAt: shownInstant(one.madeAt), until: null, erasedAt: null, overdue: false, label: null,
  }
}
