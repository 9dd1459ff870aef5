/** Whether a store itself is there. Where it is not, nothing can be seen in it, and nothing is known to be gone. */
import { lstatSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, sep } from 'node:path'
import { Broken } from '#kit/errors'

/** The system's code of a failure: its text may name a file. */
export function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : 'no code'
}

/** What the machine says of its file systems; on systems that say nothing, nothing is known to be missing. */
export interface Mounts {
  /** As `/etc/fstab` has it: what is to be mounted. */
  readonly declared: string
  /** As `/proc/self/mountinfo` has it: what is. */
  readonly mounted: string
}

const unescaped = (path: string): string => path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)))

/** Where the machine declares that something is mounted, and nothing is. Pure. */
export function missingMounts({ declared, mounted }: Mounts): string[] {
  if (mounted === '') return []
  const there = new Set(mounted.split('\n').flatMap((line) => {
    const [own = '', source = ''] = line.split(' - ')
    const point = own.split(' ')[4]
    return point === undefined || source.startsWith('autofs ') ? [] : [unescaped(point)]
  }))
  const wanted = declared.split('\n').filter((line) => !/^\s*(#|$)/.test(line)).map((line) => unescaped(line.trim().split(/\s+/)[1] ?? '').replace(/(.)\/+$/, '$1'))
  return wanted.filter((point) => point.startsWith('/') && !there.has(point))
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const missingNow = (): string[] => missingMounts({ declared: textOf('/etc/fstab'), mounted: textOf('/proc/self/mountinfo') })

/** Mount points below a folder at which nothing is mounted, though the machine declares it. */
export const missingBelow = (real: string, missing: readonly string[] = missingNow()): string[] => missing.filter((point) => point.startsWith(real + sep))

/** Throws `Broken` for a path that lies where the machine declares that something is mounted, and nothing is. */
export function mustBeMounted(path: string, missing: readonly string[] = missingNow()): void {
  if (missing.some((point) => `${path}${sep}`.startsWith(point + sep))) throw new Broken('inventory/store-unreachable', 'a store, or a place of one, lies where nothing is mounted now, and /etc/fstab says that something is: mount it, and try again')
}

/** The real path of a store's folder. Throws `Broken` when it cannot be opened, or is not mounted. */
export function storeFolder(root: string): string {
  let real: string
  try {
    real = realpathSync(root)
    if (!statSync(real).isDirectory()) throw Object.assign(new Error('no folder'), { code: 'ENOTDIR' })
  } catch (cause) {
    throw new Broken('inventory/store-unreachable', `the folder of a store cannot be opened (${codeOf(cause)}): nothing in it is known to be gone. Is it mounted? Is its path right?`, { cause })
  }
  mustBeMounted(real)
  return real
}

/** Whether the file of a store is there. Throws `Broken` when its folder is not, or the file cannot be looked for. */
export function isStoreFileThere(file: string): boolean {
  storeFolder(dirname(file))
  try {
    lstatSync(file)
    return true
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return false
    throw new Broken('inventory/store-unreachable', `the file of a store cannot be looked for (${codeOf(cause)})`, { cause })
  }
}
