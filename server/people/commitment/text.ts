/** What is signed: the text of a commitment, named by its hash. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Misuse } from '#kit/errors'

export interface CommitmentText { readonly language: string; readonly text: string; readonly sha256: string }

const shipped = ['en', 'fr']

/** Characters of a text that is signed: a few pages. */
const textCharactersMax = 20_000

/** The text that is shipped in a language. Throws `Misuse` for another language. */
export function shippedCommitment(language: string): CommitmentText {
  if (!shipped.includes(language)) throw new Misuse(`the commitment is shipped in ${shipped.join(' and ')}, not in ${JSON.stringify(language)}; give a text of your own with --text FILE`)
  return commitmentOf(readFileSync(join(import.meta.dirname, `${language}.md`), 'utf8'), language)
}

/** A text of one's own. Throws `Misuse` for one that is empty or too long. */
export function commitmentOf(text: string, language: string): CommitmentText {
  if (text.trim() === '' || text.length > textCharactersMax) throw new Misuse(`the text of a commitment has 1 to ${textCharactersMax} characters`)
  return { language, text, sha256: createHash('sha256').update(text).digest('hex') }
}
