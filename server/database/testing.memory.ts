import { readFileSync, statfsSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'

/** Open to every user, as the directory of temporary files is. */
export const memory = '/dev/shm'

/** For servers whose files are looked at: which pages they write when, and how, is another matter in memory. */
export const onDisk = (): string => (tmpdir() === memory ? '/tmp' : tmpdir())

/** What the servers and files of a whole run came to at most, twice. */
const bytesMin = 6 * 2 ** 30

/**
 * Where tests keep their servers and files when the machine has a file system in memory with room enough, from which programs may be started too:
 * a database is a few hundred files, and making one takes 15 ms there instead of 200 to 400. Undefined elsewhere.
 */
export function memoryDirectory(): string | undefined {
  try {
    const mounted = readFileSync('/proc/mounts', 'utf8').split('\n').map((line) => line.split(' ')).findLast(([, where]) => where === memory)
    const options = mounted?.[3]?.split(',') ?? []
    if (mounted?.[2] !== 'tmpfs' || !options.includes('rw') || options.includes('noexec')) return undefined
    const { bavail, bsize } = statfsSync(memory)
    return Math.min(bavail * bsize, freemem()) >= bytesMin ? memory : undefined
  } catch {
    return undefined // no Linux, or nothing that may be read
  }
}
