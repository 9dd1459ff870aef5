/** An instruction while it is written: pure. */
import type { Answer } from '../client/shapes.ts'
import type { Operation, ScopeShown } from '../components/scope.tsx'

export type EditedScope = Answer<'/instructions/drafts/{id}'>['scope']
export type Choosable = Answer<'/instructions/choices'>
export type Contract = Choosable['contracts'][number]

/** Another value for some sides; undefined takes a side out. */
export const edited = (scope: EditedScope, changed: { readonly [Key in keyof EditedScope]?: EditedScope[Key] | undefined }): EditedScope =>
  Object.fromEntries(Object.entries({ ...scope, ...changed }).filter(([, value]) => value !== undefined)) as unknown as EditedScope

/** Everything closed. */
export function emptyScope({ id, contract, today }: { readonly id: string; readonly contract: Contract | undefined; readonly today: string }): EditedScope {
  return { id, contract: contract?.id ?? '', text: '', purposes: [], operations: [], data: {}, environments: [], from: today, ...(contract?.ends === null || contract === undefined ? {} : { until: contract.ends.slice(0, 10) }) }
}

const instantOf = (text: string | undefined): string | null => (text === undefined || Number.isNaN(Date.parse(text)) ? null : new Date(text).toISOString())

/** As its words are told. */
export const shownScope = (scope: EditedScope): ScopeShown => ({
  purposes: scope.purposes, operations: scope.operations as Operation[], environments: scope.environments, recipients: scope.recipients ?? [], identifiable: scope.identifiable ?? null,
  data: Object.entries(scope.data).map(([dataset, columns]) => ({ dataset, columns })), from: instantOf(scope.from), until: instantOf(scope.until), rowsPerSession: scope.rows_per_session ?? null, rowsPerDay: scope.rows_per_day ?? null,
})

export const missingParts = ['contract', 'text', 'purposes', 'operations', 'data', 'environments', 'recipients', 'from', 'until', 'id'] as const
export type Missing = (typeof missingParts)[number]

const isDate = (text: string): boolean => /^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text))

/** What is still to be said before it can be proposed, in the order of the form. */
export function missingOf(scope: EditedScope): Missing[] {
  const lacks: Readonly<Record<Missing, boolean>> = {
    contract: scope.contract === '', text: scope.text.trim() === '', purposes: scope.purposes.length === 0, operations: scope.operations.length === 0, data: Object.values(scope.data).every((columns) => columns !== '*' && columns.length === 0), environments: scope.environments.length === 0,
    recipients: scope.operations.includes('disclose') && (scope.recipients ?? []).length === 0, from: !isDate(scope.from), until: scope.until !== undefined && (!isDate(scope.until) || Date.parse(scope.until) <= Date.parse(scope.from)), id: !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(scope.id),
  }
  return missingParts.filter((part) => lacks[part])
}

/** Without datasets of which nothing is named, and lists that are empty: as it is proposed. */
export function proposedScope(scope: EditedScope): EditedScope {
  return edited(scope, {
    text: scope.text.trim(), data: Object.fromEntries(Object.entries(scope.data).filter(([, columns]) => columns === '*' || columns.length > 0)),
    recipients: scope.recipients?.length === 0 ? undefined : scope.recipients, supersedes: scope.supersedes === '' ? undefined : scope.supersedes,
  })
}

export interface Difference { readonly side: 'purposes' | 'operations' | 'environments' | 'recipients' | 'columns' | 'from' | 'until' | 'rowsPerSession' | 'rowsPerDay' | 'clear' | 'transform' | 'text' | 'contract'; readonly added: readonly string[]; readonly gone: readonly string[]; /** The dataset. */ readonly of?: string }

const lists = ['purposes', 'operations', 'environments', 'recipients'] as const

/** What the second says that the first does not, side by side. */
export function differencesOf(before: EditedScope, after: EditedScope): Difference[] {
  const found: Difference[] = lists.map((side) => ({ side, added: (after[side] ?? []).filter((one) => !(before[side] as readonly string[] | undefined ?? []).includes(one)), gone: (before[side] ?? []).filter((one) => !(after[side] as readonly string[] | undefined ?? []).includes(one)) }))
  for (const dataset of new Set([...Object.keys(before.data), ...Object.keys(after.data)])) {
    const [old, now] = [before.data[dataset] ?? [], after.data[dataset] ?? []].map((columns) => (columns === '*' ? ['*'] : columns)) as [string[], string[]]
    found.push({ side: 'columns', of: dataset, added: now.filter((one) => !old.includes(one)), gone: old.filter((one) => !now.includes(one)) })
  }
  const single = (side: Difference['side'], one: unknown, other: unknown): void => { found.push({ side, added: other === undefined || other === one ? [] : [String(other)], gone: one === undefined || other === one ? [] : [String(one)] }) }
  single('contract', before.contract, after.contract)
  single('from', before.from, after.from)
  single('until', before.until, after.until)
  single('rowsPerSession', before.rows_per_session, after.rows_per_session)
  single('rowsPerDay', before.rows_per_day, after.rows_per_day)
  single('clear', before.identifiable === true ? 'yes' : 'no', after.identifiable === true ? 'yes' : 'no')
  for (const column of new Set([...Object.keys(before.transform ?? {}), ...Object.keys(after.transform ?? {})])) {
    const [old, now] = [before.transform?.[column], after.transform?.[column]].map((one) => (one === undefined ? undefined : typeof one === 'string' ? one : JSON.stringify(one)))
    if (old !== now) found.push({ side: 'transform', of: column, added: now === undefined ? [] : [now], gone: old === undefined ? [] : [old] })
  }
  single('text', before.text, after.text)
  return found.filter(({ added, gone }) => added.length + gone.length > 0)
}
