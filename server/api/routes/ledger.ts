import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { allControllers } from '#contract'
import { entryAt, headsOf, leafAt, newestEntries, newestSnapshots, rootOrigin, showWitnesses, type Entry, type Json } from '#ledger'
import { pageQuery, readCursor, writeCursor } from '../listing.ts'
import { Unanswered } from '../problem.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { checkpointListing, entryListing, entryPage, type entryItem } from '../schemas/ledger.ts'
import { idParams } from '../schemas/shared.ts'
import { nameOf, shownInstant } from '../shown.ts'

/** Entries that one page is looked for among, where one type is asked for: of a long log no page takes longer than this, and what is further back comes with the next. */
const lookedMax = 250_000

const filters = pageQuery.extend({ controller: z.string().max(200).optional().describe('of its log; of the common log when left out'), type: z.string().regex(/^[a-z_]{1,40}[.][a-z_]{1,60}$/).optional() })

/** `/ledger/entries` and `/ledger/checkpoints`. */
export function addLedger(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /ledger/entries', {
    summary: 'What is recorded in one log, newest first: types, times and ids, no contents', query: filters, answer: entryListing,
    handle: async ({ query: { controller: wanted, type, cursor, limit }, log, at, past, principal, bailee: { database } }) => {
      const own = principal.controller?.id
      const id = wanted ?? own
      const controller = id === undefined ? undefined : mustBeThere((await allControllers(database)).find((one) => one.id === id && (own === undefined || one.id === own)), 'controller')
      const slot = controller?.slot ?? 0
      const { size, fixed } = await headsOf(log, slot)
      const before = cursor === undefined ? size : Math.min(size, indexIn(cursor))
      const from = type === undefined ? 0 : Math.max(0, before - lookedMax)
      const entries = await newestEntries(log, { slot, limit: limit + 1, from, before, ...(past ? { until: at } : {}), types: type === undefined ? undefined : [type] })
      const next = entries.length > limit ? entries[limit - 1]!.index : from
      return {
        items: entries.slice(0, limit).map((entry) => shownEntry(entry, controller === undefined ? null : nameOf(controller))), next: next === 0 ? null : writeCursor(String(next)), total: size,
        log: { origin: `${log.origin}/${slot}`, size, fixed: fixed ?? null },
      }
    },
  })
  addReading(app, context, 'GET /ledger/entries/:id', {
    summary: 'One entry with the bytes that are in the tree: what anybody can hash again', params: idParams, answer: entryPage,
    handle: async ({ params: { id }, log, at, past, principal, bailee: { database } }) => {
      const [slot, index] = /^\d{1,9}-\d{1,15}$/.test(id) ? id.split('-').map(Number) as [number, number] : [-1, -1]
      const controller = (await allControllers(database)).find((one) => one.slot === slot)
      const mine = principal.controller === null || principal.controller.slot === slot
      const [entry, row] = mine && slot >= 0 && (slot === 0 || controller !== undefined) ? [await entryAt(log, slot, index), await leafAt(log, slot, index)] : []
      const found = mustBeThere(entry === undefined || (past && entry.at > at) ? undefined : entry, 'entry')
      const { body, leaf } = mustBeThere(row, 'entry')
      return { ...shownEntry(found, controller === undefined ? null : nameOf(controller)), raw: new TextDecoder().decode(body), leaf: Buffer.from(leaf).toString('hex'), bytes: body.length }
    },
  })
  addReading(app, context, 'GET /ledger/checkpoints', {
    summary: 'Moments at which the heads of all logs were fixed, and who else saw them', query: pageQuery, answer: checkpointListing,
    handle: async ({ query: { cursor, limit }, log, at, past }) => {
      const found = await newestSnapshots(log, { limit: limit + 1, before: cursor === undefined ? undefined : indexIn(cursor), ...(past ? { until: at } : {}) })
      const last = found.length > limit ? found[limit - 1] : undefined
      const { policy, witnesses } = await showWitnesses(log.database)
      const newest = (await newestSnapshots(log, { limit: 1 }))[0]
      return {
        items: found.slice(0, limit).map(({ snapshot, at: when, slots }) => ({ snapshot, at: shownInstant(when) ?? '', logs: slots })), next: last === undefined ? null : writeCursor(String(last.snapshot)), total: newest === undefined ? 0 : newest.snapshot + 1, origin: rootOrigin(log),
        witnesses: {
          quorum: policy.quorum, standing: policy.witnesses.length === 0 ? 'declared' as const : witnesses.every(({ contact }) => contact?.size === (newest?.snapshot ?? -1) + 1) ? 'verified' as const : 'pending' as const,
          list: witnesses.map(({ name, url, contact }) => ({ name, url, size: contact?.size ?? null, triedAt: shownInstant(contact?.triedAt), because: contact?.because ?? null })),
        },
      }
    },
  })
}

function indexIn(cursor: string): number {
  const text = readCursor(cursor)
  if (!/^\d{1,15}$/.test(text)) throw new Unanswered(400, 'request/cursor', 'that cursor is not of this listing; begin again without it')
  return Number(text)
}

/** An entry without its contents: they may name people. */
function shownEntry({ slot, index, at, type, parts }: Entry, controller: { id: string; name: string } | null): z.output<typeof entryItem> {
  const noun = type.split('.', 1)[0] ?? ''
  const read = Object.entries(parts).map(([name, part]) => ({ name, part: typeof part === 'symbol' ? undefined : part }))
  return {
    id: `${slot}-${index}`, index, log: String(slot), controller, at: shownInstant(at) ?? '', type, noun,
    about: read.flatMap(({ name, part }) => (name === 'people' || part === undefined ? [] : idIn(part, noun)))[0] ?? null, parts: read.map(({ name, part }) => ({ class: name, readable: part !== undefined })),
  }
}

/** The id that an entry's part names first: under the noun itself, or `id`. */
function idIn(part: Json, noun: string): string[] {
  if (part === null || typeof part !== 'object' || Array.isArray(part)) return []
  const named = (part as Readonly<Record<string, Json>>)[noun] ?? (part as Readonly<Record<string, Json>>)['id']
  return typeof named === 'string' ? [named.slice(0, 200)] : []
}
