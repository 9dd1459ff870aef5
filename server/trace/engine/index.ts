/** The search that an engine runs itself, where data live in one. */
export { searchInside } from './inside.ts'
export type { AskedPlace, AskingOptions, Inside, InsideReport } from './inside.ts'
