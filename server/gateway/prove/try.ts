/** Tries the ways out of one plan at its own database, through a gateway that only the attempter can reach, as a session role like any other. */
import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Broken } from '#kit/errors'
import { parseAddress } from '../address.ts'
import { compile } from '../compile/index.ts'
import { rightsOf, roleOf } from '../compile/statements.ts'
import { Administration } from '../compile/store.ts'
import { tryAll, type Tried } from '../corpus/attempt.ts'
import { attemptsAtResults, mustRefuse, type Attempt, type Names } from '../corpus/read.ts'
import type { Doorkeeper, SessionPlan } from '../doorkeeper.ts'
import { listen } from '../listen.ts'
import { makeVerifier, saltOf } from '../scram.ts'
import type { ProofResult, Separation } from './types.ts'

/** Budget of the attempter: more than all refusals together take, less than any attempt to pack values would need. */
const rowsMax = 20_000
const bytesMax = 384 * 1024

/** Seconds that trying one plan may take. */
const secondsMax = 300
const statementSecondsMax = 20

const store = 'prove'

export interface Trying {
  readonly plan: SessionPlan
  readonly separation: Separation
  /** The short list of every hour instead of the whole one. */
  readonly canary?: boolean
}

/** The attempts that say something of a client's own database. */
export function attemptsToProve(canary = false): Attempt[] {
  return [...mustRefuse(), ...attemptsAtResults()].filter((attempt) => attempt.in === 'canary' || (!canary && attempt.in === 'prove'))
}

/** Names a list by what is in it: a proof by an older list is stale. */
export function listOf(attempts: readonly Attempt[]): string {
  return createHash('sha256').update(JSON.stringify(attempts)).digest('hex').slice(0, 12)
}

/**
 * Compiles the plan and tries every way out of it. Nothing of the client's data is changed, read out or copied: attempts are judged by error codes and
 * counts, and touch no row even where they get through. @throws Broken when the database cannot be reached or nobody is let in.
 */
export async function tryPlan({ plan, separation, canary = false }: Trying): Promise<ProofResult> {
  const address = parseAddress(plan.clientUrl)
  const database = new Administration(address)
  const attempts = attemptsToProve(canary).filter(({ unless }) => unless === undefined || !plan.operations.includes(unless)).filter(({ atResults }) => !atResults || rightsOf(plan).derives)
  const role = roleOf({ ...plan, database: address.database })
  const result = { role, list: listOf(attemptsToProve()), separation }
  try {
    const compiled = await compile(database, plan, address.database)
    if (compiled.outcome === 'found') {
      const findings = compiled.findings.map(({ what, fix }) => ({ what, ...(fix === undefined ? {} : { fix }) }))
      return { ...result, outcome: 'not compiled', held: 0, through: [], notTried: attempts.map(({ id }) => id), findings }
    }
    const tried = await throughGateway(plan, attempts, { ...await namesOf(database, plan, { gateway: address.user, database: address.database }), role })
    const through = tried.filter(({ outcome }) => outcome === 'through').map(({ id, says, because }) => ({ id, says, because }))
    const notTried = tried.filter(({ outcome }) => outcome === 'not tried').map(({ id }) => id)
    return { ...result, outcome: through.length === 0 ? 'held' : 'through', held: tried.length - through.length - notTried.length, through, notTried, findings: [] }
  } finally {
    await database.end()
  }
}

/** Names to try with, as the database itself quotes them: the first table of the plan, a column that it leaves out, a table that it leaves out. */
async function namesOf(database: Administration, plan: SessionPlan, own: { gateway: string; database: string }): Promise<Names> {
  const [first] = await database.run(`WITH plan AS (SELECT p.schema, p."table", p.columns, c.oid FROM jsonb_to_recordset($1::jsonb) AS p(schema text, "table" text, columns jsonb)
      JOIN pg_namespace n ON n.nspname = p.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = p."table")
    SELECT format('%I.%I', schema, "table") AS table, quote_ident(schema) AS schema, quote_ident(columns->>0) AS column, quote_ident(a.attname) AS forbidden,
      quote_ident($2) AS gateway, quote_ident($3) AS database,
      coalesce((SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
        AND c.oid NOT IN (SELECT oid FROM plan) ORDER BY c.oid LIMIT 1), 'pg_catalog.pg_authid') AS other
    FROM plan LEFT JOIN pg_attribute a ON a.attrelid = plan.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT plan.columns ? a.attname ORDER BY (a.attname IS NULL), schema, "table", a.attnum LIMIT 1`,
  [JSON.stringify(plan.tables), own.gateway, own.database])
  if (first === undefined) throw new Broken('gateway/prove', 'the tables of the instruction are gone')
  const { forbidden, ...names } = first as unknown as Names & { forbidden: string | null }
  return forbidden === null ? names : { ...names, forbidden }
}

async function throughGateway(plan: SessionPlan, attempts: readonly Attempt[], names: Names): Promise<Tried[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bailee-prove-'))
  chmodSync(directory, 0o700)
  const [password, secret] = [randomBytes(32).toString('base64url'), randomBytes(32)]
  const user = `prover+${plan.instruction}`
  const gateway = await listen({ doorkeeper: attempter(plan, password, secret), at: { directory, port: 5432 }, saltSecret: secret })
  try {
    return await tryAll(attempts, { at: { host: directory, port: 5432 }, user, password, store, names, bytesMax })
  } catch (cause) {
    throw new Broken('gateway/prove', 'the ways out could not be tried: the database does not let a session of the gateway in; see pg_hba.conf for +bailee_session', { cause })
  } finally {
    await gateway.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Lets in whoever holds the one token, under the one plan, and grants what the attempter's own budget allows: nothing of it leaves this process. */
function attempter(plan: SessionPlan, token: string, secret: Uint8Array): Doorkeeper {
  let sessions = 0
  return {
    credential: (person) => Promise.resolve(person === 'prover' ? { tokens: [{ id: 'prove', verifier: makeVerifier(token, saltOf(secret, person)) }] } : undefined),
    admit: (request) => {
      if (request.store !== store || request.instruction !== plan.instruction) return Promise.resolve({ outcome: 'refused', because: 'only what is being proved is open here', failing: [] })
      sessions += 1
      return Promise.resolve({ outcome: 'allowed', session: { ...plan, id: `${plan.id}-${sessions}`, rowsMax, bytesMax, sessionSecondsMax: secondsMax, statementSecondsMax, idleSecondsMax: statementSecondsMax } })
    },
    lease: (_session, { rows, bytes }) => Promise.resolve({ outcome: 'granted', rows, bytes }),
    close: () => Promise.resolve(),
    revoked: () => Promise.resolve([]),
  }
}
