import { openWorld, on } from '../erasure/testing.ts'
import { copyData, eraseExpired } from './index.ts'

/** A process that a test kills: `testing.child.ts CONTROL_URL DIRECTORY copy|expire`. Exits with 3 and says why when something throws. */
const [url = '', directory = '', verb] = process.argv.slice(2)
const { context, close } = await openWorld(url, directory)
try {
  if (verb === 'expire') await eraseExpired(context, on('2019-06-01'))
  else await copyData(context, { instruction: 'INS-2', person: 'noa', to: 'lab' }, on('2019-04-10'))
} catch (cause) {
  process.stderr.write(`${String(cause)}\n`)
  process.exitCode = 3
} finally {
  await close()
}
