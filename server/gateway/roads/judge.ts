/** From what a client database answered to the roads that lead to it, and which of them are declared. Pure. */
import { parseInstant, type Instant } from '#kit/time'
import { literal, name as quoted, sessionGroup } from '../compile/statements.ts'
import type { BreakGlass, RoadKind, SeenRoad } from './types.ts'

export type Answer = Readonly<Record<string, unknown>>

/** Logins of Bailee's own at this server, and which of them opens sessions. */
export interface OurLogins {
  readonly all: ReadonlySet<string>
  readonly gateway: string | undefined
  /** Replication slots of ours, by name, as the ledger knows them: what only looks like one is a road. */
  readonly slots: ReadonlySet<string>
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : [])

/** The road that one line of an answer shows; undefined: none, or the gateway's own. */
export function roadOf(kind: RoadKind, row: Answer, ours: OurLogins): SeenRoad | undefined {
  const name = String(row['name'])
  switch (kind) {
    case 'role': return roleRoad(name, row, ours)
    case 'pg_hba': return lineRoad(name, row, ours)
    case 'session': return ours.all.has(name) ? undefined : { kind, name, roles: [name], says: `${String(row['number'])} open session(s) of role ${name}${row['replicates'] === true ? ', replicating' : ''}` }
    case 'replication slot': return ours.slots.has(name) && name.startsWith('bailee_') && row['plugin'] === 'test_decoding' && row['whole'] !== true ? undefined : {
      kind, name, says: `${String(row['type'])} replication slot ${name} keeps ${row['whole'] === true ? 'the whole server\'s' : 'this database\'s'} changes for a reader${row['active'] === true ? ', who is connected' : ''}`,
      fix: `SELECT pg_drop_replication_slot(${literal(name)})`,
    }
    case 'subscription': return { kind, name, says: `subscription ${name} takes data from another server${row['active'] === true ? '' : ' (switched off)'}`, fix: `DROP SUBSCRIPTION ${quoted(name)}` }
    case 'publication': return { kind, name, says: `publication ${name} offers ${row['whole'] === true ? 'all tables' : 'tables'} to other servers`, fix: `DROP PUBLICATION ${quoted(name)}` }
    case 'foreign server': return { kind, name, says: `foreign server ${name} (${String(row['wrapper'])}, ${String(row['mappings'])} user mappings) reaches beyond this database`, fix: `DROP SERVER ${quoted(name)} CASCADE` }
    case 'extension': return { kind, name, says: `extension ${name} reaches other servers, files or memory`, fix: `DROP EXTENSION ${quoted(name)}` }
    case 'language': return { kind, name, says: `language ${name} runs programs with the rights of the server`, fix: `DROP LANGUAGE ${quoted(name)}` }
    case 'event trigger': return { kind, name, says: `event trigger ${name} of role ${String(row['owner'])} runs at ${String(row['event'])}`, fix: `DROP EVENT TRIGGER ${quoted(name)}` }
    default: return kind satisfies never
  }
}

function roleRoad(name: string, row: Answer, ours: OurLogins): SeenRoad | undefined {
  const attributes = texts(row['attributes'])
  const superuser = attributes.includes('is a superuser')
  if (name === ours.gateway && superuser) {
    return { kind: 'role', name, says: `the login of gateway_url, ${name}, is a superuser, which nothing here needs`, fix: `ALTER ROLE ${quoted(name)} NOSUPERUSER` }
  }
  if (ours.all.has(name)) return undefined
  const enters = row['login'] === true && (row['connects'] === true || superuser || attributes.includes('may replicate'))
  if (!enters && attributes.length === 0) return undefined
  const powers = texts(row['powers']).map((power) => `is a member of ${power}`)
  const says = [enters ? 'can log in' : 'cannot log in here itself', ...attributes, ...powers, ...(row['reads'] === true && !superuser ? ['reads declared tables'] : [])]
  const fix = attributes.length === 0 ? `REVOKE CONNECT ON DATABASE <database> FROM PUBLIC, ${quoted(name)} -- or ALTER ROLE ${quoted(name)} NOLOGIN` : `ALTER ROLE ${quoted(name)} NOLOGIN`
  return { kind: 'role', name, roles: [name], says: `role ${name} ${says.join(', ')}`, ...(superuser ? {} : { fix }) }
}

/** A line that admits only the gateway's sessions and Bailee's own logins is the gateway's. */
function lineRoad(name: string, row: Answer, ours: OurLogins): SeenRoad | undefined {
  const users = texts(row['users'])
  const others = users.filter((user) => user !== `+${sessionGroup}` && !ours.all.has(user))
  if (others.length === 0) return undefined
  const single = others.every((user) => user !== 'all' && !user.startsWith('+') && !user.startsWith('/'))
  const open = row['method'] === 'trust' ? ', without a password' : ''
  return { kind: 'pg_hba', name, says: `pg_hba.conf lets in ${others.join(', ')} (${String(row['type'])}, ${texts(row['database']).join(', ')})${open}`, ...(single ? { roles: others } : {}) }
}

/**
 * The declaration that covers a road at a moment: one of its own kind and name, or, for a line or a session that serves named roles only, one for
 * each of these roles. A declaration that has ended covers nothing.
 */
export function declaredFor(road: SeenRoad, declared: readonly BreakGlass[], at: Instant): BreakGlass | undefined {
  const live = declared.filter(({ until }) => until === undefined || at < (parseInstant(until) ?? 0))
  const own = live.find(({ kind, name }) => kind === road.kind && name === road.name)
  if (own !== undefined || road.roles === undefined || road.roles.length === 0) return own
  const roles = road.roles.map((role) => live.find(({ kind, name }) => kind === 'role' && name === role))
  return roles.every((role) => role !== undefined) ? roles[0] : undefined
}
