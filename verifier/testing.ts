import { Malformed } from './index.ts'

/** For tests: the code that a reader refuses with, or `accepted`. What is no `Malformed` is thrown on. */
export const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof Malformed) return error.code
    throw error
  }
  return 'accepted'
}
