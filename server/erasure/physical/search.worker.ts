/** One thread of a search of files: reads the ranges that it is given, one after another. */
import { parentPort, workerData } from 'node:worker_threads'
import { Broken } from '#kit/errors'
import { createRangeSearch, type ThreadAnswer } from './search.ts'

const { directory, wanted } = workerData as { readonly directory: string; readonly wanted: readonly Uint8Array[] }
const search = createRangeSearch(directory, wanted)

parentPort?.on('message', (range: Parameters<typeof search>[0]) => {
  search(range).then((found): ThreadAnswer => found, (cause: unknown): ThreadAnswer => (cause instanceof Broken ? { code: cause.code, because: cause.message } : { code: 'erasure/file-unread', because: `a file of a data directory cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})` }))
    .then((answer) => parentPort?.postMessage(answer), () => undefined)
})
