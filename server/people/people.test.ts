import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keep, type Kept, begun } from '../composition/testing.ts'
import { askQuestions } from '../cli/course.ts'
import { applyEstate, readEstate } from '#estate'
import { lapsesOf, monthsLater } from '#decision'
import { day } from '#kit/time'
import { changed, smallEstate } from '../estate/testing.ts'
import { allCommitments, commit, courseIds, readCourse, scoreAnswers, shippedCommitment, shuffleQuestions, standings, takeCourse, train, type Course, type Standing, type Training } from './index.ts'

// A real ledger over a real control database; the course as it is shipped.

const rightOf = (course: Course): Map<string, string> => new Map(course.questions.map(({ id, answers }) => [id, answers.find(({ right }) => right === true)?.id ?? '']))
const wrongIn = (course: Course, count: number): Map<string, string> =>
  new Map(course.questions.map(({ id, answers }, index) => [id, answers.find(({ right }) => (right === true) === index >= count)?.id ?? '']))

describe('the course that is shipped', () => {
  const languages = ['en', 'fr'].map((language) => readCourse('handling-client-data', language))
  test('is the same in every language: parts, questions, answers, what is right', () => {
    const shape = ({ text, questions, version, pass }: Course): unknown => ({ version, pass, parts: text.match(/^## \d+/gm), questions: questions.map(({ id, answers }) => [id, answers.map((one) => [one.id, one.right])]) })
    expect(courseIds()).toEqual(['handling-client-data'])
    expect(shape(languages[1] as Course)).toEqual(shape(languages[0] as Course))
    expect(languages[0]?.questions).toHaveLength(8)
    for (const { text } of languages) expect(text).toMatch(/SAN-2025-014/)
  })

  test.each([[0, 8, true], [1, 7, true], [2, 6, false], [8, 0, false]])('%i wrong: %i of 8, passed %s', (count, score, passed) => {
    const [course] = languages as [Course]
    const scored = scoreAnswers(course, wrongIn(course, count))
    expect(scored).toMatchObject({ score, questions: 8, passed })
    expect(scored.wrong).toHaveLength(count)
  })

  test('what is not answered is wrong; a question or an answer that there is not is misuse', () => {
    const [course] = languages as [Course]
    expect(scoreAnswers(course, new Map()).score).toBe(0)
    expect(() => scoreAnswers(course, new Map([['whose', 'z']]))).toThrow(/whose has the answers a, b, c, d and no other/)
    expect(() => scoreAnswers(course, new Map([['who', 'a']]))).toThrow(/no question "who"/)
  })

  test('any order holds the same questions and answers, and scores the same', () => fc.assert(fc.property(fc.infiniteStream(fc.double({ min: 0, max: 0.999999, noNaN: true })), (drawn) => {
    const [course] = languages as [Course]
    const shuffled = shuffleQuestions(course.questions, () => drawn.next().value as number)
    expect(shuffled.map(({ id }) => id).sort()).toEqual(course.questions.map(({ id }) => id).sort())
    expect(scoreAnswers({ ...course, questions: shuffled }, rightOf(course)).score).toBe(8)
  }), { numRuns: 50 }))

  test('is asked question by question, and what is no number of an answer is asked again', async () => {
    const [course] = languages as [Course]
    const [input, output] = [new PassThrough(), new PassThrough()]
    const numbers = course.questions.map(({ answers }) => answers.findIndex(({ right }) => right === true) + 1)
    input.end(`nine\n${numbers.join('\n')}\n`)
    expect(scoreAnswers(course, await askQuestions(course.questions, { input, output })).score).toBe(8)
    const left = new PassThrough()
    left.end('1\n')
    await expect(askQuestions(course.questions, { input: left, output })).rejects.toThrow(/nothing was recorded/)
  })
})

describe('recorded', () => {
  let kept: Kept
  beforeAll(async () => {
    kept = await keep()
    const estate = changed('title: Client data,', 'title: Client data, course: handling-client-data,', smallEstate)
    await applyEstate(kept.ledger, readEstate(estate, 'bailee.yaml'), { checked: [], unchecked: [] }, begun)
  })
  afterAll(() => kept.close())
  const course = readCourse('handling-client-data', 'fr')
  const take = (answers: Map<string, string>, at: number) => takeCourse(kept.ledger, { person: 'noa', training: 'client-data', course, answers, via: 'command line' }, at)
  const standing = async (person: string) => (await standings(kept.ledger.database)).get(person)

  test('a result is its score and version; no answer is anywhere in the ledger', async () => {
    expect((await take(wrongIn(course, 3), begun + day)).passed).toBe(false)
    expect((await standing('noa'))?.passed).toEqual([])
    expect((await take(wrongIn(course, 1), begun + 2 * day)).passed).toBe(true)
    expect((await standing('noa'))?.passed).toEqual([{ training: 'client-data', passedAt: begun + 2 * day, result: { course: course.id, version: '1.0', score: 7, questions: 8 } }])
    const entries = (await kept.ledger.read(0)).filter(({ type }) => /^training[.](passed|failed)$/.test(type))
    expect(entries.map(({ parts }) => Object.keys(parts['evidence'] as object).sort())).toEqual(Array.from({ length: 2 }, () => ['course', 'course_sha256', 'language', 'person', 'questions', 'score', 'training', 'version', 'via']))
  })

  test('nobody passes by word what a course passes', async () => {
    await expect(train(kept.ledger, { person: 'noa', training: 'client-data' }, begun)).rejects.toMatchObject({ code: 'training/course' })
  })

  test('a commitment is a text by its hash, signed with the name its owner is declared with; a report names none', async () => {
    const text = shippedCommitment('fr')
    await expect(commit(kept.ledger, 'dana', begun, { text, name: 'Somebody Else', via: 'command line' })).rejects.toThrow(/not the one that dana is declared with/)
    await commit(kept.ledger, 'dana', begun + day, { text, name: ' dana ', via: 'command line' })
    await commit(kept.ledger, 'noa', begun + 3 * day, { text, name: 'Noa', via: 'command line' })
    expect(await allCommitments(kept.ledger.database)).toEqual([
      { person: 'noa', signedAt: begun }, { person: 'dana', signedAt: begun + day, textSha256: text.sha256, language: 'fr', via: 'command line' },
      { person: 'noa', signedAt: begun + 3 * day, textSha256: text.sha256, language: 'fr', via: 'command line' },
    ])
    expect((await standing('noa'))?.committedAt).toBe(begun)
    expect((await kept.ledger.read(0, { types: ['commitment.text_declared'] })).map(({ parts }) => parts['evidence'])).toEqual([{ sha256: text.sha256, language: 'fr', text: text.text }])
    await kept.green()
  })

  test('leaving ends the commitment as a way in, whoever is let in again, and keeps that it was signed', async () => {
    await kept.ledger.append([{ slot: 0, type: 'people.left', at: begun + 5 * day, parts: { evidence: { person: 'dana' } } }])
    await kept.ledger.append([{ slot: 0, type: 'people.declared', at: begun + 6 * day, parts: { people: { id: 'dana', name: 'Dana', contact: 'dana@processor.example', role: 'dpo' } } }])
    expect(await standing('dana')).not.toHaveProperty('committedAt')
    expect((await allCommitments(kept.ledger.database)).find(({ person }) => person === 'dana')).toMatchObject({ signedAt: begun + day, withdrawnAt: begun + 5 * day })
    await kept.green()
  })
})

describe('what is due', () => {
  const training: Training = { id: 'client-data', title: 'T', validMonths: 12, requiredFor: ['analyst'] }
  const passedAt = Date.UTC(2026, 0, 15) / 1000
  const until = monthsLater(passedAt, 12)
  const noa = (changes: Partial<Standing> = {}): Standing => ({ person: { id: 'noa', name: 'Noa', contact: 'n', role: 'analyst' }, committedAt: passedAt, passed: [{ training: 'client-data', passedAt }], ...changes })
  test.each<[string, number, Partial<Standing>, object[]]>([
    ['31 days before, nothing', until - 31 * day, {}, []],
    ['30 days before, the first reminder', until - 30 * day, {}, [{ state: 'soon', days: 30, level: 30 }]],
    ['8 days before, still the first', until - 8 * day, {}, [{ state: 'soon', days: 8, level: 30 }]],
    ['7 days before, the second', until - 7 * day, {}, [{ state: 'soon', days: 7, level: 7 }]],
    ['a second before', until - 1, {}, [{ state: 'soon', days: 1, level: 7 }]],
    ['the very second', until, {}, [{ state: 'lapsed', until }]],
    ['never passed', until, { passed: [] }, [{ state: 'lacks', what: 'training' }]],
    ['never committed', passedAt, { committedAt: passedAt + 1 }, [{ state: 'lacks', what: 'commitment' }]],
    ['a role that needs none', until, { person: { ...noa().person, role: 'dpo' } }, []],
    ['somebody who left', until, { person: { ...noa().person, leftAt: until } }, []],
  ])('%s', (_when, at, changes, expected) => {
    expect(lapsesOf([noa(changes)], [training], at)).toEqual(expected.map((one) => expect.objectContaining(one) as unknown))
  })
})
