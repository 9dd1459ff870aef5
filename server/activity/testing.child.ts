import { runActivity, runDue } from './index.ts'
import { on, openWorld, query } from './testing.ts'

/** A process that a test kills, or lets work beside others: `testing.child.ts CONTROL_URL DIRECTORY run|due AT`. Prints what it made; exits with 3 and says why when something throws. */
const [url = '', directory = '', verb, at = ''] = process.argv.slice(2)
const bailee = await openWorld(url, directory)
try {
  const made = verb === 'due' ? (await runDue(bailee, on(at))).made : [await runActivity(bailee, { instruction: 'INS-1', person: 'noa', ...query('select user_id, email from crm.listener where tracks_per_day < 5') }, on(at))]
  process.stdout.write(made.map(({ id }) => `${id}\n`).join(''))
} catch (cause) {
  process.stderr.write(`${String(cause)}\n`)
  process.exitCode = 3
} finally {
  await bailee.close()
}
