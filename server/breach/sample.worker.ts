/** A thread that reads one sample, and answers with the rows of it that are looked at. */
import { parentPort, workerData } from 'node:worker_threads'
import { lookAt, type SampleToRead } from './sampleTable.ts'

parentPort!.postMessage(await lookAt(workerData as SampleToRead))
