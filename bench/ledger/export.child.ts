/** Exports the log of slot 1, and says how much memory it took at the most. */
import { readFileSync } from 'node:fs'
import { openDatabase } from '../../server/database/index.ts'
import { exportBundle, openKeyStore, openLedger, recordedOnly } from '../../server/ledger/index.ts'

const [url = '', keys = '', bundle = ''] = process.argv.slice(2)
const noon = 1_555_315_200
const database = openDatabase(url)
const ledger = await openLedger({ database, keys: openKeyStore(keys), origin: 'processor.example', clock: 'replayed', applies: { note: recordedOnly } }, noon)
await exportBundle(ledger, { slot: 1, at: noon, directory: bundle, receiptsFor: [], certificates: new Map() })
await database.destroy()
console.log(`peak_megabytes ${Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) / 1_000)}`)
