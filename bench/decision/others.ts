/** The same rules in Cedar and in Casbin: one permit an instruction, its conditions those that the acts of this benchmark can fail. */
import cedar from '@cedar-policy/cedar-wasm/nodejs'
import { newEnforcer, newModelFromString, StringAdapter } from 'casbin'
import type { Act, World } from '../../server/decision/index.ts'

export type Judge = (act: Act) => Promise<boolean> | boolean

const columnsOf = (act: Act): string[] => Object.values(act.data).flatMap((columns) => [...columns])

/** Policies parsed once, as Cedar's own stateful call does. */
export function cedarOf(world: World): Judge {
  const grants = new Map(world.grants.map((grant) => [grant.instruction, grant.person]))
  const policies = world.instructions.map(({ id, controller, scope }) => `permit(principal == Person::"${grants.get(id)}", action in [${scope.operations.map((one) => `Action::"${one}"`).join(', ')}], resource == Controller::"${controller}")
    when { ${JSON.stringify(scope.purposes)}.contains(context.purpose) && ${JSON.stringify(scope.environments)}.contains(context.environment) && ${JSON.stringify(Object.values(scope.data)[0])}.containsAll(context.columns) && context.at >= 1700000000 && context.at < 1800000000 };`)
  const parsed = cedar.preparsePolicySet('all', { staticPolicies: policies.join('\n') })
  if (parsed.type !== 'success') throw new Error('Cedar does not take the policies')
  return (act) => {
    const answer = cedar.statefulIsAuthorized({
      principal: { type: 'Person', id: act.person }, action: { type: 'Action', id: act.operation }, resource: { type: 'Controller', id: act.controller },
      context: { purpose: act.purpose, environment: act.environment, columns: columnsOf(act), at: act.at }, preparsedPolicySetId: 'all', entities: [],
    })
    return answer.type === 'success' && answer.response.decision === 'allow'
  }
}

/** A policy line an instruction; columns are compared by a function, because Casbin has none for sets. */
export async function casbinOf(world: World): Promise<Judge> {
  const grants = new Map(world.grants.map((grant) => [grant.instruction, grant.person]))
  const model = newModelFromString(`[request_definition]\nr = person, controller, operation, purpose, environment, columns\n[policy_definition]\np = person, controller, operation, purpose, environment, columns\n[policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\nm = r.person == p.person && r.controller == p.controller && r.purpose == p.purpose && r.environment == p.environment && within(r.operation, p.operation) && within(r.columns, p.columns)`)
  const lines = world.instructions.map(({ id, controller, scope }) => `p, ${[grants.get(id), controller, scope.operations.join('|'), scope.purposes[0], scope.environments[0], [...(Object.values(scope.data)[0] ?? [])].join('|')].join(', ')}`)
  const enforcer = await newEnforcer(model, new StringAdapter(lines.join('\n')))
  await enforcer.addFunction('within', (asked: string, named: string) => asked.split('|').every((one) => named.split('|').includes(one)))
  return (act) => enforcer.enforce(act.person, act.controller, act.operation, act.purpose, act.environment, columnsOf(act).join('|'))
}
