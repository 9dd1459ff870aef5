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

/** Bytes of a statement's text that are kept for its shape and its sealed record. Longer ones are lists of values. */
export const statementTextBytesMax = 8 * 1024

/** Texts, and bytes of texts, between two records of a session's statements; beyond, statements are counted without their text. */
export const statementTextsMax = 500
export const statementTextsBytesMax = 256 * 1024

/** Milliseconds between two records of what a session ran: what a crash may lose of shapes and texts (never of rows, which are leased). */
export const statementsMilliseconds = 5_000

/** Prepared statements whose kind is remembered, for the same purpose; beyond, the dimension is left open between two. */
export const preparedMax = 1_000

/** Seconds one statement may run when the plan says nothing. PostgreSQL's own timeout can be switched off by the user; this cannot. */
export const statementSecondsMax = 600

/** Seconds a transaction may wait for its next statement when the plan says nothing: it holds back vacuum at the client. */
export const idleSecondsMax = 300

/** Row-equivalents of the first lease and the least of any: small, because a crash charges what was leased. */
export const leaseRowsMin = 1_000

/** Row-equivalents of one lease at most: so that a crash never charges more than this beyond what was sent. */
export const leaseRowsMax = 250_000

/** A lease is this part of what was used so far, between the two limits above: a crash over-counts by an eighth. */
export const leaseShare = 8

/** A session that takes more than such a lease in so many milliseconds leases what it takes in them, up to as much again as it used so far: each lease is an entry, and fifty a second would slow it down. */
export const leaseMilliseconds = 500

/** Bytes beyond the widths of its rows that a session may use for what carries no rows: descriptions, completions, ready. */
export const overheadBytes = 1024 * 1024

/** Row-equivalents of a session whose instruction names no budget: a look, not a copy. */
export const rowsPerSessionDefault = 10_000

/** A person's day under an instruction that names none is so many full sessions: connecting again is no way around the budget. */
export const rowsPerDayFactor = 10

/** Near the end of a day's budget a lease is this part of the rest: so that an idle session does not hold what another needs. */
export const leaseOfRest = 4

/** Times a lease is asked for anew because another gateway was faster. */
export const leaseTriesMax = 5

/** Seconds of a session at most: a working day's half, so that a person's standing is looked at again. */
export const sessionSecondsMax = 4 * 3_600

/** Sessions one person may have open, over all gateways: a pool of any tool, not a crawl. */
export const sessionsPerPersonMax = 64

/** Sessions open under one instruction, over all gateways: each is a connection at the client's database, which admits 100 in stock. */
export const sessionsPerInstructionMax = 80

/** Errors of one session: each can carry a value of the statement's choice, and nobody mistypes so often. */
export const errorsMax = 1_000

/** Cancel requests passed on to other gateways in a second: whoever sends one is not known. */
export const cancelsPassedPerSecondMax = 50

/** Milliseconds between two looks whether other gateways still live; what two looks find dead is closed. */
export const livenessMilliseconds = 5_000

/** Milliseconds after which a silent connection is asked for a sign of life: a peer that vanished holds its session no longer than the probes take (ten, a second apart). One that vanished in the middle of an answer is found by the time of its statement. */
export const keepAliveMilliseconds = 30_000

/** Milliseconds between two questions to the ledger which sessions were revoked. Changes are told at once; this is for what ends by the clock, and for what was not heard. */
export const revocationMilliseconds = 500

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

/** Seconds a login at a client database waits for the next session under its instruction: whoever works opens one after another, and an idle backend costs the client's server a connection. */
export const loginAheadSecondsMax = 60

/** Seconds for which a login may be given to one session after another of the same person under the same instruction: behind that it is made anew. */
export const loginKeptSecondsMax = 3_600

/** Session roles outlive their session by this: the database compares with its own clock. */
export const clockSkewSeconds = 30

/** Seconds a session role may exist, used or not: behind that no session can be under way that began with it. */
export const roleSecondsMax = loginKeptSecondsMax + loginAheadSecondsMax + sessionSecondsMax + clockSkewSeconds

/** Logins that wait at one client database at once: one for each instruction and form of values that is at work. */
export const loginsAheadMax = 8
