/** Readers whose drivers are large and that many estates never need: each is loaded when the first store of its kind is opened, not with every command. */
import type * as mysql from './mysql.ts'
import type { MysqlColumn } from './mysqlName.ts'
import type * as mysqlPlaces from './mysqlPlaces.ts'
import { keepsMysqlReadings } from './mysqlReadings.ts'
import type * as mysqlTable from './mysqlTable.ts'
import type * as redis from './redis.ts'
import type * as redisKeys from './redisKeys.ts'
import type * as redisReach from './redisReach.ts'
import type * as redisTable from './redisTable.ts'
import type * as s3 from './s3.ts'
import type * as s3Client from './s3Client.ts'
import type * as s3Object from './s3Object.ts'
import type * as s3Reach from './s3Reach.ts'

/** What `mysqlPlaces.ts` lists, and throws. */
export const listMysql: typeof mysqlPlaces.listMysql = async (...given) => (await import('./mysqlPlaces.ts')).listMysql(...given)

/** What `mysqlTable.ts` reads, and throws. */
export const readMysqlTable: typeof mysqlTable.readMysqlTable = async function* (...given) {
  yield* (await import('./mysqlTable.ts')).readMysqlTable(...given)
}

/** What `mysqlTable.ts` finds of a column that is to tell what changed, and throws; undefined where it is none. */
export const mysqlWatermark = async (url: string, table: { readonly database: string; readonly name: string }, column: string): Promise<MysqlColumn | undefined> => {
  const { isMysqlWatermark, mysqlColumnsOf } = await import('./mysqlTable.ts')
  return (await mysqlColumnsOf(url, table)).find((one) => one.name === column && isMysqlWatermark(one))
}

/** What `mysql.ts` opens, and throws. */
export const openMysqlSession: typeof mysql.openMysqlSession = async (...given) => (await import('./mysql.ts')).openMysqlSession(...given)

/** What `mysql.ts` opens, and throws. */
export const openMysqlMoment: typeof mysql.openMoment = async (...given) => (await import('./mysql.ts')).openMoment(...given)

/** What `mysql.ts` ends, where this process kept any. */
export const endMysqlReadings: typeof mysql.endReadings = async (milliseconds) => { if (keepsMysqlReadings()) await (await import('./mysql.ts')).endReadings(milliseconds) }

/** What `redis.ts` lists, and throws. */
export const listRedis: typeof redis.listRedis = async (...given) => (await import('./redis.ts')).listRedis(...given)

/** What `redisKeys.ts` reads, and throws. */
export const readRedisKeys: typeof redisKeys.readRedisKeys = async function* (...given) {
  yield* (await import('./redisKeys.ts')).readRedisKeys(...given)
}

/** What `redisTable.ts` reads, and throws. */
export const readRedisTable: typeof redisTable.readRedisTable = async function* (...given) {
  yield* (await import('./redisTable.ts')).readRedisTable(...given)
}

/** What `redisKeys.ts` opens, and throws. */
export const openRedisRemover: typeof redisKeys.openRedisRemover = async (...given) => (await import('./redisKeys.ts')).openRedisRemover(...given)

/** What `redisKeys.ts` opens, and throws. */
export const openRedisServer: typeof redisKeys.openRedisServer = async (...given) => (await import('./redisKeys.ts')).openRedisServer(...given)

/** What `redisReach.ts` sees, and throws. */
export const redisTransport: typeof redisReach.redisTransport = async (...given) => (await import('./redisReach.ts')).redisTransport(...given)

/** What `s3Reach.ts` sees, and throws. */
export const bucketTransport: typeof s3Reach.bucketTransport = async (...given) => (await import('./s3Reach.ts')).bucketTransport(...given)

/** What `s3.ts` lists, and throws. */
export const listBuckets: typeof s3.listBuckets = async (...given) => (await import('./s3.ts')).listBuckets(...given)

/** What `s3Object.ts` finds, and throws. */
export const objectAt: typeof s3Object.objectAt = async (...given) => (await import('./s3Object.ts')).objectAt(...given)

/** What `s3Client.ts` makes. */
export const bucketClient = async (...given: Parameters<typeof s3Client.clientOf>): Promise<ReturnType<typeof s3Client.clientOf>> => (await import('./s3Client.ts')).clientOf(...given)

/** What `s3Client.ts` asks for, and throws. */
export const bucketMustBeThere: typeof s3Client.bucketMustBeThere = async (...given) => (await import('./s3Client.ts')).bucketMustBeThere(...given)
