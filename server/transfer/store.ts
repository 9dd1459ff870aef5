import { rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply, type Entry } from '#ledger'
import { setTimeout as sleep } from 'node:timers/promises'
import { Broken, Refused } from '#kit/errors'
import type { DataReturn, Disclosure, Transfer, TransferReceipt } from './types.ts'

const columns = sql.raw(`id, slot, controller, contract, instruction, dataset, person, purpose, source, store, places, transforms, sample, state, begun_at as "begunAt", made_at as "madeAt", expires_at as "expiresAt", erased_at as "erasedAt", tables, canary_key as "canaryKey", lead`)

/** Every governed copy there is or was, oldest first. */
export async function allTransfers(executor: Database | Transaction): Promise<Transfer[]> {
  return rows<Transfer>(executor, sql`select ${columns} from transfer order by begun_at, id`)
}

/** Every return of data, oldest first. */
export async function allReturns(executor: Database | Transaction): Promise<DataReturn[]> {
  return rows<DataReturn>(executor, sql`
    select one.id, slot, controller, contract, choice, sent_to as "to", recipient, person, instruction, formats, coalesce(without, '[]') as without, state, begun_at as "begunAt", made_at as "madeAt", manifest_sha256 as "manifestSha256", tables from data_return one left join data_return_terms terms on terms.id = one.id order by begun_at, one.id`)
}

/** Throws `Refused` where a copy is registered at one of these places. While every log stands still nobody else comes to be. */
export async function mustBeFree(executor: Database | Transaction, store: string, places: readonly string[]): Promise<void> {
  const claiming = (await allTransfers(executor)).find((one) => one.state !== 'erased' && one.store === store && places.some((place) => one.places.includes(place)))
  if (claiming !== undefined) throw new Refused('transfer/exists', `${claiming.id} is registered at the same place; erase it first (bailee transfer erase ${claiming.id}), or choose another place (--to STORE/NAME)`)
}

/** Milliseconds that a killed process's connection may outlive it. */
const aloneMillisecondsMax = 1_500

/**
 * Does `work` while no other process makes or erases this copy: what is erased while it is still being written would be recorded as gone, and come after that. The lock goes with its connection, so that a killed process
 * leaves none; `held` throws `Broken` when it went before the process did. Throws `Broken` when another process is at it.
 */
export async function aloneWith<Result>(database: Database, copy: string, work: (held: () => Promise<void>) => Promise<Result>): Promise<Result> {
  return database.connection().execute(async (connection) => {
    const key = sql`hashtextextended(${`bailee transfer ${copy}`}, 0)`
    for (const deadline = Date.now() + aloneMillisecondsMax; ;) {
      if ((await rows<{ got: boolean }>(connection, sql`select pg_try_advisory_lock(${key}) as got`))[0]?.got === true) break
      if (Date.now() > deadline) throw new Broken('transfer/at-work', `${copy} is being worked on by another process at this moment; wait for it, or stop it, and try again`)
      await sleep(aloneMillisecondsMax / 20)
    }
    const held = (): Promise<void> => rows(connection, sql`select 1`).then(() => undefined, (cause: unknown) => { throw new Broken('transfer/lost', `the control database was lost while ${copy} was made; it stays registered, and is erased in its time`, { cause }) })
    try {
      return await work(held)
    } finally {
      await rows(connection, sql`select pg_advisory_unlock(${key})`).catch(() => undefined) // lost with its connection: then the lock is gone as well
    }
  })
}

type Begun = Omit<Transfer, 'slot' | 'state' | 'begunAt' | 'madeAt' | 'erasedAt' | 'tables' | 'canaryKey'> & { readonly canaryKey?: string }

/** Every disclosure to a sub-processor, oldest first. */
export async function allDisclosures(executor: Database | Transaction): Promise<Disclosure[]> {
  return rows<Disclosure>(executor, sql`
    select id, slot, controller, contract, instruction, person, purpose, recipient, country, tool, source, columns, rows, bytes, sha256, plain_sha256 as "plainSha256", sealed_to as "sealedTo", host, state, begun_at as "begunAt", made_at as "madeAt"
    from disclosure order by begun_at, id`)
}

/** Every receipt, in the order in which they were recorded. */
export async function allReceipts(executor: Database | Transaction): Promise<TransferReceipt[]> {
  return rows<TransferReceipt>(executor, sql`select of, sha256, says, recorded_by as by, recorded_at as "recordedAt" from transfer_receipt order by recorded_at, of, number`)
}

/** Folds `transfer.begun`, `transfer.made`, `transfer.extended`, `transfer.erased`, and what is told of returns, disclosures and receipts. */
export const applyTransfer: Apply = async (tx, entry) => {
  if (entry.type === 'transfer.disclosure_begun' || entry.type === 'transfer.disclosed') return applyDisclosure(tx, entry)
  if (entry.type === 'transfer.receipted') return applyReceipt(tx, entry)
  if (entry.type === 'transfer.return_begun' || entry.type === 'transfer.returned') return applyReturn(tx, entry)
  if (entry.type === 'transfer.made') {
    const made = partOf<{ id: string; tables: Transfer['tables'] }>(entry, 'evidence')
    if (made === undefined) return
    const changed = await rows(tx, sql`update transfer set state = 'made', made_at = ${entry.at}, tables = ${JSON.stringify(made.tables)} where id = ${made.id} and state = 'begun' returning id`)
    if (changed.length === 0) throw new Refused('transfer/ended', `${made.id} was ended while it was being made`)
    return
  }
  if (entry.type === 'transfer.extended') {
    const extended = partOf<Pick<Transfer, 'id' | 'instruction' | 'purpose' | 'expiresAt'>>(entry, 'evidence')
    if (extended === undefined) return
    const { id, instruction, purpose, expiresAt } = extended
    const changed = await rows(tx, sql`update transfer set instruction = ${instruction}, purpose = ${purpose}, expires_at = ${expiresAt} where id = ${id} and state = 'made' returning id`)
    if (changed.length === 0) throw new Refused('transfer/ended', `${id} was ended meanwhile`)
    return
  }
  if (entry.type === 'transfer.erased') {
    const erased = partOf<{ id: string }>(entry, 'evidence')
    if (erased !== undefined) await rows(tx, sql`update transfer set state = 'erased', erased_at = ${entry.at} where id = ${erased.id} and state <> 'erased'`)
    return
  }
  const begun = partOf<Begun>(entry, 'evidence')
  if (begun === undefined) return
  await rows(tx, sql`
    insert into transfer (id, slot, controller, contract, instruction, dataset, person, purpose, source, store, places, transforms, sample, state, begun_at, expires_at, canary_key, lead)
    values (${begun.id}, ${entry.slot}, ${begun.controller}, ${begun.contract}, ${begun.instruction}, ${begun.dataset}, ${begun.person}, ${begun.purpose}, ${begun.source}, ${begun.store}, ${JSON.stringify(begun.places)},
      ${JSON.stringify(begun.transforms)}, ${begun.sample}, 'begun', ${entry.at}, ${begun.expiresAt}, ${begun.canaryKey ?? null}, ${begun.lead === undefined || begun.lead === null ? null : JSON.stringify(begun.lead)})
    on conflict (id) do nothing`)
}

async function applyReturn(tx: Transaction, entry: Entry): Promise<void> {
  if (entry.type === 'transfer.return_begun') {
    const begun = partOf<Pick<DataReturn, 'id' | 'controller' | 'contract' | 'choice' | 'to' | 'recipient' | 'person' | 'formats'> & { readonly instruction?: string; readonly without?: readonly string[] }>(entry, 'evidence')
    if (begun === undefined) return
    await rows(tx, sql`
      insert into data_return (id, slot, controller, contract, choice, sent_to, recipient, person, formats, state, begun_at)
      values (${begun.id}, ${entry.slot}, ${begun.controller}, ${begun.contract}, ${begun.choice}, ${begun.to}, ${begun.recipient}, ${begun.person}, ${JSON.stringify(begun.formats)}, 'begun', ${entry.at})
      on conflict (id) do nothing`)
    await rows(tx, sql`insert into data_return_terms (id, instruction, without) values (${begun.id}, ${begun.instruction ?? null}, ${JSON.stringify(begun.without ?? [])}) on conflict (id) do nothing`)
    return
  }
  const made = partOf<{ id: string; manifest_sha256: string; tables: DataReturn['tables'] }>(entry, 'evidence')
  if (made === undefined) return
  const changed = await rows(tx, sql`update data_return set state = 'made', made_at = ${entry.at}, manifest_sha256 = ${made.manifest_sha256}, tables = ${JSON.stringify(made.tables)} where id = ${made.id} and state = 'begun' returning id`)
  if (changed.length === 0) throw new Refused('transfer/returned', `${made.id} was recorded as returned already`)
}

async function applyDisclosure(tx: Transaction, entry: Entry): Promise<void> {
  if (entry.type === 'transfer.disclosed') {
    const made = partOf<{ id: string }>(entry, 'evidence')
    if (made !== undefined) await rows(tx, sql`update disclosure set state = 'made', made_at = ${entry.at} where id = ${made.id} and state = 'begun'`)
    return
  }
  const begun = partOf<Omit<Disclosure, 'slot' | 'state' | 'begunAt' | 'madeAt'>>(entry, 'evidence')
  if (begun === undefined) return
  await rows(tx, sql`
    insert into disclosure (id, slot, controller, contract, instruction, person, purpose, recipient, country, tool, source, columns, rows, bytes, sha256, plain_sha256, sealed_to, host, state, begun_at)
    values (${begun.id}, ${entry.slot}, ${begun.controller}, ${begun.contract}, ${begun.instruction}, ${begun.person}, ${begun.purpose}, ${begun.recipient}, ${begun.country}, ${begun.tool}, ${begun.source}, ${JSON.stringify(begun.columns)},
      ${begun.rows}, ${begun.bytes}, ${begun.sha256}, ${begun.plainSha256}, ${begun.sealedTo}, ${begun.host}, 'begun', ${entry.at})
    on conflict (id) do update set sha256 = excluded.sha256, bytes = excluded.bytes, host = excluded.host where disclosure.state = 'begun'`)
}

async function applyReceipt(tx: Transaction, entry: Entry): Promise<void> {
  const receipt = partOf<Omit<TransferReceipt, 'recordedAt'>>(entry, 'evidence')
  if (receipt === undefined) return
  await rows(tx, sql`
    insert into transfer_receipt (of, number, slot, sha256, says, recorded_by, recorded_at)
    select ${receipt.of}, 1 + count(*), ${entry.slot}, ${receipt.sha256}, ${receipt.says}, ${receipt.by}, ${entry.at} from transfer_receipt where of = ${receipt.of}`)
}
