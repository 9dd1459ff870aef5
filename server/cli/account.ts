import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { allControllers } from '#contract'
import { allAccounts, changeAccount, clientRoles, closeAccount, issueLink, nameAccount, openAccount, sessionsOf, staffRoles, type Account, type AccountRole } from '#people'
import type { Bailee } from '#composition'
import { Misuse } from '#kit/errors'
import { formatDay, formatInstant, machineClock, parseInstant, type Instant } from '#kit/time'
import { common, listing, say, withBailee, type CommonOptions } from './context.ts'

interface RoleOptions extends CommonOptions { readonly controller?: string; readonly until?: string }

const roles: readonly string[] = [...staffRoles, ...clientRoles]

function roleOf(text: string): AccountRole {
  if (!roles.includes(text)) throw new Misuse(`no role ${JSON.stringify(text)}; roles are: ${roles.join(', ')}`)
  return text as AccountRole
}

function endOf(text: string | undefined): Instant | undefined {
  const end = text === undefined ? undefined : parseInstant(text)
  if (text !== undefined && end === undefined) throw new Misuse(`--until takes a date such as 2030-01-01, not ${JSON.stringify(text)}`)
  return end
}

async function controllerOf(bailee: Bailee, id: string): Promise<{ readonly id: string; readonly slot: number }> {
  const known = await allControllers(bailee.database)
  const found = known.find((controller) => controller.id === id)
  if (found === undefined) throw new Misuse(`no controller ${id}; there are: ${known.map((controller) => controller.id).join(', ') || 'none'}`)
  return found
}

const lineOf = (account: Account, sessions: number): string => [
  account.id, account.role, account.controller ?? 'processor', account.name,
  ...(account.endsAt === null ? [] : [`until ${formatDay(account.endsAt)}`]),
  account.closedAt === null ? `${sessions} sessions` : `closed ${formatDay(account.closedAt)}`,
].join('  ')

/** `bailee people account ...`. */
export function addAccount(people: Command): void {
  const account = people.command('account').summary('who may sign in').description('who may sign in at the portal, and as what')
  common(account.command('open <who> <role>').description('staff by id; a controller\'s own people by name, as signatory or viewer'))
    .option('--controller <id>', 'whose own people they are').option('--until <date>', 'the first day it is no good any more; an auditor must have one')
    .action(async (who: string, role: string, options: RoleOptions) => {
      await withBailee(options, async (bailee, at) => {
        const controller = options.controller === undefined ? undefined : await controllerOf(bailee, options.controller)
        const opened = await openAccount(bailee.ledger, { who, role: roleOf(role), controller, endsAt: endOf(options.until) }, at, randomBytes)
        say(options, opened, () => [`${opened.id} is open. Invite with: bailee people account link ${opened.id}`])
      })
    })
  common(account.command('role <account> <role>').description('give another role or end; whoever is signed in has to do so again'))
    .option('--until <date>', 'the first day it is no good any more; none when left out')
    .action(async (id: string, role: string, options: RoleOptions) => {
      await withBailee(options, async ({ ledger }, at) => {
        const now = await changeAccount(ledger, { account: id, role: roleOf(role), endsAt: endOf(options.until) }, at)
        say(options, now, () => [`${id} is ${now.role} now; its sessions are over.`])
      })
    })
  common(account.command('person <account> <person>').summary('say whose it is').description('say which member of staff an account is of: what is done is recorded under them; whoever is signed in has to do so again')).action(async (id: string, person: string, options: CommonOptions) => {
    await withBailee(options, async ({ ledger }, at) => {
      say(options, await nameAccount(ledger, { account: id, person }, at), () => [`${id} is of ${person} now; its sessions are over.`])
    })
  })
  common(account.command('close <account>').description('close it for good, and its sessions with it')).action(async (id: string, options: CommonOptions) => {
    await withBailee(options, async ({ ledger }, at) => {
      say(options, await closeAccount(ledger, id, at), () => [`${id} is closed; its sessions are over.`])
    })
  })
  account.command('link <account>').description('make a link that signs in once, shown once')
    .option('--dir <directory>', 'where this processor\'s state is (default .bailee)').option('--json', 'answer in JSON')
    .action(async (id: string, options: CommonOptions) => {
      await withBailee(options, async ({ database }) => {
        const { token, until } = await issueLink({ database, now: machineClock() }, id, randomBytes)
        const path = `sign-in#link=${token}`
        say(options, { ok: true, account: id, path, until: formatInstant(until) }, () => [`Good once, until ${formatInstant(until)}. Behind the address of the portal:  ${path}`])
      })
    })
  listing(account.command('list').description('accounts, their ends, and how many sessions each has')).action(async (options: CommonOptions) => {
    await withBailee(options, async ({ database }) => {
      const sessions = Map.groupBy(await sessionsOf({ database, now: machineClock() }), (session) => session.account)
      const all = (await allAccounts(database)).map((one) => ({ ...one, sessions: sessions.get(one.id)?.length ?? 0 }))
      say(options, all, () => all.map((one) => lineOf(one, one.sessions)))
    })
  })
}
