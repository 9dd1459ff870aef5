/** A thread that opens segments and does what is asked of them, one task at a time. */
import { parentPort } from 'node:worker_threads'
import { openSegmentFile } from '../fingerprint/index.ts'
import { answer, type Task } from './hands.ts'

parentPort?.on('message', (task: Task) => {
  void answer(task, ({ file, sealKey }) => openSegmentFile(file, sealKey)).then((said) => parentPort?.postMessage(said), (cause: unknown) => { throw cause })
})
