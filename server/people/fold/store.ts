/** How entries of people, commitments and trainings become rows. */
import { rows, sql, type Transaction } from '#database'
import { partOf, type Apply, type Entry } from '#ledger'
import { Refused } from '#kit/errors'
import { closeAccountsOf } from '../access/store.ts'
import type { AccessToken, CourseResult, Person, Role, Signatory, Training, Via } from '../types.ts'

/** Folds `people.*`. */
export const applyPeople: Apply = async (tx, entry) => {
  switch (entry.type) {
    case 'people.declared': return declare(tx, entry)
    case 'people.left': return leave(tx, entry)
    case 'people.role_declared': return declareRole(tx, entry)
    case 'people.move_proposed': return proposeMove(tx, entry)
    case 'people.moved': return endMove(tx, entry, 'moved')
    case 'people.move_refused': return endMove(tx, entry, 'refused')
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

/** Whoever comes back signs again and asks for new tokens: nothing of before is lived on by being declared anew. */
async function leave(tx: Transaction, entry: Entry): Promise<void> {
  const left = partOf<{ person: string }>(entry, 'evidence')
  if (left === undefined) return
  await rows(tx, sql`update person set left_at = ${entry.at} where id = ${left.person}`)
  await rows(tx, sql`update commitment set withdrawn_at = ${entry.at} where person = ${left.person} and withdrawn_at is null`)
  await rows(tx, sql`update access_token set revoked_at = ${entry.at} where person = ${left.person} and revoked_at is null`)
  await rows(tx, sql`update people_move set state = 'refused', ended_at = ${entry.at} where person = ${left.person} and state = 'proposed'`)
  await closeAccountsOf(tx, left.person, entry.at)
}

async function declareRole(tx: Transaction, entry: Entry): Promise<void> {
  const role = partOf<Role>(entry, 'evidence')
  if (role === undefined) return
  await rows(tx, sql`
    insert into people_role (id, operations, purposes) values (${role.id}, ${JSON.stringify(role.operations)}, ${JSON.stringify(role.purposes)})
    on conflict (id) do update set operations = excluded.operations, purposes = excluded.purposes`)
}

async function proposeMove(tx: Transaction, entry: Entry): Promise<void> {
  const move = partOf<{ move: string; person: string; from: string; to: string; revokes: string[]; by: string }>(entry, 'evidence')
  if (move === undefined) return
  const open = await rows(tx, sql`select id from people_move where person = ${move.person} and state = 'proposed'`)
  if (open.length > 0) throw new Refused('people/move-open', `a change of role of ${move.person} already waits to be confirmed; confirm it or refuse it first`)
  await rows(tx, sql`
    insert into people_move (id, person, from_role, to_role, revokes, proposed_by, proposed_at, state)
    values (${move.move}, ${move.person}, ${move.from}, ${move.to}, ${JSON.stringify(move.revokes)}, ${move.by}, ${entry.at}, 'proposed')`)
}

async function endMove(tx: Transaction, entry: Entry, state: 'moved' | 'refused'): Promise<void> {
  const ended = partOf<{ move: string; by: string }>(entry, 'evidence')
  if (ended === undefined) return
  const move = (await rows<{ person: string; to: string; proposedBy: string; state: string }>(tx, sql`select person, to_role as "to", proposed_by as "proposedBy", state from people_move where id = ${ended.move} for update`))[0]
  if (move?.state !== 'proposed') throw new Refused('people/move', `the change of role ${ended.move} is ${move?.state ?? 'not known'} and cannot become ${state}`)
  if ([move.person, move.proposedBy].includes(ended.by)) throw new Refused('people/second-person', `a change of role needs a second person, not ${ended.by}`)
  await rows(tx, sql`update people_move set state = ${state}, ended_by = ${ended.by}, ended_at = ${entry.at} where id = ${ended.move}`)
  if (state === 'moved') await rows(tx, sql`update person set role = ${move.to} where id = ${move.person}`)
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

/**
 * Folds `commitment.signed`: a person promised confidentiality (Art. 28(3)(b)). One that names no text, beside a live one, only says since when; one
 * with a text stands beside those before it. Folds `commitment.text_declared` to nothing: the entry is the record.
 */
export const applyCommitment: Apply = async (tx, entry) => {
  if (entry.type === 'commitment.text_declared') return
  const signed = partOf<{ person: string; text_sha256?: string; language?: string; via?: Via }>(entry, 'evidence')
  if (signed === undefined) return
  const { person, text_sha256: text = null, language = null, via = null } = signed
  if (text === null) {
    const live = await rows(tx, sql`update commitment set signed_at = least(signed_at, ${entry.at}) where person = ${person} and text_sha256 is null and withdrawn_at is null returning person`)
    if (live.length > 0) return
  }
  await rows(tx, sql`
    insert into commitment (person, signed_at, text_sha256, language, via) values (${person}, ${entry.at}, ${text}, ${language}, ${via})
    on conflict (person, signed_at) do update set text_sha256 = coalesce(excluded.text_sha256, commitment.text_sha256), language = coalesce(excluded.language, commitment.language),
      via = coalesce(excluded.via, commitment.via), withdrawn_at = null`)
}

type Taken = { readonly person: string; readonly training: string } & Partial<CourseResult> & { readonly course_sha256?: string; readonly language?: string; readonly via?: Via }

/** Folds `training.declared`, `training.passed` and `training.failed`. */
export const applyTraining: Apply = async (tx, entry) => {
  if (entry.type === 'training.declared') {
    const training = partOf<Training>(entry, 'evidence')
    if (training === undefined) return
    await rows(tx, sql`
      insert into training (id, title, valid_months, required_for, course, declared_at)
      values (${training.id}, ${training.title}, ${training.validMonths}, ${JSON.stringify(training.requiredFor)}, ${training.course ?? null}, ${entry.at})
      on conflict (id) do update set title = excluded.title, valid_months = excluded.valid_months, required_for = excluded.required_for, course = excluded.course`)
    return
  }
  const taken = partOf<Taken>(entry, 'evidence')
  if (taken === undefined) return
  const { person, training, course = null, version = null, score = null, questions = null, course_sha256: hash = null, language = null, via = null } = taken
  if (entry.type === 'training.failed') {
    await rows(tx, sql`
      insert into training_failed (person, training, failed_at, version, score, questions) values (${person}, ${training}, ${entry.at}, ${version}, ${score}, ${questions})
      on conflict (person, training, failed_at) do update set version = excluded.version, score = excluded.score, questions = excluded.questions`)
    return
  }
  await rows(tx, sql`
    insert into training_passed (person, training, passed_at, course, version, course_sha256, language, score, questions, via)
    values (${person}, ${training}, ${entry.at}, ${course}, ${version}, ${hash}, ${language}, ${score}, ${questions}, ${via}) on conflict do nothing`)
}
