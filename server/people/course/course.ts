/** Courses that are shipped with Bailee: a text and questions, each in several languages. What somebody answered is scored, and never kept. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { Broken, Misuse } from '#kit/errors'

const answerShape = z.strictObject({ id: z.string(), text: z.string(), because: z.string(), right: z.literal(true).optional() })
const questionShape = z.strictObject({ id: z.string(), question: z.string(), answers: z.array(answerShape).min(2) })
  .refine(({ answers }) => answers.filter(({ right }) => right).length === 1, 'one right answer')
const courseShape = z.strictObject({ id: z.string(), version: z.string(), minutes: z.number(), pass: z.number().int(), languages: z.array(z.string()).min(1) })

export type Question = z.infer<typeof questionShape>

/** `pass`: right answers that are enough. `sha256`: of the text and the questions, as they were shown. */
export interface Course {
  readonly id: string
  readonly version: string
  readonly minutes: number
  readonly pass: number
  readonly language: string
  readonly languages: readonly string[]
  readonly title: string
  readonly text: string
  readonly questions: readonly Question[]
  readonly sha256: string
}

/** Ids of the courses that are shipped. */
export function courseIds(): string[] {
  return readdirSync(import.meta.dirname, { withFileTypes: true }).filter((item) => item.isDirectory()).map(({ name }) => name).sort()
}

/** A course in a language. Throws `Misuse` for one that is not shipped, or not in that language. */
export function readCourse(id: string, language: string): Course {
  const known = courseIds()
  if (!known.includes(id)) throw new Misuse(`there is no course ${JSON.stringify(id)}; shipped are: ${known.join(', ')}`)
  const read = (name: string): string => readFileSync(join(import.meta.dirname, id, name), 'utf8')
  const { languages, ...about } = courseShape.parse(parse(read('course.yaml')))
  if (!languages.includes(language)) throw new Misuse(`course ${id} is there in ${languages.join(' and ')}, not in ${JSON.stringify(language)}`)
  const [text, questionText] = [read(`${language}.md`), read(`${language}.questions.yaml`)]
  const questions = z.array(questionShape).parse(parse(questionText))
  if (about.pass > questions.length) throw new Broken('course/pass', `course ${id} asks for more right answers than it has questions`)
  const sha256 = createHash('sha256').update(text).update('\u0000').update(questionText).digest('hex')
  return { ...about, language, languages, text, questions, sha256, title: /^# (.+)$/m.exec(text)?.[1] ?? id }
}

/** The questions and their answers in another order. `random`: from 0 up to, not including, 1. */
export function shuffleQuestions(questions: readonly Question[], random: () => number): Question[] {
  return shuffle(questions, random).map((question) => ({ ...question, answers: shuffle(question.answers, random) }))
}

/** Fisher and Yates' order: each is as likely as any other. */
function shuffle<Item>(items: readonly Item[], random: () => number): Item[] {
  const left = [...items]
  const drawn: Item[] = []
  while (left.length > 0) drawn.push(...left.splice(Math.floor(random() * left.length), 1))
  return drawn
}

export interface Scored {
  readonly score: number
  readonly questions: number
  readonly passed: boolean
  /** Of the questions not answered rightly: which, and why what was chosen is wrong. For whoever answered, at once; never recorded. */
  readonly wrong: readonly { readonly question: string; readonly because: string }[]
}

/** Scores answers: an answer's id by a question's. What is not answered is wrong. Throws `Misuse` for a question or an answer that there is not. */
export function scoreAnswers(course: Course, answers: ReadonlyMap<string, string>): Scored {
  const problems: string[] = []
  const wrong: { question: string; because: string }[] = []
  for (const id of answers.keys()) if (!course.questions.some((question) => question.id === id)) problems.push(`course ${course.id} has no question ${JSON.stringify(id)}; it has: ${course.questions.map((question) => question.id).join(', ')}`)
  for (const question of course.questions) {
    const chosen = answers.get(question.id)
    const answer = question.answers.find(({ id }) => id === chosen)
    if (chosen !== undefined && answer === undefined) problems.push(`question ${question.id} has the answers ${question.answers.map(({ id }) => id).join(', ')} and no other`)
    if (answer?.right !== true) wrong.push({ question: question.question, because: answer?.because ?? 'It was not answered.' })
  }
  if (problems.length > 0) throw new Misuse(problems)
  const score = course.questions.length - wrong.length
  return { score, questions: course.questions.length, passed: score >= course.pass, wrong }
}
