/** What a client reads when it is refused or ended: a SQLSTATE, what failed, under which article, what to do next. Never a value. */
import type { CloseCode, SessionPlan, TablePlan } from './doorkeeper.ts'
import type { Finding } from './compile/index.ts'
import { qualified, rightsOf } from './compile/statements.ts'
import { reads, writes } from './wire/client.ts'
import { writeFields, type ErrorText } from './wire/messages.ts'

/** What the General Data Protection Regulation says of acting without an instruction. */
export const articles = 'Art. 28(3)(a), 29 GDPR'

/** Columns named in a hint: enough for any instruction a person would read in a terminal. */
const columnsShownMax = 20

/** Findings named to the client; all of them are in the record. */
const findingsShownMax = 5

const fatal = (code: string, message: string, rest: { detail?: string; hint?: string } = {}): ErrorText => ({ severity: 'FATAL', code, message, ...rest })

export const refusals = {
  malformed: (because: string): ErrorText => fatal('08P01', `not understood: ${because}`),
  tlsRequired: (): ErrorText => fatal('28000', 'this gateway only speaks TLS here', { hint: 'Connect with sslmode=verify-full (or require).' }),
  tooMany: (): ErrorText => fatal('53300', 'too many connections at this gateway', { hint: 'Close what is not used, or try again.' }),
  unnamed: (because: string, hint: string): ErrorText => fatal('28000', because, { hint }),
  method: (): ErrorText => fatal('28000', 'only SCRAM-SHA-256 is spoken here'),
  token: (): ErrorText => fatal('28P01', 'the token was not accepted', { hint: 'Tokens are short-lived; make a new one with: bailee people token' }),
  slow: (): ErrorText => fatal('57014', 'authentication took too long'),
  notCovered: (because: string): ErrorText => fatal('42501', because, {
    detail: `Nothing may be done with a controller's data without its documented instruction (${articles}). The refusal is recorded.`,
    hint: 'See which instruction would cover it: bailee decision explain',
  }),
  unsafe: (store: string, findings: readonly Finding[]): ErrorText => fatal('42501', `store ${store} cannot be opened for this instruction: ${findings.slice(0, findingsShownMax).map(({ what }) => what).join('; ')}`, {
    detail: `The database would let a session reach more, or less, than the instruction covers (${articles}); ${findings.length} found.`,
    hint: findings.slice(0, findingsShownMax).map(({ fix }) => fix).filter((fix) => fix !== undefined).map((fix) => `${fix};`).join(' ') || 'Ask whoever declares the stores.',
  }),
  unproved: (store: string, because: string): ErrorText => fatal('42501', `store ${store} cannot be opened for this instruction: ${because}`, {
    detail: `What an instruction covers must be all that a session can reach (${articles}).`, hint: `Tell whoever runs Bailee: bailee gateway prove --store ${store}`,
  }),
  records: (): ErrorText => fatal('58000', 'the gateway cannot reach its records, and lets nothing through without them', { hint: 'Try again; tell whoever runs Bailee.' }),
  database: (): ErrorText => fatal('08006', 'the client database could not be opened', { hint: 'Tell whoever runs Bailee: the store\'s gateway_url or its pg_hba.conf.' }),
}

/** The last message of a session, by why it ended; undefined when the client left or the database said it itself. */
export function farewell(code: CloseCode, plan: Pick<SessionPlan, 'instruction' | 'rowsMax'>, finding = ''): ErrorText | undefined {
  const { instruction } = plan
  switch (code) {
    case 'budget spent': return fatal('53400', `the budget of instruction ${instruction} for one session is spent`, {
      detail: `The next message is beyond ${plan.rowsMax} row-equivalents, or beyond the bytes that go with them: more than this is a copy, which this instruction does not cover (${articles}).`,
      hint: 'Read fewer rows, aggregate in the database, or ask for an instruction that covers a copy.',
    })
    case 'day budget spent': return fatal('53400', `the budget of this day under instruction ${instruction} is spent`, {
      detail: `It is one for all sessions of a person on a day (UTC), and counts what sessions still open may send (${articles}).`,
      hint: 'Close sessions that are not used, come back tomorrow, or ask for an instruction that covers more.',
    })
    case 'too many errors': return fatal('57P01', 'this session has met more errors than any work does', { hint: 'Connect again; look at what sends these statements.' })
    case 'lease refused': return fatal('57P01', `instruction ${instruction} no longer lets this session read, or its record could not be written`, { hint: 'Connect again; if it is refused, the answer says why.' })
    case 'revoked': return fatal('57P01', `what allowed this session has ended: the instruction ${instruction}, its contract, a grant, a training, the session itself, or the proof that nothing leads out of it`, { detail: `(${articles})`, hint: 'See what is missing: bailee decision explain' })
    case 'session time over': return fatal('57P01', 'the time of this session is over', { hint: 'Connect again with a live token.' })
    case 'statement time over': return fatal('57014', 'the statement ran longer than the gateway allows', { hint: 'Make it smaller, or run it as an activity.' })
    case 'idle in transaction': return fatal('25P03', 'the transaction was left open too long', { hint: 'Commit or roll back after each piece of work.' })
    case 'protocol': return fatal('0A000', `this is not let through: ${finding}`, {
      detail: `What leaves must be counted against instruction ${instruction} (${articles}).`, hint: 'Use SELECT; a copy needs an instruction with the operation copy.',
    })
    case 'results spent': return fatal('53100', `the results kept under instruction ${instruction} take more room than is given to them`, {
      detail: `What went beyond it is undone, unless it commits by itself (CREATE INDEX CONCURRENTLY, REINDEX CONCURRENTLY, VACUUM)${finding === '' ? '' : `: ${finding}`}.`, hint: 'Drop results that are no longer needed, or keep fewer columns and rows.',
    })
    case 'not kept': return fatal('0A000', `this is not let through where results are kept: ${finding}`, {
      detail: `Only tables and their indexes are kept, for instruction ${instruction} alone (${articles}). What the transaction did is undone.`, hint: 'Use CREATE TABLE AS, INSERT, CREATE INDEX, DROP TABLE; in place of ALTER TABLE make another table.',
    })
    case 'gateway closing': return fatal('57P01', 'the gateway is closing', { hint: 'Connect again.' })
    case 'not opened': return refusals.database()
    case 'client left': case 'database left': return undefined
    default: return code satisfies never
  }
}

/** Messages by their letter, in words. */
export function kindOfMessage(letter: string): string {
  const kinds: Readonly<Record<string, string>> = {
    H: 'COPY to the client', W: 'COPY in both directions', A: 'asynchronous notifications (LISTEN)', F: 'function calls by number', d: 'COPY data', V: 'function calls by number',
  }
  return kinds[letter] ?? 'a message of an unexpected kind'
}

/**
 * An ErrorResponse of the client database for lack of a privilege (42501), with what a person needs to go on: which dimension failed, under
 * which instruction and article, and what the instruction does cover. `kinds`: of the statements it may be about. The database's own text comes first.
 */
export function explainDenied(fields: Map<string, string>, plan: Pick<SessionPlan, 'instruction' | 'tables' | 'operations' | 'results'>, kinds: number): Buffer {
  const said = fields.get('M') ?? ''
  const failing = failingOf(said, kinds)
  fields.set('M', `${said} (not covered by ${ascii(plan.instruction)}: ${failing})`) // many tools show this field and no other
  const why = `Not covered by instruction ${plan.instruction}: failing ${failing} (${articles}).`
  const next = `It covers ${verbs(plan)} ${covered(plan.tables)}. For more, ask for an instruction that names it: bailee decision explain`
  for (const [letter, text] of [['D', why], ['H', next]] as const) {
    const before = fields.get(letter)
    fields.set(letter, before === undefined ? ascii(text) : `${before}\n${ascii(text)}`)
  }
  return writeFields('E', fields)
}

/** A syntax error where it may be that several statements were sent in one text; undefined for any other. */
export function explainSeveral(fields: Map<string, string>): Buffer | undefined {
  if (!/multiple commands/.test(fields.get('M') ?? '')) return undefined
  fields.set('M', 'several statements in one text are not let through in a session that may write')
  fields.set('H', 'Send them one at a time, in a transaction if they belong together: each is counted before the next one, and before it is kept.')
  return writeFields('E', fields)
}

function failingOf(text: string, kinds: number): string {
  // The database names the kind of object; only tables, views, columns and schemas are data, the rest is something to be done.
  if (!/^permission denied for (table|view|materialized view|foreign table|column|relation|schema|sequence) /.test(text)) return 'operation'
  if (kinds === reads) return 'data'
  return kinds === writes ? 'operation' : 'data or operation'
}

/** What an instruction lets a session do, as words. */
function verbs(plan: Pick<SessionPlan, 'operations' | 'results'>): string {
  const { reads, writes, erases } = rightsOf(plan)
  return [...(reads ? ['reading'] : []), ...(writes ? ['writing'] : []), ...(erases ? ['deleting rows with'] : [])].join(' and ')
}

function covered(tables: readonly TablePlan[]): string {
  let left = columnsShownMax
  const parts: string[] = []
  for (const table of tables) {
    const shown = table.columns.slice(0, left)
    left -= shown.length
    if (shown.length > 0) parts.push(`${shown.join(', ')} of ${qualified(table).replaceAll('"', '')}`)
  }
  const all = tables.reduce((sum, { columns }) => sum + columns.length, 0)
  return parts.join('; ') + (all > columnsShownMax ? ` and ${all - columnsShownMax} columns more` : '')
}

/** Text that reads the same in every client encoding. */
function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?')
}
