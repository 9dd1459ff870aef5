/** Whether what stands under the name of a copy is that copy, by what only the copy bears: marks of its tokens, its invented records. */
import { allDerived, parsePart, type DatasetTable, type Store } from '#inventory'
import { Broken, Refused } from '#kit/errors'
import { sourceOf } from './adapter/index.ts'
import { inventedTeller } from './canary/leak.ts'
import type { TransferContext } from './context.ts'
import type { Transfer } from './types.ts'

/** Of each table so much is read at most: marks are in every row. */
const readMax = 64 * 1024 * 1024

/**
 * All tables of the copy have the columns with which they were registered, and values of one at least name this copy. False where that cannot be told: it bears nothing, its key is gone, or it cannot be read.
 */
export async function standsAsMade(context: TransferContext, { id, places }: Pick<Transfer, 'id' | 'places'>, { store, standing }: { readonly store: Store; readonly standing: readonly string[] }): Promise<boolean> {
  const teller = await inventedTeller(context.ledger)
  if (standing.length < places.length || !teller.copies.some((copy) => copy.id === id)) return false
  const registered = new Map((await allDerived(context.ledger.database)).filter((one) => one.store === store.id && one.droppedAt === null).map(({ place, columns }) => [place, columns]))
  try {
    const moment = await (await sourceOf(store, context)).open()
    try {
      let named = false
      for (const place of standing) {
        const reader = teller.begin()
        const table: DatasetTable = { table: store.kind === 'sqlite' ? parsePart(place).name : place, subject: '', columns: {} }
        let bytes = 0
        for await (const part of moment.read(table, registered.get(place) ?? [])) {
          reader.feed(part)
          bytes += part.length
          if (bytes > readMax) break
        }
        const { codes, copies } = reader.end()
        if (teller.sum(copies, codes).some((told) => told.copy === id && told.named)) named = true
      }
      return named
    } finally {
      await moment.close()
    }
  } catch (cause) {
    if (cause instanceof Broken || cause instanceof Refused) return false
    throw cause
  }
}
