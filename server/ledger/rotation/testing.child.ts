import { openDatabase } from '#database'
import { applies } from '../applies.ts'
import { noteApplies, openTestLedger } from '../testing.ts'
import { rotateKey } from './rotate.ts'

/** Rotates the log key, until a test's failure point kills it: `testing.child.ts URL KEYS AT`. */
const [url = '', keys = '', at = '0'] = process.argv.slice(2)
const ledger = await openTestLedger(openDatabase(url), keys, { ...noteApplies, ...applies })
await rotateKey(ledger, 'log', Number(at))
process.exit(0)
