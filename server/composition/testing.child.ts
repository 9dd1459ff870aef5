import { openDatabase } from '#database'
import { destroyDueKeys } from './index.ts'
import { openKept } from './testing.ts'

/** Destroys what is due, until a test's failure point kills it: `testing.child.ts URL DIRECTORY AT`. */
const [url = '', directory = '', at = '0'] = process.argv.slice(2)
const bailee = await openKept(openDatabase(url), directory)
await destroyDueKeys(bailee, Number(at))
process.exit(0)
