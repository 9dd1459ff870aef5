/** Who may ask what: the only place. A route that is not here cannot be added. */
import { controllerRoles, processorRoles, roles, type Principal, type Role } from './principal.ts'
import { Unanswered } from './problem.ts'

export interface Permission {
  readonly roles: readonly Role[]
  /** What a token must have been given; null: no token may. */
  readonly scope: string | null
}

/** Those who answer for the whole firm, and who checks them. */
const office: readonly Role[] = ['owner', 'dpo', 'auditor']
const everybody: readonly Role[] = roles
/** Engineers and analysts see what their grants reach; a controller's people see their own. */
const concerned: readonly Role[] = [...processorRoles, ...controllerRoles]

const may = (who: readonly Role[], scope: string | null): Permission => ({ roles: who, scope })

/** Before anybody is known. */
const nobody: readonly Role[] = []

export const permissions = {
  'POST /begin': may(nobody, null),
  'POST /sign-in/link': may(nobody, null),
  'GET /sign-in/ways': may(nobody, null),
  'POST /sign-in/passkey/options': may(nobody, null),
  'POST /sign-in/passkey': may(nobody, null),
  'GET /passkeys': may(everybody, null),
  'POST /passkeys/options': may(everybody, null),
  'POST /passkeys': may(everybody, null),
  'POST /passkeys/:id/name': may(everybody, null),
  'DELETE /passkeys/:id': may(everybody, null),
  'GET /accounts': may(['owner'], null),
  'POST /accounts': may(['owner'], null),
  'POST /accounts/:id/role': may(['owner'], null),
  'POST /accounts/:id/close': may(['owner'], null),
  'POST /accounts/:id/link': may(['owner'], null),
  'POST /accounts/:id/unlink': may(['owner'], null),
  'GET /sessions': may(everybody, null),
  'DELETE /sessions/:id': may(everybody, null),
  'GET /settings': may(['owner', 'dpo'], null),
  'GET /session': may(everybody, null),
  'DELETE /session': may(everybody, null),
  'GET /events': may(everybody, null),
  'GET /tokens': may(everybody, null),
  'POST /tokens': may(everybody.filter((role) => role !== 'auditor'), null),
  'POST /tokens/:id/revoke': may(everybody, null),
  'GET /start': may(['owner', 'dpo'], null),
  'GET /start/stores/:id': may(['owner', 'dpo'], null),
  'POST /start/stores/try': may(['owner', 'dpo'], null),
  'POST /start/stores': may(['owner', 'dpo'], null),
  'POST /start/me': may(['owner', 'dpo'], null),
  'POST /start/controllers': may(['owner', 'dpo'], null),
  'POST /start/datasets': may(['owner', 'dpo'], null),
  'POST /start/contracts': may(['owner', 'dpo'], null),
  'POST /start/invitations': may(['owner', 'dpo'], null),
  'GET /today': may(office, 'today:read'),
  'GET /controllers': may(concerned, 'controllers:read'),
  'GET /controllers/:id': may(concerned, 'controllers:read'),
  'GET /instructions': may(concerned, 'instructions:read'),
  'GET /instructions/:id': may(concerned, 'instructions:read'),
  'GET /instructions/choices': may(['owner', 'dpo', 'engineer', 'analyst', 'signatory', 'viewer', 'auditor'], 'instructions:read'),
  'GET /instructions/drafts': may(['owner', 'dpo', 'signatory'], null),
  'GET /instructions/drafts/:id': may(['owner', 'dpo', 'signatory'], null),
  'POST /instructions/drafts': may(['owner', 'dpo', 'signatory'], null),
  'POST /instructions/drafts/:id/discard': may(['owner', 'dpo', 'signatory'], null),
  'GET /instructions/use': may([...office, ...controllerRoles], 'decisions:read'),
  'GET /me': may(processorRoles, 'people:read'),
  'GET /findings': may([...office, 'engineer', ...controllerRoles], 'findings:read'),
  'GET /decisions': may(concerned, 'decisions:read'),
  'GET /decisions/:id': may(concerned, 'decisions:read'),
  'POST /instructions/preview': may(['owner', 'dpo', 'engineer', 'analyst', 'signatory', 'viewer', 'auditor'], 'instructions:read'),
  'GET /ledger/entries': may([...office, ...controllerRoles], 'ledger:read'),
  'GET /ledger/entries/:id': may([...office, ...controllerRoles], 'ledger:read'),
  'GET /ledger/checkpoints': may([...office, ...controllerRoles], 'ledger:read'),
  'GET /copies': may(concerned, 'copies:read'),
  'GET /copies/:id': may(concerned, 'copies:read'),
  'GET /stores': may(processorRoles, 'stores:read'),
  'GET /activities': may(concerned, 'activities:read'),
  'GET /transfers': may(concerned, 'transfers:read'),
  'GET /people': may(processorRoles, 'people:read'),
  'GET /reviews': may(office, 'people:read'),
  'GET /reviews/:id': may(office, 'people:read'),
  'GET /trainings': may(processorRoles, 'people:read'),
  'GET /trainings/:id': may(processorRoles, 'people:read'),
  'GET /people/:id': may(processorRoles, 'people:read'),
  'GET /findings/:id': may([...office, 'engineer', ...controllerRoles], 'findings:read'),
  'GET /sweeps': may([...office, 'engineer', ...controllerRoles], 'findings:read'),
  'GET /sweeps/:id': may([...office, 'engineer', ...controllerRoles], 'findings:read'),
  'GET /erasures': may([...office, 'engineer', ...controllerRoles], 'erasures:read'),
  'GET /erasures/:id': may([...office, 'engineer', ...controllerRoles], 'erasures:read'),
  'GET /certificates/:id': may([...office, ...controllerRoles], 'erasures:read'),
  'GET /breaches': may(office, 'breaches:read'),
  'GET /breaches/:id': may(office, 'breaches:read'),
  'GET /register': may([...office, ...controllerRoles], 'register:read'),
  'POST /register/export': may(office, 'register:read'),
  'GET /register/export': may(office, 'register:read'),
  'GET /breach-register': may(office, 'breaches:read'),
  'POST /breach-register/export': may(office, 'breaches:read'),
  'GET /breach-register/export': may(office, 'breaches:read'),
  'GET /assessments/:id': may(office, 'register:read'),
  'GET /questions': may(office, 'register:read'),
  'GET /assessments': may(office, 'register:read'),
  'GET /contracts/:id': may(concerned, 'controllers:read'),
  'GET /client/home': may([...office, ...controllerRoles], 'controllers:read'),
  'GET /client/use': may([...office, ...controllerRoles], 'decisions:read'),
  'GET /sub-processors': may([...office, ...controllerRoles], 'controllers:read'),
  'GET /notices': may([...office, ...controllerRoles], 'notices:read'),
  'GET /evidence': may([...office, ...controllerRoles], 'ledger:read'),
  'POST /people/:id/leave': may(['owner', 'dpo'], null),
  'POST /reviews/:id/answers': may(['owner', 'dpo'], null),
  'POST /reviews/:id/confirmations': may(['owner', 'dpo'], null),
  'POST /trainings/:id/answers': may(['owner', 'dpo', 'engineer', 'analyst'], null),
  'POST /assessments/:id/reassess': may(['owner', 'dpo'], null),
  'POST /contracts/:id/terms': may(['owner', 'dpo'], null),
  'POST /instructions': may(['owner', 'dpo', 'signatory'], 'instructions:write'),
  'POST /instructions/:id/acceptance/options': may(['signatory'], null),
  'POST /instructions/:id/acceptance': may(['signatory'], null),
  'POST /instructions/:id/withdraw': may(['signatory'], null),
  'POST /instructions/:id/withdrawal/options': may(['signatory'], null),
  'POST /instructions/:id/withdrawal': may(['signatory'], null),
  'POST /instructions/:id/answer/options': may(['signatory'], null),
  'POST /instructions/:id/answer': may(['signatory'], null),
  'POST /contracts/:id/choice/options': may(['signatory'], null),
  'POST /contracts/:id/choice': may(['signatory'], null),
  'POST /contracts/:id/release/options': may(['signatory'], null),
  'POST /contracts/:id/release': may(['signatory'], null),
  'POST /contracts/:id/return-key/options': may(['signatory'], null),
  'POST /contracts/:id/return-key': may(['signatory'], null),
  'POST /contracts/:id/sub-processors/options': may(['signatory'], null),
  'POST /contracts/:id/sub-processors': may(['signatory'], null),
  'POST /instructions/:id/warnings': may(['owner', 'dpo'], null),
  'POST /instructions/:id/emergencies': may(['owner', 'dpo', 'engineer', 'analyst'], null),
  'POST /emergencies/:id/review': may(['owner', 'dpo'], null),
  'GET /approvals': may(office, 'people:read'),
  'POST /approvals/:id/give': may(['owner', 'dpo'], null),
  'POST /approvals/:id/refuse': may(['owner', 'dpo'], null),
  'POST /approvals/:id/withdraw': may(['owner', 'dpo'], null),
  'POST /grants': may(['owner', 'dpo'], 'grants:write'),
  'POST /grants/:id/approve': may(['owner', 'dpo'], null),
  'POST /grants/:id/revoke': may(['owner', 'dpo'], 'grants:write'),
  'POST /sweeps': may(['owner', 'dpo', 'engineer'], 'sweeps:write'),
  'POST /contracts/:id/end': may(['owner', 'dpo'], null),
  'POST /erasures/:id/run': may(['owner', 'dpo', 'engineer'], 'erasures:write'),
  'POST /erasures/:id/confirm': may(['owner', 'dpo', 'engineer'], null),
  'POST /erasures/:id/certify': may(['owner', 'dpo'], null),
  'POST /breaches': may(['owner', 'dpo'], 'breaches:write'),
  'POST /breaches/samples': may(['owner', 'dpo'], 'breaches:write'),
  'POST /breaches/:id/samples': may(['owner', 'dpo'], 'breaches:write'),
  'POST /breaches/:id/count': may(['owner', 'dpo'], 'breaches:write'),
  'POST /breaches/:id/describe': may(['owner', 'dpo'], 'breaches:write'),
  'POST /breaches/:id/notices': may(['owner', 'dpo'], 'breaches:write'),
  'POST /breaches/:id/send': may(['owner', 'dpo'], null),
  'POST /certificates/:id/pages': may([...office, ...controllerRoles], null),
  'POST /evidence/bundle': may([...office, ...controllerRoles], 'ledger:read'),
  'POST /ledger/receipts/:id': may([...office, ...controllerRoles], 'ledger:read'),
  'POST /notices/acknowledge': may(['signatory'], null),
} as const satisfies Readonly<Record<string, Permission>>

export type RouteName = keyof typeof permissions

/** What a token of somebody in these roles may be given. */
export function scopesOf(roles: readonly Role[]): string[] {
  const all: readonly Permission[] = Object.values(permissions)
  return [...new Set(all.flatMap(({ roles: allowed, scope }) => (scope !== null && roles.some((role) => allowed.includes(role)) ? [scope] : [])))].sort()
}

/** Whether this account, or this token, may ask that. */
export function isAllowed(name: RouteName, principal: Principal): boolean {
  const { roles: allowed, scope }: Permission = permissions[name]
  return principal.roles.some((role) => allowed.includes(role)) && (principal.scopes === null || (scope !== null && principal.scopes.includes(scope)))
}

/** Throws unless this account, or this token, may ask that. */
export function mustBeAllowed(name: RouteName, principal: Principal): void {
  const { roles: allowed, scope }: Permission = permissions[name]
  const as = principal.roles.filter((role) => allowed.includes(role))
  if (as.length === 0) throw new Unanswered(403, 'request/forbidden', `${principal.roles.join(' and ') || 'an account without a role'} may not ask this; ${allowed.join(', ')} may`)
  if (principal.scopes !== null && (scope === null || !principal.scopes.includes(scope))) {
    throw new Unanswered(403, 'token/scope', scope === null ? 'this is for people who signed in, not for tokens' : `this token was not given ${scope}`)
  }
}
