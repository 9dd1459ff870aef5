/** Every question, in the order of the obligations. */
import type { Question } from '../types.ts'
import { dutyQuestions } from './duties.ts'
import { exposure } from './exposure.ts'
import { dpo, exemption, register } from './register.ts'
import { attribution, reuse, role } from './role.ts'
import { representative, scope } from './scope.ts'
import { breachNotice, certification, compulsion, contract, end, keeping, logs, subProcessor, switching, testData } from './special.ts'
import { transfer } from './transfer.ts'

const first = ({ obligations }: Question): number => Number(obligations[0]!.slice(1))

export const questions: readonly Question[] = [
  scope, representative, role, reuse, contract, compulsion, attribution, testData, logs, subProcessor, transfer, breachNotice, end, keeping, switching, register, exemption, dpo, certification, exposure, ...dutyQuestions,
].sort((one, other) => first(one) - first(other))
