/** `bailee people course ...`: what somebody must know before client data, asked in a terminal or answered in a file. */
import { randomInt } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { monthsLater } from '#decision'
import { findTraining, readCourse, shuffleQuestions, takeCourse, type Course, type Question } from '#people'
import { Misuse } from '#kit/errors'
import { formatDay } from '#kit/time'
import { readAnswers } from './answers.ts'
import { common, say, withBailee, type CommonOptions } from './context.ts'

interface CourseOptions extends CommonOptions { readonly language: string }

/** `bailee people course show|take`. */
export function addCourse(people: Command, exit: (code: number) => void): void {
  const course = people.command('course').description('the course of a training: read it, take it')
  common(course.command('show <training>').description('the text of a training\'s course, and its questions without what is right'))
    .option('--language <code>', 'en or fr', 'en')
    .action(async (id: string, options: CourseOptions) => {
      await withBailee(options, async ({ ledger }) => {
        const found = await courseOf(ledger, id, options.language)
        const { text, questions, pass, minutes, ...about } = found
        const asked = questions.map(({ id: question, question: asks, answers }) => ({ id: question, question: asks, answers: answers.map((answer) => ({ id: answer.id, text: answer.text })) }))
        say(options, { ok: true, ...about, pass, minutes, text, questions: asked }, () => [
          ...text.trimEnd().split('\n'), '', `# ${pass} of ${questions.length} pass (version ${about.version})`,
          ...asked.flatMap((question) => ['', `${question.id}: ${question.question}`, ...question.answers.map((answer) => `  ${answer.id}) ${answer.text}`)]),
        ])
      })
    })
  common(course.command('take <person> <training>').description('answer the questions of a training\'s course; exit 1 when they are not passed'))
    .option('--language <code>', 'en or fr', 'en')
    .option('--answers <file>', 'YAML or JSON: an answer\'s letter by a question\'s id (course show names them); asked here without it')
    .addHelpText('after', '\nKept: score, version, date; not the answers. Questions and answers stand in an order that is drawn.')
    .action(async (person: string, training: string, options: CourseOptions & { answers?: string }) => {
      await withBailee(options, async ({ ledger }, at) => {
        const found = await courseOf(ledger, training, options.language)
        const answers = options.answers === undefined ? await askHere(found) : readAnswers(options.answers)
        const { score, questions, passed, wrong } = await takeCourse(ledger, { person, training, course: found, answers, via: 'command line' }, at)
        const until = monthsLater(at, (await findTraining(ledger, training)).validMonths)
        if (!passed) exit(1)
        say(options, { ok: passed, person, training, course: found.id, version: found.version, score, questions, pass: found.pass, ...(passed ? { until: formatDay(until) } : {}), wrong }, () => [
          `${score} of ${questions}: ${passed ? `passed, until ${formatDay(until)}` : `not passed (${found.pass} are enough); take it again when you like`}.`,
          ...wrong.flatMap(({ question, because }) => [`  ${question}`, `    ${because}`]),
        ])
      })
    })
}

async function courseOf(ledger: Parameters<typeof findTraining>[0], id: string, language: string): Promise<Course> {
  const training = await findTraining(ledger, id)
  if (training.course === undefined) throw new Misuse(`training ${id} names no course; declare one under trainings in bailee.yaml: course: handling-client-data`)
  return readCourse(training.course, language)
}

const random = (): number => randomInt(2 ** 32) / 2 ** 32

async function askHere(course: Course): Promise<Map<string, string>> {
  if (!process.stdin.isTTY) throw new Misuse('nobody is at a terminal; answer with --answers FILE')
  process.stdout.write(`${course.text}\n`)
  return askQuestions(shuffleQuestions(course.questions, random), { input: process.stdin, output: process.stdout })
}

/** Asks one question after the other, each until one of its numbers is typed. Throws `Misuse` when the other end goes before the last. */
export async function askQuestions(questions: readonly Question[], { input, output }: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream }): Promise<Map<string, string>> {
  const terminal = createInterface({ input, output })
  const lines = terminal[Symbol.asyncIterator]()
  const given = new Map<string, string>()
  try {
    for (const [index, { id, question, answers }] of questions.entries()) {
      output.write(`\n${index + 1} of ${questions.length}. ${question}\n${answers.map(({ text }, number) => `  ${number + 1}) ${text}\n`).join('')}`)
      let chosen: string | undefined
      while (chosen === undefined) {
        output.write(`Your answer, 1 to ${answers.length}: `)
        const line = await lines.next()
        if (line.done === true) throw new Misuse('the questions were left before the last one; nothing was recorded')
        chosen = /^[1-9]$/.test(line.value.trim()) ? answers[Number(line.value.trim()) - 1]?.id : undefined
      }
      given.set(id, chosen)
    }
  } finally {
    terminal.close()
  }
  return given
}
