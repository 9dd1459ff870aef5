import IconCheck from '@tabler/icons-react/icons/IconCheck'
import type { ReactNode } from 'react'
import { useWords } from '../words/index.tsx'
import { componentWords } from './words.ts'
import './steps.css'

export interface Step { readonly name: string; readonly detail: string; readonly state: 'done' | 'now' | 'later' }

/** Steps of a case, in order: on a phone from top to bottom. */
export function Steps({ steps }: { readonly steps: readonly Step[] }): ReactNode {
  const words = useWords(componentWords)
  return (
    <ol className="steps panel">
      {steps.map(({ name, detail, state }) => (
        <li key={name} className={`step step-${state}`} aria-current={state === 'now' ? 'step' : undefined}>
          <strong>{state === 'done' ? <IconCheck size={16} stroke={2} aria-hidden /> : null}{name}<span className="visually-hidden">{`, ${words.steps[state]}`}</span></strong>
          <span className="muted small">{detail}</span>
        </li>
      ))}
    </ol>
  )
}
