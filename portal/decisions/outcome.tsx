/** Allowed or refused. It is no standing, and has none of their hues: a refusal is no finding. */
import IconBan from '@tabler/icons-react/icons/IconBan'
import IconArrow from '@tabler/icons-react/icons/IconArrowRight'
import type { ReactNode } from 'react'
import { useWords } from '../words/index.tsx'
import { decisionsWords } from './words.ts'
import './decisions.css'

export function Outcome({ is }: { readonly is: 'allowed' | 'refused' }): ReactNode {
  const words = useWords(decisionsWords)
  const Icon = is === 'allowed' ? IconArrow : IconBan
  return <span className={`outcome outcome-${is}`}><Icon size={15} stroke={1.75} aria-hidden /><span>{words[is]}</span></span>
}
