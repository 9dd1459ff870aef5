/** Readers whose drivers are large and that many estates never need: each is loaded when the first store of its kind is opened, not with every command. */
import type * as mysql from './mysql.ts'
import type * as mysqlPlaces from './mysqlPlaces.ts'
import type * as redis from './redis.ts'
import type * as s3 from './s3.ts'

/** What `mysqlPlaces.ts` lists, and throws. */
export const listMysql: typeof mysqlPlaces.listMysql = async (...given) => (await import('./mysqlPlaces.ts')).listMysql(...given)

/** What `mysql.ts` reads, and throws. */
export const readMysqlTable: typeof mysql.readMysqlTable = async function* (...given) {
  yield* (await import('./mysql.ts')).readMysqlTable(...given)
}

/** What `mysql.ts` opens, and throws. */
export const openMysqlSession: typeof mysql.openMysqlSession = async (...given) => (await import('./mysql.ts')).openMysqlSession(...given)

/** What `mysql.ts` opens, and throws. */
export const openMysqlMoment: typeof mysql.openMoment = async (...given) => (await import('./mysql.ts')).openMoment(...given)

/** What `redis.ts` lists, and throws. */
export const listRedis: typeof redis.listRedis = async (...given) => (await import('./redis.ts')).listRedis(...given)

/** What `s3.ts` lists, and throws. */
export const listBuckets: typeof s3.listBuckets = async (...given) => (await import('./s3.ts')).listBuckets(...given)

/** What `s3.ts` finds, and throws. */
export const objectAt: typeof s3.objectAt = async (...given) => (await import('./s3.ts')).objectAt(...given)

/** What `s3.ts` makes. */
export const bucketClient = async (...given: Parameters<typeof s3.clientOf>): Promise<ReturnType<typeof s3.clientOf>> => (await import('./s3.ts')).clientOf(...given)

/** What `s3.ts` asks for, and throws. */
export const bucketMustBeThere: typeof s3.bucketMustBeThere = async (...given) => (await import('./s3.ts')).bucketMustBeThere(...given)
