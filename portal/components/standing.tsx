/** The five standings, never mixed. The word is always there; form is the second sign and colour the third. */
import IconTriangle from '@tabler/icons-react/icons/IconAlertTriangleFilled'
import IconVerified from '@tabler/icons-react/icons/IconCircleCheckFilled'
import IconHelp from '@tabler/icons-react/icons/IconHelpCircle'
import IconHourglass from '@tabler/icons-react/icons/IconHourglass'
import IconOctagon from '@tabler/icons-react/icons/IconXboxX'
import IconQuote from '@tabler/icons-react/icons/IconQuote'
import type { ReactNode } from 'react'
import type { StandingName } from '../client/shapes.ts'
import { useWords } from '../words/index.tsx'
import { componentWords } from './words.ts'
import './standing.css'

const icons = { verified: IconVerified, declared: IconQuote, invalid: IconOctagon, unknown: IconHelp, pending: IconHourglass } as const

interface StandingProps {
  readonly is: StandingName
  /** Filled, in headings and certificates; rows of a table have quiet marks, so that exceptions stand out. */
  readonly loud?: boolean
  /** Instead of the standing's own word: what it is about must still be plain. */
  readonly word?: string
  /** Of what was found: a triangle instead of the octagon. */
  readonly finding?: boolean
}

/** One mark. */
export function Standing({ is, loud = false, word, finding = false }: StandingProps): ReactNode {
  const words = useWords(componentWords)
  const Icon = finding && is === 'invalid' ? IconTriangle : icons[is]
  return <span className={`standing standing-${is}${loud ? ' loud' : ''}`}><Icon size={15} stroke={1.75} aria-hidden /><span>{word ?? words.standing[is]}</span></span>
}

/** A certificate of which a part is missing: no standing of its own, and no hue. */
export const Partial = (): ReactNode => <span className="standing standing-partial"><span className="half-disc" aria-hidden /><span>{useWords(componentWords).partial}</span></span>
