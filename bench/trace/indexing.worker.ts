/** A process that builds the fingerprints of so many invented people, and answers with time and memory. */
import { randomBytes } from 'node:crypto'
import { buildFingerprints } from '../../server/trace/fingerprint/index.ts'
import { memoryOf } from './memory.ts'
import { identifying, identityRows } from './people.ts'

const [file, seed, people] = process.argv.slice(2)
const from = performance.now()
const summary = await buildFingerprints({
  dataset: 'people', epochKey: Buffer.alloc(16, 1), sealKey: Buffer.alloc(32, 2), file: file ?? '', random: randomBytes, rows: identityRows(Number(seed), 0, Number(people)), forms: false,
  columns: identifying.map((name) => ({ name, identifies: true })),
})
const tokens = [...summary.columns, ...summary.links].reduce((sum, { distinct }) => sum + distinct, 0)
process.send?.({ seconds: (performance.now() - from) / 1000, bytes: summary.bytes, tokens, records: summary.records, ...memoryOf(process.pid) })
process.disconnect()
