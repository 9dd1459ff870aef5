import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { Misuse } from '#kit/errors'

/** Answers in a file: an answer's id by a question's, YAML or JSON. Throws `Misuse` for anything else, without repeating it. */
export function readAnswers(file: string): Map<string, string> {
  const wrong = new Misuse(`${file} holds no answers: one line a question, such as  whose: c`)
  let read: unknown
  try {
    read = parse(readFileSync(file, 'utf8'))
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw code === undefined || !/^E[A-Z]+$/.test(code) ? wrong : new Misuse(`${file} cannot be read (${code})`)
  }
  if (typeof read !== 'object' || read === null || Array.isArray(read)) throw wrong
  const answers = Object.entries(read)
  if (!answers.every((answer): answer is [string, string] => typeof answer[1] === 'string')) throw wrong
  return new Map(answers)
}
