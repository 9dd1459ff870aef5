/** Controllers, instructions, people and grants of any number, and acts among them: some covered, some not, none about anybody. */
import type { Act, World } from '../../server/decision/index.ts'
import type { Contract } from '../../server/contract/index.ts'
import type { Dataset } from '../../server/inventory/index.ts'
import type { Grant, Instruction, Scope } from '../../server/instruction/index.ts'
import type { Standing } from '../../server/people/index.ts'

/** Instructions of one controller. */
const perController = 50
const people = 1_000
const purposes = ['Marketing', 'Profiling', 'ServiceProvision', 'Billing', 'Research']
export const [from, now, until] = [1_700_000_000, 1_750_000_000, 1_800_000_000]

const scopeOf = (index: number): Scope => ({
  id: `INS-${index}`, contract: `c-${controllerOf(index)}`, text: 'Segment.', purposes: [purposes[index % purposes.length] ?? ''], operations: index % 3 === 0 ? ['read', 'derive'] : ['read'],
  data: { [`d-${controllerOf(index)}`]: ['id', 'country', 'plan'] }, environments: [index % 7 === 0 ? 'test' : 'production'], from: '2023-11-14', until: '2027-01-15',
})

const controllerOf = (index: number): string => `k${Math.floor(index / perController)}`
export const personOf = (index: number): string => `p${index % people}`

/** A world of so many instructions, each granted to one person. */
export function worldOf(count: number): World {
  const controllers = [...new Set(Array.from({ length: count }, (_, index) => controllerOf(index)))]
  return {
    contracts: controllers.map((controller, slot): Contract => ({ id: `c-${controller}`, slot, controller, starts: from, declared: { id: `c-${controller}`, controller, starts: '2023-11-14' } })),
    environments: ['production', 'test'].map((id) => ({ id, class: 'production', declared: { id, class: 'production' } })),
    datasets: controllers.map((controller, slot): Dataset => ({ id: `d-${controller}`, slot, controller, store: 'crm', tables: [{ table: 't', subject: 'id', columns: Object.fromEntries(['id', 'country', 'plan', 'email'].map((column) => [column, { category: 'Name' }])) }] })),
    instructions: Array.from({ length: count }, (_, index): Instruction => {
      const scope = scopeOf(index)
      return { id: scope.id, slot: 1, contract: scope.contract, controller: controllerOf(index), scope, state: 'accepted', from, until, acceptedAt: from, acceptedBy: 'somebody' }
    }),
    grants: Array.from({ length: count }, (_, index): Grant => ({ id: `g-${index}`, slot: 1, person: personOf(index), instruction: `INS-${index}`, until, state: 'approved', approvedAt: from, approvedBy: 'dana' })),
    trainings: [],
    standings: new Map(Array.from({ length: people }, (_, index): [string, Standing] => [personOf(index), { person: { id: personOf(index), name: '', contact: '', role: 'analyst' }, committedAt: from, passed: [] }])),
  }
}

/** The `round`th act among so many instructions; every other one is not covered: by column, purpose, person or environment. Named: it says its instruction, as every session does. */
export function actOf(round: number, count: number, named: boolean): Act {
  const index = (round * 7_919) % count
  const [scope, wrong] = [scopeOf(index), round % 2 === 0 ? -1 : (round >> 1) % 4]
  return {
    person: personOf(index + (wrong === 2 ? 1 : 0)), controller: controllerOf(index), purpose: wrong === 1 ? 'Own' : (scope.purposes[0] ?? ''), operation: 'read',
    data: { [`d-${controllerOf(index)}`]: wrong === 0 ? ['id', 'email'] : ['id', 'country'] }, environment: wrong === 3 ? 'nowhere' : (scope.environments[0] ?? ''), identifiable: false, at: now,
    ...(named ? { instruction: scope.id } : {}),
  }
}
