/** A thread that reads one sample, and answers with the rows of it that are looked at. */
import { parentPort, workerData } from 'node:worker_threads'
import { sampledEvenly, type SampleTable } from '#trace'
import { Misuse } from '#kit/errors'
import { markedRowsMax } from './attribution/marked.ts'
import { tableIn, type ReadSample, type SampleToRead } from './sampleTable.ts'

/** Cells of the rows that are looked at: what is beyond them, in rows wider than any table, is left out. */
const cellsMax = 2_000_000

const { name, bytes } = workerData as SampleToRead
parentPort!.postMessage(await tableIn(name, bytes).then(looked, refused))

function looked({ header, rows }: SampleTable): ReadSample {
  const [picked, first] = [sampledEvenly(rows), rows.slice(0, markedRowsMax)]
  const width = Math.max(1, Math.floor(cellsMax / (picked.length + first.length)))
  const narrow = (row: readonly string[]): readonly string[] => (row.length > width ? row.slice(0, width) : row)
  return { table: { header: header?.slice(0, width), rows: picked.map(narrow) }, first: first.map(narrow), count: rows.length }
}

function refused(cause: unknown): ReadSample {
  if (cause instanceof Misuse) return { misuse: cause.message }
  throw cause
}
