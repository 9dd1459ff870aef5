import type { Tallied } from './statement/tally.ts'

/**
 * What the gateway asks of the rest of Bailee, and all it knows of it: who may enter, under what, how much may leave, and where
 * that is recorded. The gateway holds no ledger and decides nothing; whoever implements this port does both.
 *
 * The order of evidence (Art. 5(2), 28(3)(a), 29 GDPR) is kept by *when these promises resolve*: `admit` before the client hears
 * that it is authenticated, `lease` before the leased rows are sent. A promise that rejects, or an answer that is late, is a no.
 */
export interface Doorkeeper {
  /**
   * The live short-lived tokens of a person; undefined when there is no such person or no live token (the client cannot tell
   * these from a wrong token). Asked once a connection, before anything is decided. Expired tokens must not be listed.
   */
  credential(person: string): Promise<Credential | undefined>

  /**
   * Decides, and records the decision durably, before it resolves; a refusal is recorded too. Called only after the person
   * proved to hold one of the tokens of `credential`.
   */
  admit(request: AdmissionRequest): Promise<Admission>

  /**
   * Adds to what the session may release, durably, before it resolves: at most what is `asked`, at least what is `needed` (0 when it is
   * asked ahead). Refused: the session may release nothing more, and is cut where it stands. Never called twice at once for a session.
   */
  lease(session: string, asked: Lease, needed: Lease): Promise<LeaseAnswer>

  /** Records the end with exact counts. Called once for every admitted session, whether it ever opened or not. */
  close(session: string, counts: SessionCounts, because: CloseReason): Promise<void>

  /**
   * Asked between the compiled role and the session: whether the ways out of this plan, at this store, were tried and held. Resolves to nothing, or to why
   * it is not opened. May take as long as trying them takes. A doorkeeper without it opens what compiles.
   */
  proved?(plan: SessionPlan, store: string, role: string): Promise<string | undefined>

  /** Told when the compiler refuses a plan: what was proved there does not count any more. */
  drifted?(plan: SessionPlan, store: string, findings: readonly { readonly what: string }[]): Promise<void>

  /** Of these open sessions, those that must end now. Polled every second; when it fails for long, every session is ended. */
  revoked(sessions: readonly string[]): Promise<readonly string[]>

  /** Records what a session ran: shapes for the log, texts sealed. Called every few seconds and at the end, never for each statement. */
  statements?(session: string, tallied: readonly Tallied[]): Promise<void>

  /** Records, before it resolves, the tables that a session is about to keep under its instruction: nothing of them is committed before. Safe to call again. */
  derived?(session: string, kept: KeptTables): Promise<void>

  /** From now on tells what it hears, so that nothing waits for the next poll. Hearing nothing proves nothing. */
  attach?(heard: Heard): void

  /** Asks the other gateways to cancel the session with this key, whoever has it. */
  passCancel?(key: string): Promise<void>

  /** Gives up what it holds open. Called once, when the last session was closed. */
  stop?(): Promise<void>
}

/** The tables in a schema of results, as a session sees them. */
export interface KeptTables { readonly schema: string; readonly tables: readonly ResultTable[] }

export interface ResultTable { readonly name: string; readonly columns: readonly string[] }

export interface Heard {
  /** Something that sessions are judged by has changed. */
  changed(): void
  /** Another gateway was asked to cancel the session with this key. */
  cancelled(key: string): void
}

/** Row-equivalents and bytes. */
export interface Lease { readonly rows: number; readonly bytes: number }

export type LeaseAnswer =
  | { readonly outcome: 'granted'; readonly rows: number; readonly bytes: number }
  | { readonly outcome: 'refused'; readonly because: 'ended' | 'day budget spent' }

/**
 * What a person's tokens are checked against; never the tokens. In a SCRAM exchange the server names the salt before it can know
 * which token is meant, so all tokens of one person share one salt and one iteration count: make them with `saltOf` and
 * `makeVerifier` of this word. A verifier with another salt or count than the first is never matched.
 */
export interface Credential {
  readonly tokens: readonly Token[]
}

export interface Token {
  /** Names the token in evidence; says nothing about its value. */
  readonly id: string
  /** `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`, as PostgreSQL stores it. */
  readonly verifier: string
}

export interface AdmissionRequest {
  readonly person: string
  /** The id of a store, from the client's `dbname`. */
  readonly store: string
  /** Undefined when the client named none. */
  readonly instruction?: string
  readonly purpose?: string
  /** The client's `application_name`: its own word, unchecked, at most 64 printable ASCII characters. */
  readonly application?: string
  /** The `id` of the token that was proved. */
  readonly token: string
  /** What the session would lease first: recorded with the decision where the day's budget has room for it, so that opening waits for one entry less. */
  readonly first?: Lease
}

export type Admission =
  | { readonly outcome: 'allowed'; readonly session: SessionPlan }
  /** `because` is shown to the client: it names the failing dimensions, the articles and what to do next, and no subject's value. */
  | { readonly outcome: 'refused'; readonly because: string; readonly failing: readonly string[] }

/** What one admitted session may do. Everything not listed is not covered. */
export interface SessionPlan {
  /** Unique for ever; names the session in evidence. */
  readonly id: string
  readonly instruction: string
  /** The `gateway_url` of the store, resolved: an administrative login, see `compile/index.ts` for the rights it needs. */
  readonly clientUrl: string
  readonly tables: readonly TablePlan[]
  /** Operations of the instruction (`read`, `derive`, `write`, ...). Compiled: `read` and `derive` to SELECT, `write` to INSERT and UPDATE of the same columns, `erase` to DELETE; a list without any of these opens nothing. */
  readonly operations: readonly string[]
  /** What a session with `derive` may keep at the store, in a schema of its instruction's own; absent: it only reads. */
  readonly results?: { readonly bytesMax: number }
  /** Budget of the session in row-equivalents: a row, or each started width of a row in a longer message. */
  readonly rowsMax: number
  /** Budget of all bytes the server may send; by default `rowsMax` widths of a row and `overheadBytes` for what carries no rows. */
  readonly bytesMax?: number
  /**
   * Seconds until the session ends by itself: the earliest of its own limit, the token, the grant, the instruction and the contract.
   * A duration, because the machine's clock enforces it while the ledger's clock may be replayed.
   */
  readonly sessionSecondsMax: number
  /** What of `first` was leased with the decision; absent: nothing yet. Released only once the session has opened. */
  readonly leased?: Lease
  /** Seconds one statement may run; `statementSecondsMax` when left out. */
  readonly statementSecondsMax?: number
  /** Seconds a transaction may stay open without a statement; `idleSecondsMax` when left out. */
  readonly idleSecondsMax?: number
  /** Errors after which the session ends; `errorsMax` when left out. */
  readonly errorsMax?: number
}

export interface TablePlan {
  readonly schema: string
  readonly table: string
  /** Exactly these columns, by name; empty is refused. */
  readonly columns: readonly string[]
  /** For a table shared by several controllers: the SQL predicate of this controller's rows. Declared, weaker separation. */
  readonly rows?: string
}

/** What a session did, counted by the gateway and never taken from the client. */
export interface SessionCounts {
  readonly statements: number
  /** Rows sent to the client, as messages. */
  readonly rows: number
  /** Rows written, by the database's own count; absent: none. */
  readonly written?: number
  /** Row-equivalents charged: at least `rows` and `written`. */
  readonly charged: number
  /** Bytes of all server messages sent to the client. */
  readonly bytes: number
  /** Errors the database or the gateway answered with. */
  readonly errors: number
  /** Of these, statements refused for lack of a privilege (42501). */
  readonly refused: number
  /** Row-equivalents and bytes leased: what a crash would have charged. */
  readonly leasedRows: number
  readonly leasedBytes: number
}

/** Why a session ended; each has one cause. */
export type CloseCode =
  | 'client left'
  | 'database left'
  | 'not opened' // admitted, but the database did not pass the checks of the compiler, or could not be reached
  | 'budget spent'
  | 'day budget spent' // of this person under this instruction, over all sessions and gateways
  | 'too many errors'
  | 'lease refused' // the ledger said no, or did not answer
  | 'revoked'
  | 'session time over'
  | 'statement time over'
  | 'idle in transaction'
  | 'protocol' // a message the gateway does not let through: copy out, function call, asynchronous notification, malformed frame
  | 'results spent' // what the instruction keeps takes more room than the store gives it; undone
  | 'not kept' // a statement that makes something else than tables and indexes among results; undone
  | 'gateway closing'

export interface CloseReason {
  readonly code: CloseCode
  /** With 'not opened': what the compiler found, by name of object; with 'protocol': the message. No values. */
  readonly findings?: readonly string[]
}
