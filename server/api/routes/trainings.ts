import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { monthsLater } from '#decision'
import { allTrainings, readCourse, standings, type Standing, type Training } from '#people'
import type { Instant } from '#kit/time'
import { listingOf, pageOf, pageQuery } from '../listing.ts'
import { addReading, mustBeThere, type RouteContext } from '../route.ts'
import { trainingItem, trainingPage } from '../schemas/review.ts'
import { idParams } from '../schemas/shared.ts'

/** `/trainings` and `/trainings/:id`. */
export function addTrainings(app: FastifyInstance, context: RouteContext): void {
  addReading(app, context, 'GET /trainings', {
    summary: 'What has to be passed, and by how many it is', query: pageQuery, answer: listingOf(trainingItem),
    handle: async ({ query, at, bailee: { database } }) => { const known = [...(await standings(database)).values()]; return pageOf((await allTrainings(database)).map((one) => shownTraining(one, known, at)), ({ id }) => id, query) },
  })
  addReading(app, context, 'GET /trainings/:id', {
    summary: 'One training: the text of its course and its questions, without which answers are right', params: idParams, query: z.object({ language: z.enum(['en', 'fr']).default('en') }), answer: trainingPage,
    handle: async ({ params, query: { language }, at, bailee: { database } }) => {
      const training = mustBeThere((await allTrainings(database)).find(({ id }) => id === params.id), 'training')
      return { ...shownTraining(training, [...(await standings(database)).values()], at), text: training.course === undefined ? null : shownCourse(training.course, language) }
    },
  })
}

function shownTraining({ id, title, validMonths, requiredFor, course }: Training, known: readonly Standing[], at: Instant): z.output<typeof trainingItem> {
  const required = known.filter(({ person }) => at < (person.leftAt ?? Infinity) && (requiredFor === '*' || requiredFor.includes(person.role)))
  const passed = required.filter((one) => one.passed.some(({ training, passedAt }) => training === id && passedAt <= at && at < monthsLater(passedAt, validMonths)))
  return { id, title, validMonths, requiredFor: requiredFor === '*' ? null : [...requiredFor], course: course ?? null, passed: passed.length, required: required.length }
}

function shownCourse(id: string, language: string): z.output<typeof trainingPage>['text'] {
  const { languages, version, minutes, pass, sha256, text, questions, ...course } = readCourse(id, language)
  return { language: course.language, languages: [...languages], version, minutes, pass, sha256, text, questions: questions.map(({ id: question, question: asks, answers }) => ({ id: question, question: asks, answers: answers.map((one) => ({ id: one.id, text: one.text })) })) }
}
