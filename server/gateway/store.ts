import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply } from '#ledger'
import { Refused } from '#kit/errors'
import type { SessionCounts } from './doorkeeper.ts'

/** A session as the ledger has it. `counts` are exact once it was closed; until then the leases say at most what left. */
export interface SessionRow {
  readonly id: string
  readonly slot: number
  readonly gateway: string
  readonly person: string
  readonly instruction: string
  readonly store: string
  readonly purpose: string
  readonly openedAt: number
  readonly leasedRows: number
  readonly leasedBytes: number
  readonly closedAt: number | null
  readonly because: string | null
  readonly counts: SessionCounts | null
}

const columns = sql.raw(`id, slot, gateway, person, instruction, store, purpose, opened_at as "openedAt", leased_rows as "leasedRows", leased_bytes as "leasedBytes", closed_at as "closedAt", because, counts`)

/** Sessions that one gateway opened and never closed: at its start, those that a crash left. */
export async function openSessions(executor: Database | Transaction, gateway: string): Promise<SessionRow[]> {
  return rows<SessionRow>(executor, sql`select ${columns} from session where gateway = ${gateway} and closed_at is null order by id`)
}

/** The newest sessions first, at most 1,000. */
export async function recentSessions(executor: Database | Transaction): Promise<SessionRow[]> {
  return rows<SessionRow>(executor, sql`select ${columns} from session order by opened_at desc, id limit 1000`)
}

/** Folds `session.opened` and `session.closed`. */
export const applySession: Apply = async (tx, entry) => {
  if (entry.type === 'session.opened') {
    const opened = partOf<Pick<SessionRow, 'id' | 'gateway' | 'person' | 'instruction' | 'store' | 'purpose'>>(entry, 'access')
    if (opened === undefined) return
    await rows(tx, sql`
      insert into session (id, slot, gateway, person, instruction, store, purpose, opened_at)
      values (${opened.id}, ${entry.slot}, ${opened.gateway}, ${opened.person}, ${opened.instruction}, ${opened.store}, ${opened.purpose}, ${entry.at})`)
    return
  }
  const closed = partOf<{ session: string; because: string; counts: SessionCounts }>(entry, 'access')
  if (closed === undefined) return
  const changed = await rows(tx, sql`
    update session set closed_at = ${entry.at}, because = ${closed.because}, counts = ${JSON.stringify(closed.counts)}
    where id = ${closed.session} and closed_at is null returning id`)
  if (changed.length !== 1) throw new Refused('session/closed', `session ${closed.session} is not open`)
}

/** Folds `lease.taken`. */
export const applyLease: Apply = async (tx, entry) => {
  const lease = partOf<{ session: string; rows: number; bytes: number }>(entry, 'access')
  if (lease === undefined) return
  const changed = await rows(tx, sql`
    update session set leased_rows = leased_rows + ${lease.rows}, leased_bytes = leased_bytes + ${lease.bytes}
    where id = ${lease.session} and closed_at is null returning id`)
  if (changed.length !== 1) throw new Refused('session/closed', `session ${lease.session} is not open`)
}
