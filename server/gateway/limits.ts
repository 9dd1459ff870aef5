// Every limit of the gateway in one place: name, unit, reason.

/** Bytes a connection may send before it is authenticated. A startup packet with every allowed parameter is under 1 KiB. */
export const preAuthBytesMax = 16 * 1024

/** Seconds from the first byte to a proved token. A person never types it: clients send it at once. */
export const authenticateSecondsMax = 10

/** Seconds from a proved token to a session that answers: decision, compiled role and login at the client database. */
export const openSecondsMax = 30

/** Connections at once that have not been authenticated yet: they cost memory and name nobody. */
export const strangersMax = 256

/** Sessions at once in one process: each holds two sockets and a role at the client database. */
export const sessionsMax = 1_000

/** Bytes of one statement (Query, Parse). More than any ORM writes; COPY and parameters are streamed and never held. */
export const statementBytesMax = 8 * 1024 * 1024

/** Bytes of one Bind: its parameters pass through unread, and are limited only so that no length is believed blindly. */
export const bindBytesMax = 64 * 1024 * 1024

/** Bytes of any other client message: names of statements and portals, copy data in pieces of the client's choice. */
export const messageBytesMax = 16 * 1024 * 1024

/** Bytes of an error held whole to be explained. Longer ones pass as they are, charged like everything else. */
export const errorBytesMax = 64 * 1024

/** Bytes at the start of a statement that are looked at to name the failing dimension of a refusal. */
export const statementHeadBytesMax = 256

/** Prepared statements whose kind is remembered, for the same purpose; beyond, the dimension is left open between two. */
export const preparedMax = 1_000

/** Seconds one statement may run when the plan says nothing. PostgreSQL's own timeout can be switched off by the user; this cannot. */
export const statementSecondsMax = 600

/** Seconds a transaction may wait for its next statement when the plan says nothing: it holds back vacuum at the client. */
export const idleSecondsMax = 300

/** Row-equivalents of the first lease and the least of any: small, because a crash charges what was leased. */
export const leaseRowsMin = 1_000

/** Row-equivalents of one lease at most: so that a crash never charges more than this beyond what was sent. */
export const leaseRowsMax = 100_000

/** A lease is this part of what was used so far, between the two limits above: a crash over-counts by an eighth. */
export const leaseShare = 8

/** Bytes beyond the widths of its rows that a session may use for what carries no rows: descriptions, completions, ready. */
export const overheadBytes = 1024 * 1024

/** Milliseconds between two questions to the ledger which sessions were revoked: half of it, on average, is the delay of a revocation. */
export const revocationMilliseconds = 1_000

/** Seconds the ledger may leave that question unanswered before every session ends: closed by default. */
export const revocationSilenceSecondsMax = 10

/** Milliseconds between two looks at the clocks of all sessions. */
export const clockMilliseconds = 250

/** Seconds a session in a statement may go on when the gateway closes. */
export const drainSecondsMax = 10

/** Seconds a client may take to read the last message before its socket is destroyed. */
export const farewellSecondsMax = 5

/** Seconds for which a verified database counts as verified: what was changed behind our back is found within this. */
export const verifiedSecondsMax = 60

/** Seconds between two looks for session roles that a crash left behind. */
export const reapSeconds = 60

/** Seconds a session role may exist without a connection: the time between creating it and logging in, doubled. */
export const roleUnusedSecondsMax = 60
