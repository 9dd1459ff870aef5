import type { Drift, Lack, PartyRecord, RegisterRecord } from './types.ts'

/** What is missing in a record, by article. "There is none" is not missing. */
export function checkRecord(record: RegisterRecord): Lack[] {
  const { controller, processor } = record
  return [
    ...partyLacks(processor, 'processor', 'processor'),
    ...partyLacks(controller, 'controller', `controllers[${controller.id}]`),
    ...(record.contracts.length === 0 ? [{ code: '30(2)(b).contract', required: true, says: `no contract binds ${controller.id}: declare it in contracts` }] : []),
    ...(record.categories.some(({ acceptedAt }) => acceptedAt !== undefined) ? [] : [{ code: '30(2)(b).categories', required: true, says: `no category of processing: no instruction of ${controller.id} was ever accepted` }]),
    ...transferLacks(record),
    ...(record.measures.is === 'told' ? [] : [{ code: '30(2)(d).measures', required: false, says: 'no security measure is described, which the law asks for where possible: declare processor.measures' }]),
    ...subProcessorLacks(record), ...identityLacks(record), ...termLacks(record),
    ...(record.sweep === undefined ? [{ code: 'extension.sweep', required: false, says: `no sweep has looked for copies of ${controller.id}'s data: bailee trace sweep` }] : []),
  ]
}

function partyLacks(party: PartyRecord, code: string, key: string): Lack[] {
  const contactable = party.name.trim() !== '' && [party.address, party.email, party.telephone].some((one) => one.is === 'told' && one.value.trim() !== '')
  return [
    ...(contactable ? [] : [{ code: `30(2)(a).${code}.contact`, required: true, says: `no way to reach ${party.name}: declare ${key}.address, .email or .phone` }]),
    ...unreachable(party.representative, `${code}.representative`, `${key}.representative`), ...unreachable(party.dpo, `${code}.dpo`, `${key}.dpo`),
    ...(party.representative.is === 'missing' ? [{ code: `30(2)(a).${code}.representative`, required: true, says: `whether ${party.name} has a representative in the Union was not told: declare ${key}.representative, or \`none\`` }] : []),
    ...(party.dpo.is === 'missing' ? [{ code: `30(2)(a).${code}.dpo`, required: true, says: `whether ${party.name} has a data protection officer was not told: declare ${key}.dpo with name and contact, or \`none\`` }] : []),
  ]
}

/** Who is named must be reachable: the law asks for a name and contact details. */
function unreachable(told: PartyRecord['representative'], code: string, key: string): Lack[] {
  if (told.is !== 'told' || (told.value.name.trim() !== '' && told.value.contact.trim() !== '')) return []
  return [{ code: `30(2)(a).${code}.contact`, required: true, says: `whom ${key} names has no name, or no way to be reached: declare both` }]
}

/** Contract by contract: what one tells says nothing of another. */
function transferLacks({ contracts, transfers }: RegisterRecord): Lack[] {
  const untold = contracts.filter((one) => one.untold.includes('transfers'))
  const rows = transfers.is === 'told' ? transfers.value.filter(({ tool }) => tool.is !== 'told') : []
  return [
    ...untold.map(({ id }) => ({ code: '30(2)(c).transfers', contract: id, required: true, says: `whether data of ${id} go to third countries was not told: declare contracts[].transfers; \`[]\` says that none do` })),
    ...(transfers.is === 'missing' && untold.length === 0 ? [{ code: '30(2)(c).transfers', required: true, says: 'whether data go to third countries was not told: declare contracts[].transfers; `[]` says that none do' }] : []),
    ...rows.map(({ contract, country, seen }) => ({
      code: `30(2)(c).transfers.${country}.tool`, contract, required: true,
      says: country === 'unknown' ? `in which country something stands is not known (${seen.join('; ')}), and it may be any: declare it` : `data go to ${country}, and ${contract === undefined ? 'no contract binds' : `${contract} names no such transfer with a tool`}: declare it with its tool in contracts[].transfers`,
    })),
  ]
}

function subProcessorLacks({ contracts, subProcessors }: RegisterRecord): Lack[] {
  const says = (of: string): string => `nothing is told of ${of}sub-processors (CNIL asks for them): declare contracts[].sub_processors; \`list: []\` says that there is none`
  const untold = contracts.filter((one) => one.untold.includes('sub_processors'))
  if (untold.length > 0) return untold.map(({ id }) => ({ code: 'extension.sub_processors', contract: id, required: false, says: says(`${id}'s `) }))
  return subProcessors.is === 'missing' ? [{ code: 'extension.sub_processors', required: false, says: says('') }] : []
}

/** Opinion 22/2024: name, address and contact person of every rank, at any time. */
function identityLacks({ subProcessors }: RegisterRecord): Lack[] {
  return (subProcessors.is === 'told' ? subProcessors.value : []).filter(({ address, contactPerson }) => address === undefined || contactPerson === undefined)
    .map(({ contract, name }) => ({ code: `28(4).sub_processors.${name}.identity`, contract, required: false, says: `address and contact person of ${name} were not told: declare them in contracts[].sub_processors.list` }))
}

/** What a contract must say is not asked for by Art. 30: it is named all the same, since an authority asks for both. */
function termLacks({ contracts }: RegisterRecord): Lack[] {
  return contracts.filter(({ endedAt, termsMissing }) => endedAt === undefined && termsMissing.length > 0)
    .map(({ id, termsMissing }) => ({ code: '28(3).terms', contract: id, required: false, says: `${termsMissing.length} mandatory terms of ${id} have no clause (${termsMissing.join(', ')}): bailee contract terms ${id}` }))
}

/** Whether Art. 30(2) is met: nothing required is missing. */
export const isCompliant = (record: RegisterRecord): boolean => !checkRecord(record).some(({ required }) => required)

/** Where what was declared and what was seen part. */
export function driftOf(record: RegisterRecord): Drift[] {
  const transfers = record.transfers.is === 'told' ? record.transfers.value : []
  return [
    ...transfers.filter((one) => !one.declared).map((one): Drift => ({ kind: 'transfer not declared', article: '28(3)(a), 44', about: one.country, says: `data go to ${one.country} (${one.seen.join('; ')}), and no contract names it` })),
    ...transfers.filter((one) => one.declared && one.seen.length === 0).map((one): Drift => ({ kind: 'transfer never seen', article: '30(2)(c)', about: one.country, says: `a contract names transfers to ${one.country}, and nothing was seen of them` })),
    ...record.categories.filter((one) => one.observed !== undefined && one.acceptedAt === undefined).map((one): Drift => ({ kind: 'work before acceptance', article: '28(3)(a), 29', about: one.instruction, says: `${one.observed!.sessions} sessions ran under ${one.instruction}, which nobody accepted` })),
    ...record.categories.filter((one) => one.inForce && one.observed === undefined && one.operations.some((operation) => operation === 'read' || operation === 'derive')).map((one): Drift => ({ kind: 'instruction never used', article: '30(2)(b)', about: one.instruction, says: `${one.instruction} is in force since ${day(one.from)}, and no session was seen under it: the work is done by another road, or not at all` })),
    ...record.categories.flatMap((one) => one.warnings.filter(({ standing }) => standing === 'open' || standing === 'agreed').map((warning): Drift => ({ kind: 'warning not settled', article: '28(3)', about: one.instruction, says: `the controller was told on ${day(warning.at)} that ${one.instruction} infringes ${warning.provision}, and ${warning.standing === 'open' ? 'has not answered' : 'agreed, but neither replaced nor withdrew it'}; work under it ${warning.suspended ? 'is suspended' : 'goes on'}` }))),
    ...record.copies.filter((one) => one.kind === 'found').map((one): Drift => ({ kind: 'copy that no instruction covers', article: '28(3)(g), 29', about: one.id, says: `${one.people ?? 'an unknown number of'} people's data stand in ${one.store}, ${one.place}, since ${day(one.since)} at the latest` })),
    ...record.copies.filter((one) => one.until !== undefined && one.until <= record.asOf).map((one): Drift => ({ kind: 'copy past its time', article: '28(3)(a)', about: one.id, says: `${one.id} should have been erased by ${day(one.until!)}, and is recorded as still in ${one.store}` })),
    ...(record.subProcessors.is === 'told' ? record.subProcessors.value : []).filter(({ authorised }) => !authorised).map((one): Drift => ({ kind: 'sub-processor without leave', article: '28(2)', about: one.name, says: `${one.name} is in the chain of ${one.contract} and may have no data: ${one.because ?? 'it is not authorised'}` })),
    ...ended(record),
  ]
}

const day = (at: number): string => new Date(at * 1000).toISOString().slice(0, 10)

function ended(record: RegisterRecord): Drift[] {
  const over = record.contracts.length > 0 && record.contracts.every(({ endedAt }) => endedAt !== undefined)
  const standing = record.certificates.some(({ invalidatedAt, status }) => invalidatedAt === undefined && status !== 'partial')
  const late = record.contracts.filter(({ ends, endedAt }) => ends !== undefined && ends <= record.asOf && endedAt === undefined)
  return [
    ...late.map((one): Drift => ({ kind: 'contract over and not ended', article: '28(3)(g)', about: one.id, says: `${one.id} was to end on ${day(one.ends!)}, and no exit case was opened: bailee contract end ${one.id}` })),
    ...(over && !standing ? [{ kind: 'ended without certificate', article: '28(3)(g)', about: record.controller.id, says: `every contract of ${record.controller.id} has ended, and no certificate stands` }] : []),
  ]
}
