import { writeSync } from 'node:fs'
import { openDatabase } from '#database'
import { noon, openTestLedger } from './testing.ts'

/**
 * A writer that a test kills: `testing.child.ts URL KEYS NAME SLOT`. Writes a line `SLOT INDEX TEXT` for every entry acknowledged, and only
 * then, eight changes in flight, until it is killed. With SLOT `snapshot` it takes one instead, and says which.
 */
const [url = '', keys = '', name = '', slot = '1'] = process.argv.slice(2)
const ledger = await openTestLedger(openDatabase(url), keys)

async function write(worker: number): Promise<never> {
  for (let count = 0; ; count += 1) {
    const text = `${name}-${worker}-${count}`
    const slots = count % 5 === 0 ? [0, Number(slot)] : [Number(slot)]
    const entries = await ledger.append(slots.map((one) => ({ slot: one, type: 'note.written', at: noon, parts: { evidence: { text } } })))
    writeSync(1, entries.map((entry) => `${entry.slot} ${entry.index} ${text}\n`).join(''))
  }
}

writeSync(1, 'ready\n')
if (slot === 'snapshot') {
  writeSync(1, `${await ledger.snapshot(noon)}\n`)
  process.exit()
}
await Promise.all(Array.from({ length: 8 }, (_, worker) => write(worker)))
