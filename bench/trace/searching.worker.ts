/** A process that holds one searcher, so that its memory is the search's own: told what to read, it answers with time, memory and results. */
import { closeSync, createReadStream, openSync, statSync } from 'node:fs'
import { openSegmentFile } from '../../server/trace/fingerprint/index.ts'
import { createSearcher, sourceOfFile, type PlaceResult } from '../../server/trace/search/index.ts'
import { memoryOf } from './memory.ts'

/** Files, or parts of files, or text, one after another as one place. */
export interface Reading { readonly pieces: readonly { readonly file?: string; readonly from?: number; readonly to?: number; readonly text?: string }[] }

export interface Searched {
  readonly seconds: number
  readonly processorSeconds: number
  readonly bytes: number
  readonly rows: number
  /** Of the first dataset. */
  readonly verdict: string
  readonly records: number
  readonly found: number
  /** Megabytes held now, and at most so far. */
  readonly megabytes: number
  readonly peak: number
}

const readBytes = 1024 * 1024
const [file, threads] = process.argv.slice(2)
const opened = await openSegmentFile(file ?? '', Buffer.alloc(32, 2))
const loading = performance.now()
const searcher = await createSearcher([sourceOfFile(opened)], Buffer.alloc(16, 1), { threads: Number(threads) })
await opened.close()
process.send?.({ loadSeconds: (performance.now() - loading) / 1000, ...memoryOf(process.pid) })

async function* bytesOf({ pieces }: Reading): AsyncGenerator<Uint8Array> {
  for (const { file: path, from, to, text } of pieces) {
    if (text !== undefined) yield Buffer.from(text)
    else if (path !== undefined) yield* createReadStream(path, { highWaterMark: readBytes, ...(from === undefined ? {} : { start: from }), ...(to === undefined ? {} : { end: to - 1 }) }) as AsyncIterable<Uint8Array>
  }
}

function answer(result: PlaceResult, from: number, before: NodeJS.CpuUsage): Searched {
  const used = process.cpuUsage(before)
  const [first] = result.datasets
  return {
    seconds: (performance.now() - from) / 1000, processorSeconds: (used.user + used.system) / 1e6, bytes: result.coverage.bytes, rows: result.coverage.rows,
    verdict: first?.verdict ?? 'none', records: first?.records ?? 0, found: first?.rows ?? 0, ...memoryOf(process.pid),
  }
}

/** One plain file is handed over as a sweep hands it over. */
async function search(reading: Reading): Promise<PlaceResult> {
  const [only] = reading.pieces
  if (reading.pieces.length !== 1 || only?.file === undefined) return searcher.search(() => bytesOf(reading))
  const descriptor = openSync(only.file, 'r')
  try {
    return await searcher.search(() => bytesOf(reading), { span: { descriptor, from: only.from ?? 0, to: only.to ?? statSync(only.file).size } })
  } finally {
    closeSync(descriptor)
  }
}

process.on('message', (reading: Reading) => {
  const [from, before] = [performance.now(), process.cpuUsage()]
  void search(reading).then((result) => process.send?.(answer(result, from, before)), (cause: unknown) => { throw cause })
})
process.on('disconnect', () => process.exit(0))
