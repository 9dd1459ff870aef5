import { one, rows, sql, type Database, type Transaction } from '#database'
import { partOf, type Apply, type Entry } from '#ledger'
import { Refused } from '#kit/errors'
import type { AccessToken, Person, Signatory, Standing, Training, TrainingPassed } from './types.ts'

interface PersonRow { id: string; name: string; contact: string; role: string; leftAt: number | null }
const personOf = ({ leftAt, ...row }: PersonRow): Person => ({ ...row, ...(leftAt === null ? {} : { leftAt }) })

/** Staff, by id, those who left included (`leftAt`). */
export async function allPeople(executor: Database | Transaction): Promise<Person[]> {
  return (await rows<PersonRow>(executor, sql`select id, name, contact, role, left_at as "leftAt" from person order by id`)).map(personOf)
}

/** Every training that was declared, by id. */
export async function allTrainings(executor: Database | Transaction): Promise<Training[]> {
  return rows<Training>(executor, sql`select id, title, valid_months as "validMonths", required_for as "requiredFor" from training order by id`)
}

/** The standing of everybody, by person id. */
export async function standings(executor: Database | Transaction): Promise<Map<string, Standing>> {
  const commitments = new Map((await rows<{ person: string; at: number }>(executor, sql`select person, signed_at as at from commitment`)).map((row) => [row.person, row.at]))
  const passed = Map.groupBy(
    await rows<TrainingPassed & { person: string }>(executor, sql`select person, training, passed_at as "passedAt" from training_passed order by passed_at`),
    (row) => row.person)
  return new Map((await allPeople(executor)).map((person) => {
    const committedAt = commitments.get(person.id)
    return [person.id, { person, passed: passed.get(person.id) ?? [], ...(committedAt === undefined ? {} : { committedAt }) }]
  }))
}

/** Who may sign for this controller, by name; empty for an unknown one. */
export async function signatoriesOf(executor: Database | Transaction, controller: string): Promise<Signatory[]> {
  const found = await rows<Signatory & { publicKey: string | null; custody: Signatory['custody'] | null }>(executor, sql`
    select controller, name, contact, public_key as "publicKey", custody from signatory where controller = ${controller} order by name`)
  return found.map(({ publicKey, custody, ...rest }) => ({ ...rest, ...(publicKey === null ? {} : { publicKey }), ...(custody === null || custody === undefined ? {} : { custody }) }))
}

/** Tokens of a person that are still good at `now` (the machine's clock). */
export async function liveTokens(executor: Database | Transaction, person: string, now: number): Promise<AccessToken[]> {
  return rows<AccessToken>(executor, sql`
    select access_token.id, verifier, expires_at as "expiresAt" from access_token join person on person.id = access_token.person
    where access_token.person = ${person} and expires_at > ${now} and person.left_at is null order by issued_at desc, access_token.id limit 16`)
}

/** Folds `people.*`. */
export const applyPeople: Apply = async (tx, entry) => {
  switch (entry.type) {
    case 'people.declared': return declare(tx, entry)
    case 'people.left': return leave(tx, entry)
    case 'people.signatory_declared': return declareSignatory(tx, entry)
    case 'people.key_registered': return registerKey(tx, entry)
    case 'people.token_issued': return issueToken(tx, entry)
    default: throw new Refused('people/unknown-entry', `people does not know entries of type ${entry.type}`)
  }
}

async function declare(tx: Transaction, entry: Entry): Promise<void> {
  const person = partOf<Person>(entry, 'people')
  if (person === undefined) return
  await rows(tx, sql`
    insert into person (id, name, contact, role, declared_at) values (${person.id}, ${person.name}, ${person.contact}, ${person.role}, ${entry.at})
    on conflict (id) do update set name = excluded.name, contact = excluded.contact, role = excluded.role, left_at = null`)
}

async function leave(tx: Transaction, entry: Entry): Promise<void> {
  const left = partOf<{ person: string }>(entry, 'evidence')
  if (left !== undefined) await rows(tx, sql`update person set left_at = ${entry.at} where id = ${left.person}`)
}

async function declareSignatory(tx: Transaction, entry: Entry): Promise<void> {
  const signatory = partOf<Signatory>(entry, 'people')
  if (signatory === undefined) return
  await rows(tx, sql`
    insert into signatory (slot, controller, name, contact, public_key, custody)
    values (${entry.slot}, ${signatory.controller}, ${signatory.name}, ${signatory.contact}, ${signatory.publicKey ?? null}, ${signatory.publicKey === undefined ? null : 'signatory'})
    on conflict (controller, name) do update set contact = excluded.contact,
      public_key = coalesce(excluded.public_key, signatory.public_key), custody = coalesce(excluded.custody, signatory.custody)`)
}

async function registerKey(tx: Transaction, entry: Entry): Promise<void> {
  const key = partOf<{ controller: string; name: string; publicKey: string; custody: string }>(entry, 'people')
  if (key === undefined) return
  const changed = await rows(tx, sql`
    update signatory set public_key = ${key.publicKey}, custody = ${key.custody}
    where controller = ${key.controller} and name = ${key.name} and public_key is null returning name`)
  if (changed.length !== 1) throw new Refused('people/key-exists', 'this signatory already has a key, or is not a signatory of this controller')
}

async function issueToken(tx: Transaction, entry: Entry): Promise<void> {
  const token = partOf<AccessToken & { person: string }>(entry, 'access')
  if (token === undefined) return
  await rows(tx, sql`
    insert into access_token (id, person, verifier, issued_at, expires_at)
    values (${token.id}, ${token.person}, ${token.verifier}, ${entry.at}, ${token.expiresAt})`)
}

/** Folds `commitment.signed`: a person promised confidentiality (Art. 28(3)(b)). */
export const applyCommitment: Apply = async (tx, entry) => {
  const signed = partOf<{ person: string }>(entry, 'evidence')
  if (signed === undefined) return
  await rows(tx, sql`insert into commitment (person, signed_at) values (${signed.person}, ${entry.at}) on conflict (person) do update set signed_at = least(commitment.signed_at, excluded.signed_at)`)
}

/** Folds `training.declared` and `training.passed`. */
export const applyTraining: Apply = async (tx, entry) => {
  if (entry.type === 'training.declared') {
    const training = partOf<Training>(entry, 'evidence')
    if (training === undefined) return
    await rows(tx, sql`
      insert into training (id, title, valid_months, required_for, declared_at)
      values (${training.id}, ${training.title}, ${training.validMonths}, ${JSON.stringify(training.requiredFor)}, ${entry.at})
      on conflict (id) do update set title = excluded.title, valid_months = excluded.valid_months, required_for = excluded.required_for`)
    return
  }
  const passed = partOf<{ person: string; training: string }>(entry, 'evidence')
  if (passed === undefined) return
  await rows(tx, sql`insert into training_passed (person, training, passed_at) values (${passed.person}, ${passed.training}, ${entry.at}) on conflict do nothing`)
}

export async function personExists(executor: Database | Transaction, id: string): Promise<boolean> {
  return (await one<{ found: boolean }>(executor, sql`select exists(select 1 from person where id = ${id} and left_at is null) as found`)).found
}
