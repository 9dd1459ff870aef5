import { createPublicKey, verify as ed25519Verify } from 'node:crypto'
import type { Ledger } from '#ledger'
import { Misuse, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import type { CommitmentText } from './commitment/text.ts'
import { scoreAnswers, type Course, type Scored } from './course/course.ts'
import * as store from './store.ts'
import type { Person, Signatory, Training, Via } from './types.ts'

/** A promise as somebody reports it, on paper or elsewhere; or the text that a person signs here, with their name. */
export interface Signature { readonly text: CommitmentText; /** As the person is declared. */ readonly name: string; readonly via: Via }

/**
 * Records that a person promised confidentiality in writing (Art. 28(3)(b)): signed here, or, without `signature`, reported. The text goes into the ledger once.
 * Throws `Misuse` for somebody unknown and for a name that is not theirs.
 */
export async function commit(ledger: Ledger, person: string, at: Instant, signature?: Signature): Promise<void> {
  const { name } = await mustKnow(ledger, person)
  if (signature === undefined) {
    await ledger.append({ slot: 0, type: 'commitment.signed', at, parts: { evidence: { person } } })
    return
  }
  const { text: { sha256, language, text }, via } = signature
  if (plain(signature.name) !== plain(name)) throw new Misuse(`the name given is not the one that ${person} is declared with; sign with that one`)
  const known = (await store.allCommitments(ledger.database)).some(({ textSha256 }) => textSha256 === sha256)
  await ledger.append([
    ...(known ? [] : [{ slot: 0, type: 'commitment.text_declared', at, parts: { evidence: { sha256, language, text } } }]),
    { slot: 0, type: 'commitment.signed', at, parts: { evidence: { person, text_sha256: sha256, language, via }, people: { person, name } } },
  ])
}

/** Names differ in spaces and capitals when people type them. */
const plain = (name: string): string => name.normalize('NFC').trim().replaceAll(/\s+/g, ' ').toLowerCase()

/** Records that a person passed a training elsewhere. Throws `Misuse` for an unknown person or training, `Refused` for a training that a course passes. */
export async function train(ledger: Ledger, passed: { person: string; training: string }, at: Instant): Promise<void> {
  await mustKnow(ledger, passed.person)
  const training = await findTraining(ledger, passed.training)
  if (training.course !== undefined) throw new Refused('training/course', `${training.id} is passed by taking its course: bailee people course take ${passed.person} ${training.id}`)
  await ledger.append({ slot: 0, type: 'training.passed', at, parts: { evidence: { person: passed.person, training: passed.training } } })
}

/** The training of that id. Throws `Misuse` naming those there are. */
export async function findTraining(ledger: Ledger, id: string): Promise<Training> {
  const known = await store.allTrainings(ledger.database)
  const found = known.find((training) => training.id === id)
  if (found === undefined) throw new Misuse(`no training ${id}; declared are: ${known.map((training) => training.id).join(', ') || 'none'}`)
  return found
}

/**
 * Scores a course that a person took for a training, and records score and version; the answers are not kept. Passing counts from `at`.
 * Throws `Misuse` for somebody unknown, or a course that is not the training's.
 */
export async function takeCourse(ledger: Ledger, taken: { person: string; training: string; course: Course; answers: ReadonlyMap<string, string>; via: Via }, at: Instant): Promise<Scored> {
  const { person, course, via } = taken
  await mustKnow(ledger, person)
  const training = await findTraining(ledger, taken.training)
  if (training.course !== course.id) throw new Misuse(`training ${training.id} is not passed by course ${course.id}${training.course === undefined ? '; declare it: `course:` under trainings in bailee.yaml' : ''}`)
  const scored = scoreAnswers(course, taken.answers)
  const { score, questions, passed } = scored
  const evidence = { person, training: training.id, course: course.id, version: course.version, course_sha256: course.sha256, language: course.language, score, questions, via }
  await ledger.append({ slot: 0, type: passed ? 'training.passed' : 'training.failed', at, parts: { evidence } })
  return scored
}

async function mustKnow(ledger: Ledger, person: string): Promise<Person> {
  const found = (await store.allPeople(ledger.database)).find(({ id, leftAt }) => id === person && leftAt === undefined)
  if (found !== undefined) return found
  throw new Misuse(`nobody with id ${person} is declared; add them under people in bailee.yaml and run bailee apply`)
}

/** Records a short-lived token by its SCRAM verifier. `expiresAt` is on the machine's clock, which the gateway enforces. */
export async function recordToken(ledger: Ledger, token: { id: string; person: string; verifier: string; expiresAt: Instant }, at: Instant): Promise<void> {
  await mustKnow(ledger, token.person)
  await ledger.append({ slot: 0, type: 'people.token_issued', at, parts: { access: { ...token } } })
}

/** The signatory of that name. Throws `Misuse` naming who may sign. */
export async function findSignatory(ledger: Ledger, controller: string, name: string): Promise<Signatory> {
  const known = await store.signatoriesOf(ledger.database, controller)
  const found = known.find((signatory) => signatory.name === name)
  if (found !== undefined) return found
  throw new Misuse(`${JSON.stringify(name)} is not a signatory of ${controller}; signatories are: ${known.map((signatory) => signatory.name).join(', ') || 'none'}`)
}

const ed25519Prefix = Buffer.from('302a300506032b6570032100', 'hex') // SubjectPublicKeyInfo of RFC 8410, before the 32 bytes

/** Whether `signature` over `message` is this signatory's. Throws `Refused` when no key of the signatory is known. */
export function signedBy(signatory: Signatory, message: Uint8Array, signature: Uint8Array): boolean {
  if (signatory.publicKey === undefined) throw new Refused('people/no-key', `no key of ${signatory.name} is registered`)
  const key = createPublicKey({ key: Buffer.concat([ed25519Prefix, Buffer.from(signatory.publicKey, 'base64')]), format: 'der', type: 'spki' })
  return ed25519Verify(null, message, key, signature)
}
