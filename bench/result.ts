import { statfsSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'

/** One measured thing. `must` fails the run, `goal` is aimed at; `ratio` is value over baseline, measured in the same run. */
export interface Measured {
  readonly what: string
  readonly value: number
  readonly unit: string
  readonly baseline: { readonly what: string; readonly value: number } | null
  readonly ratio: number | null
  readonly must: string
  readonly goal: string
  readonly ok: boolean
}

export interface Benchmark {
  readonly name: string
  readonly about: string
  /** Free bytes it needs; looked at before it starts. */
  readonly diskBytes: number
  /** What of it can be measured by itself; none when left out. */
  readonly parts?: readonly string[]
  /** `quick`: at a size that only shows that it works, where a benchmark has one. */
  run(log: (line: string) => void, quick?: boolean, asked?: Asked): Promise<readonly Measured[]>
}

/** What somebody asks of a benchmark. `counts`: how many of what, where it can make more or fewer; `part`: that alone, of its `parts`; `world`: a directory for what it makes to stand in and stay, where a benchmark can go on with it. */
export interface Asked { readonly counts?: Readonly<Record<string, number>>; readonly part?: string | undefined; readonly world?: string | undefined }

/** What ran it: counts only, no name. */
export const machine = (): string => `${cpus().length} cores, ${Math.round(totalmem() / 1024 ** 3)} GiB, ${process.platform} ${process.arch}, Node ${process.version}`

/** Throws when the disk cannot hold what a benchmark writes. */
export function mustFit(benchmark: Benchmark, directory: string): void {
  const { bavail, bsize } = statfsSync(directory)
  if (bavail * bsize < benchmark.diskBytes) throw new Error(`${benchmark.name} needs ${Math.round(benchmark.diskBytes / 1024 ** 2)} MiB free; there are ${Math.round((bavail * bsize) / 1024 ** 2)}`)
}

export const rounded = (value: number): number => Math.round(value * 1000) / 1000
