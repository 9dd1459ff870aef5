import type { Command } from 'commander'
import type { Bailee } from '#composition'
import { allControllers, findController } from '#contract'
import { addressOfListen, issueReaderToken, publish, readerTokens, revokeReaderToken, type Serving } from '#ledger'
import { Misuse } from '#kit/errors'
import { day, formatDay, machineClock } from '#kit/time'
import { common, say, tell, withBailee, type CommonOptions } from './context.ts'
import { stopSignal, tlsOf, type TlsOptions } from './listening.ts'
import { wholeNumber } from './sessions.ts'

/** Days a reader's token may live: who follows a log for years gets another each year. */
const tokenDaysMax = 400

/** Where nobody else can read along, so that a token may be sent without TLS. */
const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)

/** Publishes the logs at an address. Throws `Misuse` where tokens would be sent in the clear. */
export function openPublisher({ ledger }: Bailee, options: TlsOptions & { readonly listen: string; readonly rootOnly?: boolean }): Promise<Serving> {
  const at = addressOfListen(options.listen)
  const tls = tlsOf(options)
  if (tls.tls === undefined && options.rootOnly !== true && !isLoopback(at.host)) throw new Misuse(`tokens would be sent to ${at.host} in the clear; give --tls-key and --tls-cert, listen on 127.0.0.1 behind a server that has them, or publish --root-only`)
  return publish({ ledger, clock: machineClock, at, ...tls, rootOnly: options.rootOnly === true, report: (problem) => tell(`${problem}`) })
}

/** `bailee ledger publish`, `token`, `tokens`, `revoke`. */
export function addPublish(ledger: Command): void {
  ledger.command('publish').description('serve the logs over HTTP (C2SP tlog-tiles), read-only, until stopped')
    .option('--listen <address>', 'host:port', '127.0.0.1:6481').option('--tls-key <file>', 'PEM').option('--tls-cert <file>', 'PEM')
    .option('--root-only', 'the root log alone, which needs no token')
    .option('--dir <directory>', 'where this processor\'s state is (default .bailee)').option('--json', 'say where it listens in JSON')
    .action(async (options: CommonOptions & TlsOptions & { listen: string; rootOnly?: boolean }) => {
      await withBailee(options, async (bailee) => {
        const stop = stopSignal()
        const serving = await openPublisher(bailee, options)
        say(options, { ok: true, host: serving.host, port: serving.port }, () => [`The logs are published on ${serving.host} port ${serving.port}: /root/ for everybody, a controller's and /0/ for whoever has its token.`])
        await stop
        await serving.close()
      })
    })
  common(ledger.command('token').description('make a token by which a controller\'s log may be followed, shown once').requiredOption('--controller <id>', 'whose log').option('--days <number>', 'how long it lives', '365'))
    .action(async (options: CommonOptions & { controller: string; days: string }) => {
      const days = wholeNumber('--days', options.days, tokenDaysMax)
      if (days < 1) throw new Misuse(`--days takes a whole number from 1 to ${tokenDaysMax}`)
      await withBailee(options, async (bailee, at) => {
        const { slot } = await findController(bailee.ledger, options.controller)
        const expiresAt = machineClock() + days * day
        const { id, token } = await issueReaderToken(bailee.ledger, { slot, expiresAt }, at)
        say(options, { ok: true, id, controller: options.controller, slot, token, expires_at: expiresAt }, () => [token])
      })
    })
  common(ledger.command('tokens').description('tokens by which logs may be followed')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }) => {
      const names = new Map((await allControllers(database)).map(({ slot, id }) => [slot, id]))
      const tokens = (await readerTokens(database)).map((token) => ({ ...token, controller: names.get(token.slot) ?? '' }))
      say(options, { ok: true, tokens }, () => (tokens.length === 0 ? ['none'] : tokens.map((token) => `${token.id}  ${token.controller}  issued ${formatDay(token.issuedAt)}  ${token.revokedAt === null ? `until ${formatDay(token.expiresAt)}` : `revoked ${formatDay(token.revokedAt)}`}`)))
    })
  })
  common(ledger.command('revoke <token>').description('end such a token, by the id that bailee ledger tokens shows')).action(async (id: string, options: CommonOptions) => {
    await withBailee(options, async (bailee, at) => {
      await revokeReaderToken(bailee.ledger, id, at)
      say(options, { ok: true, id }, () => [`${id} opens nothing from now on.`])
    })
  })
}
