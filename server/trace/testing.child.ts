import { on, openWorld } from '../erasure/testing.ts'
import { removeSubjects } from './forget.ts'
import { takeFingerprints } from './refresh.ts'
import { rotateEpoch } from './rotate.ts'
import { helpSweeps } from './sweep/help.ts'
import { sweep } from './sweep.ts'

/**
 * A process that a test kills: `testing.child.ts CONTROL_URL DIRECTORY [screen|work|rotate|forget|refresh]` sweeps the world there and says what it found, with `screen` by the filter of all fingerprints,
 * or helps a sweep that runs, rotates the key of tokens, forgets the first listener, or refreshes
 * the fingerprints.
 * Begun again it goes on with the sweep that was interrupted. Exits with 3 and says why when something throws.
 */
const [url = '', directory = '', verb] = process.argv.slice(2)
const { context, close } = await openWorld(url, directory)
try {
  if (verb === 'work') process.stdout.write(`${(await helpSweeps(context, on('2019-04-16'))).units}\n`)
  else if (verb === 'rotate') await rotateEpoch(context, on('2019-05-01'))
  else if (verb === 'refresh') await takeFingerprints(context, on('2019-05-01'))
  else if (verb === 'forget') {
    const rows = async function* (): AsyncGenerator<Uint8Array> { yield Buffer.from('p1@listener.example\n') }
    await removeSubjects(context, { dataset: 'listeners', columns: ['email'], rows }, on('2019-05-01'))
  } else {
    const { findings, search, coverage } = await sweep(context, on('2019-04-16'), { resume: true, threads: 1, ...(verb === 'screen' ? { tableTokensMax: 10 } : {}) })
    const found = findings.map(({ controller, store, place, records, rows }) => `${controller} ${records} ${rows} ${store}:${place}`).sort()
    process.stdout.write(`${JSON.stringify({ found, resumed: search.resumed, coverage })}\n`)
  }
} catch (cause) {
  process.stderr.write(`${String(cause)}\n`)
  process.exitCode = 3
} finally {
  await close()
}
