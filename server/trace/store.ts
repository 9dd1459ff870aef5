import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply, type ApplyMany, type Entry } from '#ledger'
import type { Finding, FindingDetail, FingerprintRecord, SweepRecord } from './types.ts'

const fingerprintColumns = sql.raw(`id, slot, controller, dataset, key_id as "keyId", sha256, records, former, token_key as "tokenKey", state, taken_at as "takenAt", keep_until as "keepUntil"`)

/** Fingerprints that still exist. */
export async function existingFingerprints(executor: Database | Transaction): Promise<FingerprintRecord[]> {
  return rows<FingerprintRecord>(executor, sql`select ${fingerprintColumns} from fingerprint where state <> 'destroyed' order by id`)
}

/** The position of its server's log up to which nothing had changed in a table since its fingerprints were written, where a refresh found so and wrote none. */
export async function idlePosition(executor: Database | Transaction, id: string): Promise<string | undefined> {
  const [found] = await rows<{ position: string | null }>(executor, sql`select detail ->> 'idleTo' as position from fingerprint where id = ${id} and sha256 = detail ->> 'sha256'`)
  return found?.position ?? undefined
}

const findingColumns = sql.raw(`id, slot, controller, store, environment, place, records, place_rows as "rows", state, first_seen as "firstSeen", last_seen as "lastSeen", opened_at_entry as "openedAtEntry", because, detail`)

/** Every finding of every controller, open or resolved, oldest first. */
export async function allFindings(executor: Database | Transaction): Promise<Finding[]> {
  return rows<Finding>(executor, sql`select ${findingColumns} from finding order by first_seen, id`)
}

/** Newest first, at most 100. */
export async function recentSweeps(executor: Database | Transaction, slot: number): Promise<SweepRecord[]> {
  return rows<SweepRecord>(executor, sql`select slot, id, swept_at as "sweptAt", purpose, coverage from sweep where slot = ${slot} order by swept_at desc, id desc limit 100`)
}

/** When each sweep of these logs ended that is in one of them, or of all, newest first: one of several controllers is one. */
export async function sweepTimes(executor: Database | Transaction, slots: readonly number[] | undefined): Promise<{ readonly id: string; readonly at: number }[]> {
  return rows(executor, sql`select id, max(swept_at) as at from sweep where ${slots === undefined ? sql`true` : sql`slot = any(${[...slots]}::integer[])`} group by id order by at desc, id desc`)
}

/** What these logs, or all, have of these sweeps. */
export async function sweepsById(executor: Database | Transaction, ids: readonly string[], slots: readonly number[] | undefined): Promise<SweepRecord[]> {
  return rows<SweepRecord>(executor, sql`
    select slot, id, swept_at as "sweptAt", purpose, coverage from sweep where id = any(${[...ids]}::text[]) and ${slots === undefined ? sql`true` : sql`slot = any(${[...slots]}::integer[])`} order by swept_at desc, id desc, slot`)
}

/** The newest sweep of each controller. */
export async function latestSweeps(executor: Database | Transaction): Promise<SweepRecord[]> {
  return rows<SweepRecord>(executor, sql`select distinct on (slot) slot, id, swept_at as "sweptAt", purpose, coverage from sweep order by slot, swept_at desc, id desc`)
}

/** The epoch whose key makes tokens now. */
export async function currentEpoch(executor: Database | Transaction): Promise<number> {
  return (await rows<{ epoch: number }>(executor, sql`select coalesce(max(epoch), 1)::int as epoch from token_epoch`))[0]?.epoch ?? 1
}

/** Epochs before this one whose key was not destroyed yet. */
export async function epochsBefore(executor: Database | Transaction, epoch: number): Promise<number[]> {
  const found = await rows<{ epoch: number }>(executor, sql`
    select earlier.epoch from generate_series(1, ${epoch}::int - 1) as earlier (epoch)
    where not exists (select from token_epoch known where known.epoch = earlier.epoch and known.destroyed_at is not null) order by 1`)
  return found.map((row) => row.epoch)
}

/**
 * Does `work` while no other process changes fingerprints: two at once would each build on what the other replaces. Waits for the other. The lock goes with the connection, so that a
 * killed one leaves none.
 */
export async function changingFingerprints<Result>(database: Database, work: () => Promise<Result>): Promise<Result> {
  return database.connection().execute(async (connection) => {
    const key = sql`hashtextextended('bailee fingerprints', 0)`
    await rows(connection, sql`select pg_advisory_lock(${key})`)
    try {
      return await work()
    } finally {
      await rows(connection, sql`select pg_advisory_unlock(${key})`).catch(() => undefined) // lost with its connection: then the lock is gone as well
    }
  })
}

interface FingerprintEvidence { readonly id: string; readonly controller: string; readonly dataset: string; readonly keyId: string; readonly sha256: string; readonly records: number; readonly former?: number; readonly tokenKey?: string; readonly keepUntil?: number }

/** Folds `trace.*`: fingerprints were taken, changed by forgetting somebody, kept beyond the end, or destroyed; an epoch of tokens began, or its key was destroyed; or an engine was asked. */
export const applyTrace: Apply = async (tx, entry) => {
  if (entry.type === 'trace.asked') return // a search inside an engine: it changes nothing that is known
  if (entry.type === 'trace.rotated' || entry.type === 'trace.epoch_destroyed') return applyEpoch(tx, entry)
  const record = partOf<FingerprintEvidence>(entry, 'evidence')
  if (record === undefined) return
  switch (entry.type) {
    case 'trace.taken':
      await rows(tx, sql`
        insert into fingerprint (id, slot, controller, dataset, key_id, sha256, records, former, token_key, detail, state, taken_at)
        values (${record.id}, ${entry.slot}, ${record.controller}, ${record.dataset}, ${record.keyId}, ${record.sha256}, ${record.records}, ${record.former ?? 0}, ${record.tokenKey ?? 'epoch/1'}, ${JSON.stringify(record)}, 'live', ${entry.at})
        on conflict (id) do update set key_id = excluded.key_id, sha256 = excluded.sha256, records = excluded.records, former = excluded.former, token_key = excluded.token_key, detail = excluded.detail, state = 'live', taken_at = excluded.taken_at, keep_until = null`)
      return
    case 'trace.forgotten':
      await rows(tx, sql`update fingerprint set sha256 = ${record.sha256}, records = ${record.records}, former = ${record.former ?? 0} where id = ${record.id}`)
      return
    case 'trace.kept':
      await rows(tx, sql`update fingerprint set state = 'kept', key_id = ${record.keyId}, sha256 = ${record.sha256}, keep_until = ${record.keepUntil ?? null} where id = ${record.id}`)
      return
    default:
      await rows(tx, sql`update fingerprint set state = 'destroyed', keep_until = null where id = ${record.id}`)
  }
}

async function applyEpoch(tx: Transaction, entry: Entry): Promise<void> {
  const change = partOf<{ epoch: number }>(entry, 'evidence')
  if (change === undefined) return
  const destroyed = entry.type === 'trace.epoch_destroyed' ? entry.at : null
  await rows(tx, sql`
    insert into token_epoch (epoch, begun_at, destroyed_at) values (${change.epoch}, ${entry.at}, ${destroyed})
    on conflict (epoch) do update set destroyed_at = excluded.destroyed_at`)
}

/** Folds `sweep.completed`. */
export const applySweep: Apply = async (tx, entry) => {
  const sweep = partOf<{ sweep: string; purpose: string; coverage: unknown }>(entry, 'evidence')
  if (sweep === undefined) return
  await rows(tx, sql`
    insert into sweep (slot, id, swept_at, purpose, coverage) values (${entry.slot}, ${sweep.sweep}, ${entry.at}, ${sweep.purpose}, ${JSON.stringify(sweep.coverage)})`)
}

/** Folds several `sweep.completed` at once. */
export const applySweeps: ApplyMany = async (tx, entries) => {
  const sweeps = entries.flatMap((entry) => {
    const sweep = partOf<{ sweep: string; purpose: string; coverage: unknown }>(entry, 'evidence')
    return sweep === undefined ? [] : [{ slot: entry.slot, at: entry.at, ...sweep }]
  })
  await rows(tx, sql`
    insert into sweep (slot, id, swept_at, purpose, coverage)
    select * from unnest(${sweeps.map(({ slot }) => slot)}::integer[], ${sweeps.map(({ sweep }) => sweep)}::text[], ${sweeps.map(({ at }) => at)}::bigint[], ${sweeps.map(({ purpose }) => purpose)}::text[], ${sweeps.map(({ coverage }) => JSON.stringify(coverage))}::jsonb[])`)
}

/** Folds `finding.opened`, `finding.seen_again`, `finding.resolved`. */
export const applyFinding: Apply = async (tx, entry) => {
  const finding = partOf<Pick<Finding, 'controller' | 'store' | 'environment' | 'place' | 'records' | 'rows'> & { finding: string; because?: string; detail?: FindingDetail }>(entry, 'evidence')
  if (finding === undefined) return
  if (entry.type === 'finding.opened') return open(tx, entry, finding)
  if (entry.type === 'finding.seen_again') {
    await rows(tx, sql`update finding set last_seen = ${entry.at}, records = ${finding.records}, place_rows = ${finding.rows}, detail = ${JSON.stringify(finding.detail ?? {})} where id = ${finding.finding}`)
    return
  }
  await rows(tx, sql`update finding set state = 'resolved', because = ${finding.because ?? null} where id = ${finding.finding}`)
}

async function open(tx: Transaction, entry: Entry, finding: { finding: string; controller: string; store: string; environment: string; place: string; records: number; rows: number; detail?: FindingDetail }): Promise<void> {
  await rows(tx, sql`
    insert into finding (id, slot, controller, store, environment, place, records, place_rows, state, first_seen, last_seen, opened_at_entry, detail)
    values (${finding.finding}, ${entry.slot}, ${finding.controller}, ${finding.store}, ${finding.environment}, ${finding.place}, ${finding.records}, ${finding.rows}, 'open', ${entry.at}, ${entry.at}, ${entry.index}, ${JSON.stringify(finding.detail ?? {})})
    on conflict (id) do update set state = 'open', records = excluded.records, place_rows = excluded.place_rows, last_seen = excluded.last_seen,
      opened_at_entry = excluded.opened_at_entry, because = null, detail = excluded.detail`)
}
