/** What a second person is shown, and approves: all that a copy or a disclosure would do. Pure but for the asking. */
import { createHash } from 'node:crypto'
import type { DatasetTable, Store } from '#inventory'
import { askApproval, type Approval, type ApprovalUse } from '#instruction'
import type { Json, Ledger } from '#ledger'
import type { Act, Decision } from '#decision'
import { Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { Destination } from './destination.ts'
import type { PlannedCopy } from './plan.ts'
import type { Authorised } from './recipient.ts'

export interface CopyPlanned { readonly request: { readonly format?: string | undefined; readonly readers?: readonly string[] | undefined }; readonly planned: PlannedCopy; readonly source: Store; readonly target: Store; /** As it was asked for; undefined: of the copy's own name. */ readonly folder: string | undefined; readonly purpose: string; readonly sample: number; readonly transforms: Readonly<Record<string, unknown>>; readonly days: number | undefined }

/** What a copy would do: of which rows of which tables, each column changed how, to where, for whom to read, until when. */
export function whatCopied({ request, planned, source, target, folder, purpose, sample, transforms, days }: CopyPlanned): Json {
  return {
    use: 'copy', purpose, dataset: planned.dataset.id, source: source.id, to: { store: target.id, environment: target.environment, folder: folder ?? null, format: request.format ?? null, readers: [...new Set(request.readers ?? [])].sort() }, people: sample, days: days ?? null,
    tables: planned.tables.map(({ table, columns }) => ({ from: table.table, rows: table.rows ?? null, columns: Object.fromEntries(columns.map(({ name, held }) => [name, { transform: (transforms[name] ?? null) as Json, type: held }])) })),
  }
}

export interface DisclosurePlanned { readonly request: { readonly to: string; readonly recipientKey?: string | undefined; readonly trusted?: string | undefined }; readonly purpose: string; readonly authorised: Authorised; readonly destination: Destination; readonly segment: { readonly store: Store; readonly table: DatasetTable; readonly columns: readonly string[]; readonly named: string } }

/** What a disclosure would do: which rows and columns of what, to whom, where, encrypted to which key. Of an address that may hold a signature the host and a hash of all of it. */
export function whatDisclosed({ request, purpose, authorised, destination, segment }: DisclosurePlanned): Json {
  const { store, table, columns, named } = segment
  return {
    use: 'disclose', purpose, from: { store: store.id, environment: store.environment, source: named, rows: table.rows ?? null, columns: [...columns] },
    to: { recipient: request.to, country: authorised.country, tool: authorised.tool, host: destination.host, address_sha256: addressHash(destination), sealed_to: request.recipientKey ?? null, trusted_sha256: request.trusted === undefined ? null : sha256(request.trusted) },
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Of everything that says where data go; of keys and passwords, which say only who sends them, nothing. */
function addressHash(destination: Destination): string {
  if (destination.kind === 'bucket') return sha256(JSON.stringify([destination.access.endpoint ?? null, destination.access.region, destination.bucket, destination.prefix]))
  const address = new URL(destination.address)
  address.username = address.password = ''
  return sha256(address.href)
}

export interface Asking { readonly use: ApprovalUse; readonly act: Act; readonly decision: Decision; readonly instruction: string; readonly what: Json; readonly reason: string; readonly minutes?: number | undefined }

/** Asks a second person for exactly that. Throws `Refused` where something else stands against it, so that nobody approves what cannot be. */
export async function askFor(ledger: Ledger, { use, act, decision, instruction, what, reason, minutes }: Asking, at: Instant): Promise<Approval> {
  const rest = decision.failing.filter((one) => one !== 'approval')
  if (rest.length > 0) throw new Refused('transfer/not-covered', `nobody is asked: not covered by ${instruction} whoever approves it: ${rest.join(', ')}`)
  return askApproval(ledger, { instruction, use, person: act.person, reason, minutes, what }, at)
}

/** What a refusal adds where a second person's approval is what lacks. */
export const approvalHint = ({ failing }: Decision): string => (failing.includes('approval') ? '; a second person approves exactly this, to this address and of these columns: the same command with --ask "what for"' : '')
