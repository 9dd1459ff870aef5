import { first, rows, sql, type Database } from '#database'
import type { Instant } from '#kit/time'

/** Seconds that an answer is kept for whoever asks again. */
const keptSeconds = 86_400

export interface Asking { readonly account: string; readonly key: string; readonly route: string; readonly sha256: string }

/** What became of a request that was sent before under the same key; `answer` null: it is being worked on, or it broke. */
export interface Before { readonly route: string; readonly sha256: string; readonly status: number; readonly answer: unknown }

/** Takes a key for a request. Undefined: it was free; else what it was taken for. Forgets those whose day is over. */
export async function takeKey(database: Database, { account, key, route, sha256 }: Asking, at: Instant): Promise<Before | undefined> {
  await rows(database, sql`delete from api_answer where at < ${at - keptSeconds}`)
  const taken = await rows(database, sql`insert into api_answer (account, key, route, asked_sha256, at) values (${account}, ${key}, ${route}, ${sha256}, ${at}) on conflict do nothing returning key`)
  return taken.length === 1 ? undefined : first<Before>(database, sql`select route, asked_sha256 as sha256, status, answer from api_answer where account = ${account} and key = ${key}`)
}

/** Keeps what was answered. */
export async function keepAnswer(database: Database, { account, key }: Asking, { status, answer }: { readonly status: number; readonly answer: unknown }): Promise<void> {
  await rows(database, sql`update api_answer set status = ${status}, answer = ${JSON.stringify(answer)} where account = ${account} and key = ${key}`)
}

/** Gives a key back: nothing was done. */
export async function giveKey(database: Database, { account, key }: Asking): Promise<void> {
  await rows(database, sql`delete from api_answer where account = ${account} and key = ${key} and answer is null`)
}

export interface LogSize { readonly slot: number; readonly size: number }

/** How long every log is. */
export function logSizes(database: Database): Promise<LogSize[]> {
  return rows<LogSize>(database, sql`select slot, size from head`)
}

/** The nouns of a log's entries from one index on. */
export async function nounsFrom(database: Database, slot: number, from: number): Promise<string[]> {
  return (await rows<{ noun: string }>(database, sql`select distinct split_part(entry_type(body), '.', 1) as noun from entry where slot = ${slot} and idx >= ${from}`)).map(({ noun }) => noun)
}
