/** What binds the processor and its controllers: contracts, their ends, what is to happen then. */
import type { Apply } from '#ledger'
import { applyContract, applyController, applyProcessor } from './store.ts'

export const applies: Readonly<Record<string, Apply>> = { processor: applyProcessor, controller: applyController, contract: applyContract }
export { allContracts, allControllers, theProcessor } from './store.ts'
export { endOf, findContract, findController } from './contract.ts'
export type { AtEnd, Contact, Contract, ContractDeclared, Controller, ControllerDeclared, EndChoice, Processor } from './types.ts'
