/** Which stores' files can be reached, and by what. */
import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { folderOf, resolveReference, type References, type Store } from '#inventory'
import { Broken } from '#kit/errors'
import { openMysqlFiles } from './adapter/mysql.ts'
import { openPostgresFiles } from './adapter/postgres.ts'
import { openRedisFiles } from './adapter/redis.ts'
import { openSqliteFile } from './adapter/sqlite.ts'
import type { Engine } from './engine.ts'

/** Milliseconds to wait for whoever keeps an older state of a store. */
const waitMilliseconds = 5_000

/** Why a store's files are not looked at; undefined: they can be. */
export function notReached(store: Store): string | undefined {
  switch (store.kind) {
    case 'postgres': case 'mysql': case 'redis': return store.declared['data_directory'] === undefined ? 'no data_directory is declared: its files, and its log, were not examined' : undefined
    case 'files': return 'its files were unlinked and their directories synced; blocks of the disk were not examined'
    case 'sqlite': return undefined
    case 's3': return 'what lies below a bucket cannot be reached'
  }
}

/** The folder that a server's files lie in; several databases, declared as stores of their own, may have the same one. Undefined where a store has files of its own, or none that can be reached. */
export function filesAt(store: Store, references: References): string | undefined {
  const declared = store.declared['data_directory']
  if (declared === undefined || notReached(store) !== undefined) return undefined
  const path = resolve(references.directory, String(declared))
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Opens what `notReached` says can be. Throws `Broken` when it cannot be after all. */
export async function openEngine(store: Store, references: References, patience = waitMilliseconds): Promise<Engine> {
  if (store.kind === 'sqlite') {
    const file = folderOf(store, references)
    if (file === undefined) throw new Broken('erasure/no-path', `store ${store.id} declares no path any more`)
    return openSqliteFile({ file, waitMilliseconds: patience })
  }
  const url = urlOf(store, references)
  const dataDirectory = resolve(references.directory, String(store.declared['data_directory']))
  if (store.kind === 'redis') return openRedisFiles({ url: url ?? '', dataDirectory, waitMilliseconds: patience })
  if (store.kind === 'mysql') return openMysqlFiles({ url: url ?? '', dataDirectory, waitMilliseconds: patience })
  return openPostgresFiles({ url: url ?? '', dataDirectory, waitMilliseconds: patience, archiveExpires: typeof store.declared['backups'] === 'object' })
}

/** The account that may rewrite statistics and move the log on; where none is declared, the one that erases. */
function urlOf(store: Store, references: References): string | undefined {
  const reference = store.declared.maintenance_url ?? store.declared.erase_url
  return reference === undefined ? undefined : resolveReference(reference, references)
}
