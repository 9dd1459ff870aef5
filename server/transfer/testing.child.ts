import { join } from 'node:path'
import { openWorld, on } from '../erasure/testing.ts'
import { copyData, eraseExpired, returnData } from './index.ts'

/** A process that a test kills: `testing.child.ts CONTROL_URL DIRECTORY copy|expire|return [TO]`. Exits with 3 and says why when something throws. */
const [url = '', directory = '', verb, to = 'lab'] = process.argv.slice(2)
const { context, close } = await openWorld(url, directory)
const working = { ...context, scratch: join(directory, 'scratch') }
try {
  if (verb === 'expire') await eraseExpired(context, on('2019-06-01'))
  else if (verb === 'return') await returnData(working, { contract: 'chinook-2017', person: 'eli', to, formats: ['csv', 'parquet'] }, on('2020-12-02'))
  else await copyData(working, { instruction: 'INS-2', person: 'noa', to }, on('2019-04-10'))
} catch (cause) {
  process.stderr.write(`${String(cause)}\n`)
  process.exitCode = 3
} finally {
  await close()
}
