/**
 * Instances of DuckDB, which take far longer to start than a small file takes to read: one is kept for the next file, for as long as files come. A file that makes
 * one fail may have spoiled it for all others, so that it is not used again.
 */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'

export interface InstanceOptions {
  readonly threads: number
  readonly memoryBytes: number
  /** Where what does not fit into memory may be written; nowhere when empty. */
  readonly scratch: string
}

interface Kept { readonly key: string; readonly instance: DuckDBInstance; used: number; leases: number; spoiled: boolean; timer: NodeJS.Timeout | undefined }

// Longer than any pause between two files of one sweep. Milliseconds.
const idleMax = 1_000
// Files of one instance: whatever it should gather in doing so stays small.
const usesMax = 1_000

const kept = new Map<string, Promise<Kept>>()

export interface Lease {
  readonly connection: DuckDBConnection
  /** The instance is not used for any other file. */
  spoil(): void
  /** Safe to call once. */
  end(): void
}

/** A connection of its own to an instance that others may use as well; `end` it. */
export async function lease(options: InstanceOptions): Promise<Lease> {
  const key = JSON.stringify(options)
  const starting = kept.get(key) ?? start(key, options)
  kept.set(key, starting)
  const one = await starting.catch((cause: unknown) => {
    kept.delete(key)
    throw cause
  })
  clearTimeout(one.timer)
  one.leases += 1
  one.used += 1
  if (one.used >= usesMax) retire(one)
  const connection = await one.instance.connect()
  return {
    connection,
    spoil: () => retire(one),
    end: () => {
      connection.closeSync()
      one.leases -= 1
      if (one.leases > 0) return
      if (one.spoiled) one.instance.closeSync()
      else one.timer = setTimeout(() => { retire(one); one.instance.closeSync() }, idleMax).unref()
    },
  }
}

/** Gives the next file another one. */
function retire(one: Kept): void {
  if (!one.spoiled) kept.delete(one.key)
  one.spoiled = true
}

async function start(key: string, { threads, memoryBytes, scratch }: InstanceOptions): Promise<Kept> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(threads), memory_limit: `${memoryBytes / 1024 ** 2}MiB`, temp_directory: scratch, preserve_insertion_order: 'false', enable_external_file_cache: 'false',
    autoinstall_known_extensions: 'false', autoload_known_extensions: 'false', allow_community_extensions: 'false', lock_configuration: 'true',
  })
  return { key, instance, used: 0, leases: 0, spoiled: false, timer: undefined }
}
