import type { Command } from 'commander'
import { harden, hardeningStatements } from '#gateway'
import { resolveReference } from '#inventory'
import { Misuse } from '#kit/errors'
import { say, type CommonOptions } from './context.ts'

/** `bailee gateway`: what prepares client databases and shows that nothing leads around the gateway. */
export function addGateway(program: Command): void {
  const gateway = program.command('gateway').description('the only road to client data')
  addHarden(gateway)
}

/** `bailee gateway harden`: what an administrator does once for each client database. */
function addHarden(gateway: Command): void {
  gateway.command('harden').description('take back, in one client database, what PostgreSQL gives to every role')
    .requiredOption('--url <reference>', 'an administrator\'s URL, as env:NAME or file:PATH')
    .option('--print', 'only print the statements, generated from the catalogue of that database').option('--json', 'answer in JSON')
    .action(async (options: CommonOptions & { url: string; print?: boolean }) => {
      const url = resolveReference(options.url, { environment: process.env, directory: process.cwd() })
      if (url === undefined) throw new Misuse(`${options.url} is not set or not there`)
      if (options.print === true) {
        const statements = await hardeningStatements(url)
        return say(options, { ok: statements.length === 0, statements }, () => (statements.length === 0 ? ['-- nothing is left to take back'] : statements.map((statement) => `${statement};`)))
      }
      const hardened = await harden(url)
      say(options, { ok: hardened.refused.length === 0, ...hardened }, () => [
        `${hardened.done.length} statements took effect.`, ...hardened.refused.map((statement) => `  refused, an administrator with more rights must run: ${statement}`),
        '  then: GRANT bailee_session TO <the role of gateway_url> WITH ADMIN OPTION',
      ])
    })
}
