import { z } from 'zod'
import { termCodes } from '#contract'
import { isEncoding } from '#inventory'
import { approvalUses, operations } from '#instruction'
import { courseIds } from '#people'
import { parseInstant } from '#kit/time'

/** The shape of bailee.yaml (`bailee: 1`). Strict: a key that is not known is a mistake, not a remark. */
const id = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'an id: letters, digits, dot, dash or underscore, at most 63')
const text = z.string().min(1).max(10_000).refine((value) => !value.includes('\u0000') && value.isWellFormed(), 'text without NUL or half characters')
const country = z.string().regex(/^[A-Z]{2}$/, 'a country code of two capitals (ISO 3166-1 alpha-2)')
const date = z.string().refine((value) => parseInstant(value) !== undefined, 'a date such as 2016-12-01 or 2016-12-01T09:00:00Z')
const hash = z.string().regex(/^sha256:[0-9a-f.…]+$/, 'sha256: and hexadecimal digits')
const reference = z.string().regex(/^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/, 'a reference, env:NAME or file:PATH; a URL may hold a password and is never written here')
const term = z.string().regex(/^[A-Za-z][A-Za-z0-9]*$/, 'a W3C DPV term such as Marketing')
const contact = z.union([z.literal('none'), z.strictObject({ name: text, contact: text })])
const representative = z.union([z.literal('none'), z.strictObject({ name: text, country, contact: text, mandate: hash.optional() })])

const party = { name: text, country, address: text.optional(), contact: text.optional(), email: text.optional(), phone: text.optional(), dpo: contact.optional(), representative: representative.optional() }

const processor = z.strictObject({
  ...party,
  origin: z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/, 'a DNS name such as optimove.example; it names the logs and never changes'),
  trade_name: text.optional(),
  canary_domains: z.array(z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/, 'a DNS name such as mail.optimove.example')).min(1).optional(),
  employees: z.number().int().nonnegative().optional(),
  reminders: z.union([z.strictObject({ smtp: reference, from: text }), z.strictObject({ webhook: reference, signing: reference })]).optional(),
  breach_record_days: z.number().int().nonnegative().max(92).optional(),
  measures: z.array(z.strictObject({ heading: z.string().regex(/^[a-z0-9_]+$/), text })).optional(),
})

const environment = z.strictObject({ id, class: z.enum(['production', 'non-production']), country, operator: text, protection: z.enum(['high', 'medium', 'low']), encryption_at_rest: text.optional() })

/** A road beside the gateway that stays open on purpose: `kind` and `name` as `bailee gateway roads` shows them. Somebody answers for it, and says why. */
const breakGlass = z.strictObject({
  kind: z.enum(['role', 'pg_hba', 'replication slot', 'subscription', 'publication', 'foreign server', 'extension', 'language', 'event trigger', 'session']).default('role'),
  name: text, owner: id, reason: text, until: date.optional(),
})

const store = z.strictObject({
  id, environment: id, kind: z.enum(['postgres', 'files', 'mysql', 'sqlite', 'redis', 's3']),
  gateway_url: reference.optional(), sweep_url: reference.optional(), erase_url: reference.optional(),
  data_directory: text.optional(), maintenance_url: reference.optional(),
  path: text.optional(), bucket: z.union([text, z.array(text).min(1)]).optional(), region: text.optional(), endpoint: reference.optional(), access_key: reference.optional(), secret_key: reference.optional(), erase_access_key: reference.optional(), erase_secret_key: reference.optional(),
  backups: z.union([z.literal('none'), z.strictObject({ expire_after_days: z.number().int().positive() })]).optional(),
  break_glass: z.array(breakGlass).optional(),
  results: z.strictObject({ megabytes_max: z.number().int().positive() }).optional(),
})

/** `public_key`: raw Ed25519 key in base64, made and kept by the signatory. */
const signatory = z.strictObject({ name: text, contact: text, public_key: z.string().regex(/^[A-Za-z0-9+/]{43}=$/, 'a raw Ed25519 public key in base64').optional() })
const controller = z.strictObject({ id, ...party, signatories: z.array(signatory).min(1, 'at least one signatory: somebody must be able to accept instructions') })

const contract = z.strictObject({
  id, controller: id, starts: date, ends: date.optional(), document: hash.optional(), subject_matter: text.optional(),
  at_end: z.strictObject({
    choice: z.enum(['delete', 'return', 'send_on']).optional(), recipient: text.optional(), retrieval_days: z.number().int().min(30, 'at least 30 days: the time to fetch data that the data act asks for').optional(), within_days: z.number().int().positive().optional(), clause: text.optional(),
    fingerprints: z.strictObject({ keep_until: date, instruction: id }).optional(),
  }).optional(),
  sub_processors: z.strictObject({ authorisation: z.enum(['general', 'specific', 'none']), notice_days: z.number().int().nonnegative().optional(), list: z.array(z.strictObject({ name: text, country, contact: text, address: text.optional(), contact_person: text.optional(), purpose: text.optional(), engaged_by: text.optional() })) }).optional(),
  processing: z.strictObject({ data_subjects: z.array(text).min(1).optional(), sensitive: text.optional(), assistance: text.optional() }).optional(),
  terms: z.partialRecord(z.enum(termCodes), text).optional(),
  transfers: z.array(z.strictObject({ country, tool: text, reference: text.optional() })).optional(),
  breach_notice_hours: z.number().positive().optional(),
})

const column = z.strictObject({ category: term, identifies: z.boolean().optional() })
/** One character that a byte stands for, and that ends no line. */
const mark = z.string().regex(/^[\t\x20-\x7e\x01-\x08\x1c-\x1f]$/, 'one ASCII character, such as ";" or "\\t"')
const dialect = z.strictObject({
  delimiter: mark.optional(), quote: z.union([mark, z.literal('none')]).optional(), encoding: z.string().refine(isEncoding, 'an encoding by its name on the web, such as utf-8, utf-16le, iso-8859-15, windows-1252').optional(),
  header: z.array(z.string().min(1)).min(1).optional(),
})
const datasetTable = z.strictObject({
  table: text, subject: text, country: text.optional(),
  separation: z.literal('shared_table').optional(), rows: text.optional(), isolated: z.boolean().optional(), watermark: z.string().min(1).optional(),
  changes: z.literal('replication').optional(), retained_bytes_max: z.number().int().positive().optional(), dialect: dialect.optional(), columns: z.record(z.string().min(1), column),
})
const dataset = z.strictObject({ id, controller: id, store: id, tables: z.array(datasetTable).min(1) })

const transform = z.union([z.string(), z.record(z.string(), z.unknown())])
const instruction = z.strictObject({
  id, contract: id, text, purposes: z.array(term).min(1), operations: z.array(z.enum(operations)).min(1),
  data: z.record(id, z.union([z.literal('*'), z.array(z.string().min(1)).min(1)])),
  environments: z.array(id).min(1), recipients: z.array(text).optional(), identifiable: z.boolean().optional(),
  transform: z.record(z.string(), transform).optional(), expires_after_days: z.number().int().positive().optional(), sensitive: z.array(z.string().min(1)).min(1).optional(),
  from: date, until: date.optional(), rows_per_session: z.number().int().positive().optional(), rows_per_day: z.number().int().positive().optional(), supersedes: id.optional(),
  second_person: z.strictObject({ uses: z.array(z.enum(approvalUses)).min(1), minutes: z.number().int().positive().max(1_440) }).optional(),
})

const person = z.strictObject({ id, name: text, contact: text, role: text })
const training = z.strictObject({ id, title: text, valid_months: z.number().int().positive().max(120).default(12), course: z.enum(courseIds() as [string, ...string[]]).optional(), required_for: z.union([z.literal('*'), z.array(text).min(1)]) })
/** What whoever has this role may do under instructions: moving to it keeps the grants that it covers. */
const role = z.strictObject({ id: text, operations: z.union([z.literal('*'), z.array(z.enum(operations)).min(1)]), purposes: z.union([z.literal('*'), z.array(term).min(1)]) })
const grant = z.strictObject({ person: id, instruction: id, until: date })

/** A word of a tlog-policy: no white space, and `none` is taken. */
const policyName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'letters, digits, dot, dash or underscore, at most 63')
const witness = z.strictObject({
  name: policyName,
  url: z.url({ protocol: /^https?$/, error: 'where the witness is asked, such as https://witness.example' }).refine((value) => { const { username, password, search, hash: fragment } = new URL(value); return `${username}${password}${search}${fragment}` === '' }, 'a URL without a user, a password, a question mark or a hash sign: it is recorded as it stands'),
  vkey: z.string().regex(/^\S+\+[0-9a-f]{8}\+\S+$/, 'the key that its operator gives you: name+hash+key'),
})

/** Who cosigns the root log, and how many are enough (C2SP tlog-policy). Declared anew as a whole: what is left out here is asked no more. */
const witnessing = z.strictObject({
  witnesses: z.array(witness).max(32).default([]),
  groups: z.array(z.strictObject({ name: policyName, needs: z.union([z.enum(['all', 'any']), z.number().int().positive()]), of: z.array(policyName).min(1) })).max(32).default([]),
  quorum: policyName,
})

export const estateSchema = z.strictObject({
  bailee: z.literal(1),
  processor,
  witnessing: witnessing.optional(),
  environments: z.array(environment).default([]),
  stores: z.array(store).default([]),
  controllers: z.array(controller).default([]),
  contracts: z.array(contract).default([]),
  datasets: z.array(dataset).default([]),
  instructions: z.array(instruction).default([]),
  people: z.array(person).default([]),
  roles: z.array(role).default([]),
  trainings: z.array(training).default([]),
  grants: z.array(grant).default([]),
})

export type Estate = z.infer<typeof estateSchema>
