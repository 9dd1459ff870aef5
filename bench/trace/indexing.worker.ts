/** A process that builds the fingerprints of the people in a CSV file, and answers with time and memory. */
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { buildFingerprints } from '../../server/trace/fingerprint/index.ts'
import { memoryOf } from './memory.ts'
import { identifying } from './people.ts'

const readBytes = 1024 * 1024
const [file, people] = process.argv.slice(2)
const from = performance.now()
const summary = await buildFingerprints({
  dataset: 'people', epochKey: Buffer.alloc(16, 1), sealKey: Buffer.alloc(32, 2), file: file ?? '', random: randomBytes, rows: createReadStream(people ?? '', { highWaterMark: readBytes }), forms: false,
  columns: identifying.map((name) => ({ name, identifies: true })),
})
const tokens = [...summary.columns, ...summary.links].reduce((sum, { distinct }) => sum + distinct, 0)
process.send?.({ seconds: (performance.now() - from) / 1000, bytes: summary.bytes, tokens, records: summary.records, ...memoryOf(process.pid) })
process.disconnect()
