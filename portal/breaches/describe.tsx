import { useState, type ReactNode } from 'react'
import { Act } from '../components/act.tsx'
import { useHasRole } from '../shell/session.tsx'
import { useWords } from '../words/index.tsx'
import type { BreachPage } from './figures.ts'
import { breachWords } from './words.ts'

/** The record of Art. 33(5). */
export function Describe({ page }: { readonly page: BreachPage }): ReactNode {
  const words = useWords(breachWords)
  const [effects, setEffects] = useState(page.effects ?? '')
  const [measures, setMeasures] = useState(page.measures ?? '')
  const may = useHasRole('owner', 'dpo')
  if (!may) return null
  return (
    <Act name={words.describe} entry="breach.described" path="/breaches/{id}/describe" params={{ id: page.id }} body={() => ({ effects, measures })} incomplete={effects.trim() === '' || measures.trim() === '' ? words.fields : undefined}>
      <div className="form">
        <label className="form-field"><span>{words.effects}</span><textarea className="field" rows={3} maxLength={4000} value={effects} onChange={(event) => setEffects(event.target.value)} /></label>
        <label className="form-field"><span>{words.measures}</span><textarea className="field" rows={3} maxLength={4000} value={measures} onChange={(event) => setMeasures(event.target.value)} /></label>
      </div>
      <p className="small muted">{words.describing}</p>
    </Act>
  )
}
