import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { allTokens, findAccount, isGood, issueToken, revokeToken, type ApiToken } from '#people'
import { Misuse } from '#kit/errors'
import { formatDay, formatInstant, machineClock, parseInstant } from '#kit/time'
import { common, listing, say, withBailee, type CommonOptions } from './context.ts'

interface IssueOptions extends CommonOptions { readonly name: string; readonly scopes: string; readonly until: string }

/** `bailee people token issue|list|revoke`: tokens for machines that ask over HTTP. */
export function addApiTokens(token: Command): void {
  common(token.command('issue <account>').summary('one for a machine that asks over HTTP').description('make a token by which a machine asks over HTTP as this account does, for less; shown once'))
    .requiredOption('--name <name>', 'what uses it').requiredOption('--scopes <list>', 'what it may be used for, such as controllers:read,findings:read').requiredOption('--until <date>', 'the first day it is no good any more')
    .action(async (account: string, options: IssueOptions) => {
      const until = parseInstant(options.until)
      if (until === undefined) throw new Misuse(`--until takes a date such as 2027-01-01, not ${JSON.stringify(options.until)}`)
      const { scopesOf } = await import('#api') // no other command waits for it to load
      await withBailee(options, async ({ ledger, database }, at) => {
        const found = await findAccount(database, account)
        if (found === undefined) throw new Misuse(`no account ${account}; bailee people account list names them`)
        const [may, scopes] = [scopesOf([found.role]), options.scopes.split(',').map((one) => one.trim())]
        const beyond = scopes.filter((one) => !may.includes(one))
        if (beyond.length > 0) throw new Misuse(`--scopes: ${beyond.join(', ')} is not among those of ${found.role}: ${may.join(', ')}`)
        const made = await issueToken(ledger, { account, name: options.name, scopes, until, by: 'command line', now: machineClock() }, at, randomBytes)
        say(options, { ok: true, id: made.id, token: made.token, until: formatInstant(made.until) }, () => [`${made.id}, until ${formatDay(made.until)}. Send it as  Authorization: Bearer TOKEN:`, made.token])
      })
    })
  listing(token.command('list').summary('those for machines').description('tokens for machines: whose, for what, until when, last used when')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }) => {
      const all = await allTokens(database)
      say(options, all.map((one) => ({ ...one, good: isGood(one, machineClock()) })), () => (all.length === 0 ? ['No token was made.'] : all.map(lineOf)))
    })
  })
  common(token.command('revoke <id>').summary('end one for a machine').description('end a token for a machine, from its next request on')).action(async (id: string, options: CommonOptions) => {
    await withBailee(options, async ({ ledger }, at) => {
      await revokeToken(ledger, { id, by: 'command line' }, at)
      say(options, { ok: true, id, state: 'revoked' }, () => [`${id} is good for nothing any more.`])
    })
  })
}

const lineOf = ({ id, account, name, scopes, expiresAt, revokedAt, usedAt, ended }: ApiToken): string => [
  id, account, name, scopes.join(','), revokedAt !== null ? `revoked ${formatDay(revokedAt)}` : ended ? 'ended with its account' : `until ${formatDay(expiresAt)}`, usedAt === null ? 'never used' : `last used ${formatInstant(usedAt)}`,
].join('  ')
