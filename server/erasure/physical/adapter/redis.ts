/** The physical check of a Redis server: its snapshot (RDB) and its append-only file, each written anew. */
import { setTimeout as sleep } from 'node:timers/promises'
import { csvFields, openRedisServer, readRedisKeys, type RedisServer } from '#inventory'
import type { Cleared, Clearing, Drawn, Engine, Patience } from '../engine.ts'
import { needleBytesMax, needleBytesMin } from '../needles.ts'
import { listIdentities } from '../search.ts'
import type { Hindrance, KindRule } from '../types.ts'

export interface RedisFiles extends Patience { readonly url: string; readonly dataDirectory: string }

const [snapshot, log, leftover, bookkeeping] = ['snapshot', 'append-only file', 'file left over', 'bookkeeping']
const rules: readonly KindRule[] = [...[snapshot, log, leftover].map((kind) => ({ kind, holdsValues: true })), { kind: bookkeeping, holdsValues: false }]

/** Seconds that writing a file anew may take: some hundred gigabytes. */
const writingSecondsMax = 3_600
const lookEveryMilliseconds = 100

interface Names { readonly snapshot: string; readonly folder: string; readonly log: string }

/** Opens the server of a store. Throws `Broken` when it cannot be opened, or does not let itself be asked for its settings. */
export async function openRedisFiles({ url, dataDirectory }: RedisFiles): Promise<Engine> {
  const server = await openRedisServer(url)
  let planted: string | undefined
  const setting = async (name: string): Promise<string> => (await server.ask('CONFIG', 'GET', name)).split('\n')[1] ?? ''
  try {
    const names: Names = { snapshot: await setting('dbfilename'), folder: await setting('appenddirname'), log: await setting('appendfilename') }
    const isLog = (path: string): boolean => (names.folder !== '' && path.startsWith(`${names.folder}/`)) || path === names.log
    const kindOf = (path: string): string => (path === names.snapshot ? snapshot : isLog(path) ? (path.endsWith('.manifest') ? bookkeeping : log) : leftover)
    const wanted = (path: string): boolean => path === names.folder || path === names.snapshot || isLog(path) || /^temp-.*[.](rdb|aof)$/.test(path)
    const files = () => listIdentities(dataDirectory, kindOf, wanted)
    return {
      directory: dataDirectory, rules, shared: new Set([snapshot, log, leftover]), files, holding: files, flush: () => Promise.resolve(),
      draw: (place, most) => draw(url, place, most), clear: (clearing) => { planted = clearing.control; return clear(server, { ...clearing, setting, dataDirectory, there: (kind) => files().then((all) => all.some((one) => one.kind === kind)) }) },
      plant: () => Promise.resolve([]), // before the files were written anew
      uproot: async () => { if (planted !== undefined) await server.ask('DEL', planted) },
      restore: async (statements) => { for (const statement of statements) await server.ask(...statement.split(' ')) },
      close: () => { server.close(); return Promise.resolve() },
    }
  } catch (cause) {
    server.close()
    throw cause
  }
}

async function draw(url: string, place: string, most: number): Promise<Drawn> {
  const values = new Set<string>()
  const rows = readRedisKeys(url, Number(/^db(\d+)$/.exec(place)?.[1] ?? 0), { keys: [], others: new Map() })
  for await (const row of csvFields(rows)) {
    for (const value of row) if (value !== null && Buffer.byteLength(value) >= needleBytesMin && Buffer.byteLength(value) <= needleBytesMax && !value.includes('\ufffd')) values.add(value)
    if (values.size >= most) break
  }
  return { values: [...values].slice(0, most), blind: [] }
}

interface ClearingHere extends Clearing { readonly dataDirectory: string; setting(name: string): Promise<string>; there(kind: string): Promise<boolean> }

/** Writes both files anew, uncompressed meanwhile: a search sees nothing in what is compressed. The setting is put back. */
async function clear(server: RedisServer, { control, undo, there, setting, dataDirectory }: ClearingHere): Promise<Cleared> {
  const [hindrances, done]: [Hindrance[], string[]] = [[], []]
  const replicas = Number(await server.info('connected_slaves') ?? 0)
  if (replicas > 0) hindrances.push({ place: 'replicas', because: `${replicas} replicas keep files of their own, which were not examined` })
  const compressed = await setting('rdbcompression')
  await undo.note([`CONFIG SET rdbcompression ${compressed}`, ...(control === undefined ? [] : [`DEL ${control}`])])
  if (control !== undefined) await server.ask('SET', control, control)
  await server.ask('CONFIG', 'SET', 'rdbcompression', 'no')
  try {
    if (await setting('appendonly') === 'yes') hindrances.push(...await written(server, done, { command: 'BGREWRITEAOF', what: log, under: ['aof_rewrite_scheduled', 'aof_rewrite_in_progress'], status: 'aof_last_bgrewrite_status' }))
    if (await setting('save') !== '' || await there(snapshot)) hindrances.push(...await written(server, done, { command: 'BGSAVE', what: snapshot, under: ['rdb_bgsave_in_progress'], status: 'rdb_last_bgsave_status' }))
    if (!await there(snapshot) && !await there(log) && (done.length > 0 || await setting('dir') !== dataDirectory)) hindrances.push({ place: 'data_directory', because: 'no file of this server is in it: it is another directory than the server writes to' })
    if (await there(leftover)) hindrances.push({ place: leftover, because: 'a file of a write that was cut off is still there (temp-…): remove it when no write is under way' })
  } finally {
    await server.ask('CONFIG', 'SET', 'rdbcompression', compressed)
  }
  return { done, hindrances, offered: [], rewritten: [] }
}

interface Writing { readonly command: string; readonly what: string; readonly under: readonly string[]; readonly status: string }

/** Asks for a file to be written anew, after one that is under way already: that may have begun before rows were erased. */
async function written(server: RedisServer, done: string[], { command, what, under, status }: Writing): Promise<Hindrance[]> {
  const idle = async (): Promise<boolean> => {
    for (let waited = 0; waited < writingSecondsMax * 1000; waited += lookEveryMilliseconds) {
      const busy = await Promise.all([...new Set([...under, 'rdb_bgsave_in_progress', 'aof_rewrite_in_progress'])].map((field) => server.info(field)))
      if (busy.every((value) => value === undefined || value === '0')) return true
      await sleep(lookEveryMilliseconds)
    }
    return false
  }
  if (!await idle()) return [{ place: what, because: 'another write of it did not end' }]
  await server.ask(command)
  if (!await idle()) return [{ place: what, because: 'it was not written anew within an hour' }]
  if (await server.info(status) !== 'ok') return [{ place: what, because: 'it could not be written anew; the log of the server says why' }]
  await sleep(lookEveryMilliseconds) // what it replaced is unlinked behind it
  done.push(`${what} written anew (${command})`)
  return []
}
