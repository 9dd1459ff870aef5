import { one, rows, sql, type Database, type Transaction } from '#database'
import type { AccessToken, Commitment, Move, Person, Role, Signatory, Standing, Training, TrainingPassed, Via } from './types.ts'

interface PersonRow { id: string; name: string; contact: string; role: string; leftAt: number | null }
const personOf = ({ leftAt, ...row }: PersonRow): Person => ({ ...row, ...(leftAt === null ? {} : { leftAt }) })

/** Staff, by id, those who left included (`leftAt`). */
export async function allPeople(executor: Database | Transaction): Promise<Person[]> {
  return (await rows<PersonRow>(executor, sql`select id, name, contact, role, left_at as "leftAt" from person order by id`)).map(personOf)
}

/** Every training that was declared, by id. */
export async function allTrainings(executor: Database | Transaction): Promise<Training[]> {
  const known = await rows<Training & { course: string | null }>(executor, sql`select id, title, valid_months as "validMonths", required_for as "requiredFor", course from training order by id`)
  return known.map(({ course, ...training }) => ({ ...training, ...(course === null ? {} : { course }) }))
}

interface PassedRow { person: string; training: string; passedAt: number; course: string | null; version: string | null; score: number | null; questions: number | null }

const passedOf = ({ training, passedAt, course, version, score, questions }: PassedRow): TrainingPassed =>
  ({ training, passedAt, ...(course === null || version === null || score === null || questions === null ? {} : { result: { course, version, score, questions } }) })

interface CommitmentRow { person: string; signedAt: number; textSha256: string | null; language: string | null; via: Via | null; withdrawnAt: number | null }

/** Every promise of confidentiality, those of people who left included, oldest first. */
export async function allCommitments(executor: Database | Transaction): Promise<Commitment[]> {
  const known = await rows<CommitmentRow>(executor, sql`select person, signed_at as "signedAt", text_sha256 as "textSha256", language, via, withdrawn_at as "withdrawnAt" from commitment order by signed_at, person`)
  return known.map(({ person, signedAt, textSha256, language, via, withdrawnAt }) => ({
    person, signedAt, ...(textSha256 === null ? {} : { textSha256 }), ...(language === null ? {} : { language }), ...(via === null ? {} : { via }), ...(withdrawnAt === null ? {} : { withdrawnAt }),
  }))
}

/** The standing of everybody, by person id. A commitment that ended with its owner's leaving lets nobody in again. */
export async function standings(executor: Database | Transaction): Promise<Map<string, Standing>> {
  const commitments = Map.groupBy((await allCommitments(executor)).filter(({ withdrawnAt }) => withdrawnAt === undefined), ({ person }) => person)
  const passed = Map.groupBy(
    await rows<PassedRow>(executor, sql`select person, training, passed_at as "passedAt", course, version, score, questions from training_passed order by passed_at`),
    (row) => row.person)
  return new Map((await allPeople(executor)).map((person) => {
    const first = commitments.get(person.id)?.[0]
    return [person.id, { person, passed: (passed.get(person.id) ?? []).map(passedOf), ...(first === undefined ? {} : { committedAt: first.signedAt }) }]
  }))
}

/** Every role that was declared, by id. */
export async function allRoles(executor: Database | Transaction): Promise<Role[]> {
  return rows<Role>(executor, sql`select id, operations, purposes from people_role order by id`)
}

/** Changes of role in whatever state, newest first, at most 1,000. */
export async function allMoves(executor: Database | Transaction): Promise<Move[]> {
  return rows<Move>(executor, sql`select id, person, from_role as "from", to_role as "to", revokes, proposed_by as "proposedBy", proposed_at as "proposedAt", state from people_move order by proposed_at desc, id limit 1000`)
}

/** Who may sign for this controller, by name; empty for an unknown one. */
export async function signatoriesOf(executor: Database | Transaction, controller: string): Promise<Signatory[]> {
  const found = await rows<Signatory & { publicKey: string | null; custody: Signatory['custody'] | null }>(executor, sql`
    select controller, name, contact, public_key as "publicKey", custody from signatory where controller = ${controller} order by name`)
  return found.map(({ publicKey, custody, ...rest }) => ({ ...rest, ...(publicKey === null ? {} : { publicKey }), ...(custody === null || custody === undefined ? {} : { custody }) }))
}

/** Tokens of a person that are still good at `now` (the machine's clock). */
export async function liveTokens(executor: Database | Transaction, person: string, now: number): Promise<AccessToken[]> {
  return rows<AccessToken>(executor, sql`/* prepared */
    select access_token.id, verifier, expires_at as "expiresAt" from access_token join person on person.id = access_token.person
    where access_token.person = ${person} and expires_at > ${now} and revoked_at is null and person.left_at is null order by issued_at desc, access_token.id limit 16`)
}

/** Whether somebody of this id is here: declared, and not gone. */
export async function personExists(executor: Database | Transaction, id: string): Promise<boolean> {
  return (await one<{ found: boolean }>(executor, sql`select exists(select 1 from person where id = ${id} and left_at is null) as found`)).found
}
