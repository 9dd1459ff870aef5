/** For tests: a gateway in a process of its own, which a test may kill. Says its port on standard output. */
import { openDatabase } from '#database'
import { applies } from '#composition'
import { openKeyStore, openLedger } from '#ledger'
import { machineClock } from '#kit/time'
import { listen } from './listen.ts'
import { openDoorkeeper } from './recording.ts'

const [controlUrl = '', keys = '', clientUrl = '', port = '0'] = process.argv.slice(2)
const ledger = await openLedger({ database: openDatabase(controlUrl), keys: openKeyStore(keys), origin: 'processor.example', clock: 'replayed', applies }, machineClock())
const doorkeeper = await openDoorkeeper({ ledger, gateway: 'child', references: { environment: { CRM: clientUrl }, directory: '/' }, clock: machineClock })
const gateway = await listen({ doorkeeper, at: { host: '127.0.0.1', port: Number(port) }, loginsAhead: true, saltSecret: ledger.keys.tokenSalt() })
process.stdout.write(`${gateway.port}\n`)
process.once('SIGTERM', () => void gateway.close().then(() => process.exit(0)))
