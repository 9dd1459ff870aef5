/** Provisioning of a client database, by URL. */
import { parseAddress } from './address.ts'
import { harden as hardenDatabase, hardening } from './compile/index.ts'
import { Administration } from './compile/store.ts'

export interface Hardened {
  /** Statements that were run and took effect. */
  readonly done: readonly string[]
  /** Statements that somebody with more rights has to run; until then no instruction opens there. */
  readonly refused: readonly string[]
}

/**
 * Takes back from PUBLIC, in the one database that `url` names, what a stock PostgreSQL gives to every role; safe to run again. As a superuser nothing is
 * refused. Makes the group `bailee_session` when it is missing: after running it as another role than that of `gateway_url`, also
 * `GRANT bailee_session TO <that role> WITH ADMIN OPTION`. @throws Misuse for a URL that cannot be read, Broken when it cannot be reached.
 */
export async function harden(url: string): Promise<Hardened> {
  const database = new Administration(parseAddress(url))
  try {
    return await hardenDatabase(database)
  } finally {
    await database.end()
  }
}

/** The statements that `harden` would run in the database that `url` names, and runs none of them. @throws as `harden`. */
export async function hardeningStatements(url: string): Promise<readonly string[]> {
  const database = new Administration(parseAddress(url))
  try {
    return await hardening(database)
  } finally {
    await database.end()
  }
}
