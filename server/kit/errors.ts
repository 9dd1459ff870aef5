/**
 * Three kinds of "no". Each carries what happened, where, and what to do next; none may carry a subject's value.
 * The doors turn them into exit codes: `Refused` 1, `Misuse` 2, `Broken` (and anything else thrown) 3.
 */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Bad input: every problem found, not just the first. */
export class Misuse extends Error {
  override readonly name = 'Misuse'
  readonly problems: readonly string[]
  constructor(problems: string | readonly string[]) {
    const list = typeof problems === 'string' ? [problems] : problems
    super(list.join('\n'))
    this.problems = list
  }
}

/** A broken machine or a bug: `code` is `<word>/<cause>`, one code for one cause. */
export class Broken extends Error {
  override readonly name = 'Broken'
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
