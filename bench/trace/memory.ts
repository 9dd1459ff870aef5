import { readFileSync } from 'node:fs'

/** Megabytes (10 ** 6) that a process holds, and the most it held; zero where the system has no /proc. */
export function memoryOf(process: number): { readonly megabytes: number; readonly peak: number } {
  try {
    const status = readFileSync(`/proc/${process}/status`, 'utf8')
    const of = (name: string): number => Math.round((Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024) / 1e6)
    return { megabytes: of('VmRSS'), peak: of('VmHWM') }
  } catch {
    return { megabytes: 0, peak: 0 }
  }
}
