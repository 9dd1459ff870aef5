import { useParams } from '@tanstack/react-router'
import { useEffect, useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { useRead } from '../client/read.ts'
import type { Answer } from '../client/shapes.ts'
import { Shown } from '../components/failed.tsx'
import { Facts, Page, Panel } from '../components/page.tsx'
import { Fingerprint } from '../components/time.tsx'
import { Act } from '../components/act.tsx'
import { useHasRole } from '../shell/session.tsx'
import { useFormat } from '../words/format.ts'
import { useLanguage, useWords } from '../words/index.tsx'
import { CourseText } from './courseText.tsx'
import { peopleWords } from './words.ts'
import './training.css'

type Training = Answer<'/trainings/{id}'>
type Course = NonNullable<Training['text']>
interface Result { readonly passed: boolean; readonly score: number; readonly questions: number; readonly wrong: readonly { readonly question: string; readonly because: string }[] }

/** A course and its questions; who takes it signs at the end. */
export default function TrainingPage(): ReactNode {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const [words, format, language] = [useWords(peopleWords), useFormat(), useLanguage()]
  const training = useRead('/trainings/{id}', { params: { id }, query: { language } })
  const answer = training.error === null && training.data?.id === id ? training.data : undefined
  return (
    <Page
      title={answer?.title ?? id} crumbs={[{ name: words.title, to: addresses.people }, { name: answer?.title ?? id }]} terminal={`bailee people course show ${id}`} read={training}
      sentence={answer === undefined ? undefined : answer.text === null ? words.trainingElsewhere : words.trainingSentence(format.number(answer.text.minutes), format.number(answer.text.questions.length), format.number(answer.text.pass))}
    >
      <Shown of={training} error="E1">{(shown) => (
        <div className="two-columns">
          <div>{shown.text === null ? <Panel><p>{words.trainingElsewhere}</p></Panel> : <><Panel><CourseText text={shown.text.text} /></Panel><Questions key={id} training={id} course={shown.text} /></>}</div>
          <div><About training={shown} /></div>
        </div>
      )}</Shown>
    </Page>
  )
}

function About({ training: { text, requiredFor, passed, required, validMonths } }: { readonly training: Training }): ReactNode {
  const [words, format] = [useWords(peopleWords), useFormat()]
  return <Panel title={words.about}><Facts facts={[[words.requiredFor, requiredFor === null ? words.everybody : format.list(requiredFor)], [words.passedBy, words.of(format.number(passed), format.number(required))], [words.passAgain, words.everyMonths(format.number(validMonths))], ...(text === null ? [] : [[words.version, text.version] as const, [words.text, <Fingerprint key="text" of={text.sha256} />] as const])]} /></Panel>
}

/** Answers stay in this window until they are handed in: an error or a reload loses none. */
function useAnswers(training: string): readonly [Readonly<Record<string, string>>, (answers: Readonly<Record<string, string>>) => void] {
  const key = `bailee-training-${training}`
  const [answers, setAnswers] = useState<Readonly<Record<string, string>>>(() => { try { return JSON.parse(sessionStorage.getItem(key) ?? '{}') as Record<string, string> } catch { return {} } })
  useEffect(() => { try { sessionStorage.setItem(key, JSON.stringify(answers)) } catch { /* a window that keeps nothing: the answers are lost with it */ } }, [key, answers])
  return [answers, setAnswers]
}

function Questions({ training, course }: { readonly training: string; readonly course: Course }): ReactNode {
  const [words, format, language] = [useWords(peopleWords), useFormat(), useLanguage()]
  const [answers, answer] = useAnswers(training)
  const [result, setResult] = useState<Result>()
  const staff = useHasRole('owner', 'dpo', 'engineer', 'analyst')
  const given = course.questions.filter(({ id }) => answers[id] !== undefined).length
  const all = course.questions.length
  return (
    <Panel title={words.questions} aside={<span className="muted numbers">{words.of(format.number(given), format.number(all))}</span>}>
      <div className="stack">
        {course.questions.map((question, index) => (
          <fieldset key={question.id} className="question">
            <legend>{`${index + 1}. ${question.question}`}</legend>
            {question.answers.map((one) => <label key={one.id} className="choice"><input type="radio" name={question.id} value={one.id} checked={answers[question.id] === one.id} onChange={() => answer({ ...answers, [question.id]: one.id })} /><span>{one.text}</span></label>)}
          </fieldset>
        ))}
        <div role="status">{result === undefined ? null : <Outcome result={result} />}</div>
        {staff ? <div className="row"><Act name={words.sign} entry="training.passed" path="/trainings/{id}/answers" params={{ id: training }} body={() => ({ language, answers })} primary {...(given < all ? { incomplete: words.notAll } : {})} onDone={(done) => { setResult(done as Result); answer({}) }}><p>{words.signHow(format.number(given), format.number(all))}</p></Act></div> : null}
      </div>
    </Panel>
  )
}

function Outcome({ result: { passed, score, questions, wrong } }: { readonly result: Result }): ReactNode {
  const [words, format] = [useWords(peopleWords), useFormat()]
  return <div className="stack-small"><p><strong>{(passed ? words.passed : words.failed)(format.number(score), format.number(questions))}</strong></p>{wrong.length === 0 ? null : <><h3>{words.wrongOnes}</h3><ul>{wrong.map(({ question, because }) => <li key={question}>{question} <span className="muted">{because}</span></li>)}</ul></>}</div>
}
