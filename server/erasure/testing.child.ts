import { certify, confirmErasure, endContract, reviewCertificates, runErasure } from './index.ts'
import { on, openWorld } from './testing.ts'

/**
 * A process that a test kills: `testing.child.ts CONTROL_URL DIRECTORY` ends the contract of the world there, erases, confirms and certifies.
 * Begun again it goes on where it was. Exits with 3 and says why when something throws.
 */
const [url = '', directory = ''] = process.argv.slice(2)
const { context, close } = await openWorld(url, directory)
try {
  const { id } = await endContract(context, { contract: 'deezer-2016', terminated: false }, on('2020-12-01'))
  const erasure = await runErasure(context, { erasure: id, operator: 'eli' }, on('2020-12-02'))
  if (erasure.state === 'searched_again') await confirmErasure(context.ledger, { erasure: id, by: 'dana' }, on('2020-12-03'))
  const certificate = await certify(context, id, on('2020-12-04'))
  await reviewCertificates(context.ledger, on('2020-12-04'))
  process.stdout.write(`${certificate.id} ${certificate.status}\n`)
} catch (cause) {
  process.stderr.write(`${String(cause)}\n`)
  process.exitCode = 3
} finally {
  await close()
}
