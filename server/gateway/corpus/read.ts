/** Reads the files of attempts beside it: `must-refuse/`, ways out that stay closed, and `must-pass/`, what ordinary clients do. The head of the first file of each says how they are written. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Broken } from '#kit/errors'

/** What has to come of the last step. */
export type Expected = 'refused' | 'cut' | 'zero' | 'nothing' | 'harmless' | 'turned away' | 'passes'

export type Step =
  | { readonly by: 'query' | 'extended'; readonly sql: string }
  | { readonly by: 'bytes' | 'socket'; readonly bytes: Buffer }
  | { readonly by: 'startup'; readonly name: string; readonly value: string }

export interface Attempt {
  readonly id: string
  readonly says: string
  readonly expected: Expected
  /** SQLSTATEs that are as expected. */
  readonly codes: readonly string[]
  /** `corpus`: never run against a client's own database. `canary`: in the short list too. */
  readonly in: 'corpus' | 'prove' | 'canary'
  /** Cannot run inside of a transaction. */
  readonly alone: boolean
  /** Not tried where the instruction covers this operation: then it is no way out. */
  readonly unless: 'write' | 'erase' | undefined
  /** Only tried in a session that keeps results. */
  readonly atResults: boolean
  /** Only tried where the instruction leaves out a column of the table: whole rows are what it names otherwise. */
  readonly needsForbidden: boolean
  readonly steps: readonly Step[]
}

/** Names of one database, quoted as it quotes them itself. */
export interface Names {
  readonly table: string
  readonly column: string
  readonly schema: string
  /** Undefined where the instruction names every column: then what needs one cannot be tried. */
  readonly forbidden?: string
  readonly other: string
  readonly gateway: string
  readonly database: string
  /** The compiled role; only where results are kept. */
  readonly role?: string
}

const malformed = (block: string): Broken => new Broken('gateway/corpus', `an attempt cannot be read: ${block.split('\n', 1)[0] ?? ''}`)

/** The attempts of a file, in its order. Throws `Broken` for a block that is not written as the file's head says, or an id used twice. */
export function parseAttempts(text: string): Attempt[] {
  const attempts = text.split(/\n{2,}/).map((block) => block.trim()).filter((block) => /^-- [a-z]+\/[a-z0-9-]+: /.test(block)).map(parseOne)
  const twice = attempts.find(({ id }, index) => attempts.findIndex((other) => other.id === id) !== index)
  if (twice !== undefined) throw new Broken('gateway/corpus', `${twice.id} is written twice`)
  return attempts
}

function parseOne(block: string): Attempt {
  const lines = block.split('\n')
  const named = /^-- ([a-z]+[/][a-z0-9-]+): (.+)$/.exec(lines[0] ?? '')
  const expects = lines.map((line) => /^-- expect: (refused|cut|zero|nothing|harmless|turned away|passes)((?: [0-9A-Z]{5})*)$/.exec(line)).find((found) => found !== null)
  const where = lines.map((line) => /^-- in: (corpus|canary)$/.exec(line)?.[1]).find((found) => found !== undefined)
  const steps = lines.filter((line) => !line.startsWith('--')).map(parseStep)
  const expected = expects?.[1] as Expected | undefined
  if (named?.[1] === undefined || expected === undefined || steps.length === 0) throw malformed(block)
  return { id: named[1], says: named[2] ?? '', expected, codes: (expects?.[2] ?? '').trim().split(' ').filter((code) => code !== ''), in: (where as 'corpus' | 'canary' | undefined) ?? 'prove', alone: lines.includes('-- alone'), unless: lines.includes('-- unless: write') ? 'write' : lines.includes('-- unless: erase') ? 'erase' : undefined, atResults: lines.includes('-- where: results'), needsForbidden: lines.includes('-- needs: forbidden'), steps }
}

function parseStep(line: string): Step {
  const [, word, rest = ''] = /^\\([a-z]+) (.+)$/.exec(line) ?? []
  if (word === undefined) return { by: 'query', sql: line }
  if (word === 'extended') return { by: 'extended', sql: rest }
  if (word === 'bytes' || word === 'socket') return { by: word, bytes: Buffer.from(rest.replaceAll(' ', ''), 'hex') }
  const equals = rest.indexOf('=')
  if (word !== 'startup' || equals < 1) throw malformed(line)
  return { by: 'startup', name: rest.slice(0, equals), value: rest.slice(equals + 1) }
}

/** The attempt with the names of a database in it; undefined when it needs one that there is none of. */
export function filled(attempt: Attempt, names: Names): Attempt | undefined {
  let lacking = attempt.needsForbidden && names.forbidden === undefined
  const fill = (text: string): string => text.replace(/\{(table|column|schema|forbidden|other|gateway|database|role)\}/g, (_, word: keyof Names) => {
    const name = names[word]
    if (name === undefined) lacking = true
    return name ?? ''
  })
  const steps = attempt.steps.map((step): Step => {
    switch (step.by) {
      case 'query': case 'extended': return { ...step, sql: fill(step.sql) }
      case 'startup': return { ...step, value: fill(step.value) }
      case 'bytes': case 'socket': return step
      default: return step satisfies never
    }
  })
  return lacking ? undefined : { ...attempt, steps }
}

/** Ways out that stay closed, of every session. */
export function mustRefuse(): Attempt[] {
  return attemptsIn('must-refuse').filter(({ atResults }) => !atResults)
}

/** Ways out of the schema of results, of sessions that keep some. */
export function attemptsAtResults(): Attempt[] {
  return attemptsIn('must-refuse').filter(({ atResults }) => atResults)
}

/** What ordinary clients, tools and libraries do, and must go on to. */
export function mustPass(): Attempt[] {
  return attemptsIn('must-pass')
}

function attemptsIn(folder: string): Attempt[] {
  const directory = join(import.meta.dirname, folder)
  return parseAttempts(readdirSync(directory).sort().map((file) => readFileSync(join(directory, file), 'utf8')).join('\n\n'))
}
