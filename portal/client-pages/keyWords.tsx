/** The key of the log as eight words, to be compared with those in the contract. */
import { useState, type ReactNode } from 'react'
import type { Answer } from '../client/shapes.ts'
import { Standing } from '../components/standing.tsx'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { keepKey, keptKey } from './key.ts'
import { clientWords } from './words.ts'
import './client.css'

/** Shows them, and keeps the key once somebody says that they are the same. */
export function KeyWords({ of: { name, vkey, words: spoken }, primary = false }: { readonly of: Answer<'/evidence'>['key']; readonly primary?: boolean }): ReactNode {
  const [words, format] = [useWords(clientWords), useFormat()]
  const [kept, setKept] = useState(() => keptKey(name))
  if (vkey === null) return <p><Standing is="unknown" /></p>
  const same = kept?.vkey === vkey
  const keep = (): void => { if (keepKey(name, vkey)) setKept(keptKey(name)) }
  return (
    <div className="stack-small">
      <p>{words.compare}</p>
      <ul className="spoken" translate="no">{spoken.map((one, index) => <li key={index}>{one}</li>)}</ul>
      {same ? <p className="row"><Standing is="verified" word={words.compared(format.day(kept.at))} /><span className="small muted">{words.keptHere}</span></p> : <p className="row">{kept === undefined ? null : <Standing is="invalid" word={words.otherKey} />}<button type="button" className={`button${primary ? ' primary' : ''}`} onClick={keep}>{words.theSame}</button></p>}
      <p className="small muted">{words.notTheSame}</p>
    </div>
  )
}
