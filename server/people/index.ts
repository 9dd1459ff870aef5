/** Those who may act: staff, with commitment and training; and the controllers' signatories. */
import type { Apply } from '#ledger'
import { applyAccount } from './access/store.ts'
import { applyCommitment, applyPeople, applyTraining } from './fold/store.ts'

export const applies: Readonly<Record<string, Apply>> = { people: applyPeople, account: applyAccount, commitment: applyCommitment, training: applyTraining }
export { allCommitments, allMoves, allPeople, allRoles, allTrainings, liveTokens, personExists, signatoriesOf, standings } from './store.ts'
export { commit, findSignatory, findTraining, recordToken, signedBy, takeCourse, train, type Signature } from './people.ts'
export { signAs, type SignatoryKey, type Signed } from './sign.ts'
export { commitmentOf, shippedCommitment, type CommitmentText } from './commitment/text.ts'
export { courseIds, readCourse, scoreAnswers, shuffleQuestions, type Course, type Question, type Scored } from './course/course.ts'
export type { AccessToken, Commitment, CourseResult, Move, Person, Role, Signatory, Standing, Training, TrainingPassed, Via } from './types.ts'
export { allAccounts, findAccount } from './access/store.ts'
export { changeAccount, closeAccount, openAccount, openOwner } from './access/accounts.ts'
export { beginSession, endSession, endSessionOf, findSession, issueLink, redeemLink, sessionsOf, type Asking, type Begun } from './access/sessions.ts'
export { clientRoles, staffRoles, type Account, type AccountRole, type AccountSession, type Issued, type Randomness } from './access/types.ts'
