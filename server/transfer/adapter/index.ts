/** Each kind of store as one that copies are made of, and as one that they go to. */
import { bucketAccessOf, folderOf, type BucketAccess, type References, type Store } from '#inventory'
import { Broken, Misuse } from '#kit/errors'
import { urlOf } from '../context.ts'
import { filesSource, filesTarget } from './files.ts'
import type { CopyFormat } from './format.ts'
import type { CopySource, CopyTarget } from './kind.ts'
import { mysqlSource, mysqlTarget } from './mysql.ts'
import { postgresSource, postgresTarget } from './postgres.ts'
import { sqliteSource, sqliteTarget } from './sqlite.ts'

export { copyFormats, type CopyFormat } from './format.ts'
export type { CopiedColumn, CopyMoment, CopySource, CopyTarget, Relation, SourceShapes, TableShape, TargetTable } from './kind.ts'

export interface Reach {
  readonly references: References
  /** A private folder for what can be read from a file only, or written in no one direction. */
  readonly scratch?: string | undefined
}

const pathOf = (store: Store, { references }: Reach): string => {
  const path = folderOf(store, references)
  if (path === undefined) throw new Broken('transfer/no-path', `store ${store.id} declares no path`)
  return path
}

const accessOf = (store: Store, { references }: Reach, account: 'erase' | 'sweep'): BucketAccess => {
  const access = bucketAccessOf(store, references, account === 'sweep' ? 'read' : 'erase')
  if (typeof access === 'string') throw new Broken('transfer/no-access', `store ${store.id}: ${access}; a copy is read with access_key and secret_key, and written and erased with erase_access_key and erase_secret_key`)
  return access
}

const noCopies = (store: Store): Misuse => new Misuse(`store ${store.id} is of kind ${store.kind}, which copies are neither made of nor go to`)

/** Throws `Broken` when what it is reached by is not set, `Misuse` for a kind that is neither. */
export async function sourceOf(store: Store, reach: Reach): Promise<CopySource> {
  switch (store.kind) {
    case 'postgres': return postgresSource(urlOf(store, 'sweep_url', reach.references))
    case 'mysql': return mysqlSource(urlOf(store, 'sweep_url', reach.references))
    case 'sqlite': return sqliteSource(pathOf(store, reach))
    case 'files': return filesSource(pathOf(store, reach))
    case 's3': return (await import('./bucket.ts')).bucketSource(accessOf(store, reach, 'sweep'), reach.scratch)
    case 'redis': throw noCopies(store)
  }
}

/** As `sourceOf`. `format`: of files and objects; any will do to look for a copy or to erase it. */
export async function targetOf(store: Store, reach: Reach, format: CopyFormat = 'parquet'): Promise<CopyTarget> {
  const url = (account: 'erase' | 'sweep'): string => urlOf(store, `${account}_url`, reach.references)
  switch (store.kind) {
    case 'postgres': return postgresTarget(url)
    case 'mysql': return mysqlTarget(url)
    case 'sqlite': return sqliteTarget(pathOf(store, reach))
    case 'files': return filesTarget(pathOf(store, reach), format)
    case 's3': return (await import('./bucket.ts')).bucketTarget((account) => accessOf(store, reach, account), { format, scratch: reach.scratch })
    case 'redis': throw noCopies(store)
  }
}
