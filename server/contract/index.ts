/** What binds the processor and its controllers: contracts, their ends, what is to happen then. */
import type { Apply } from '#ledger'
import { applyContract, applyController, applyProcessor } from './store.ts'

export const applies: Readonly<Record<string, Apply>> = { processor: applyProcessor, controller: applyController, contract: applyContract }
export { acknowledgeNotice } from './acknowledgement.ts'
export { acknowledgementsOf, allContracts, allControllers, allNotices, choicesOf, releasesOf, returnKeysOf, theProcessor } from './store.ts'
export { beginSaying, type Saying } from './saying.ts'
export { chooseEnd, choiceBytes, choiceNow, choiceToMake, releaseBytes, releaseData, releaseToSay, type ChoiceNow } from './choice.ts'
export { nameReturnKey, returnKeyBytes, returnKeyToName } from './returnKey.ts'
export { announceSubProcessor, authoriseSubProcessor, chainAt, chainOf, objectTo, sayingBytes, withdrawSubProcessor, wordOfSubProcessor } from './chain/chain.ts'
export { allSubProcessors } from './chain/store.ts'
export { subProcessorMoves, type ChainLink, type SubProcessor, type SubProcessorIdentity, type SubProcessorState } from './chain/types.ts'
export { matrixAt, matrixOf, recordTerm, termCodes, type Term, type TermStanding } from './terms/terms.ts'
export { termsOf, type TermRecorded } from './terms/store.ts'
export { endOf, findContract, findController, mustWorkHere } from './contract.ts'
export type { AtEnd, ChoiceMade, Contact, Contract, ContractDeclared, Controller, ControllerDeclared, EndChoice, Notice, Processor, ReleaseMade, ReturnKey } from './types.ts'
