import { Popover } from '@mantine/core'
import type { ReactNode } from 'react'
import { Go } from '../shell/go.tsx'
import type { NotSeenPlace } from '../client/shapes.ts'
import { useFormat } from '../words/format.ts'
import { useWords } from '../words/index.tsx'
import { NotSeen } from './coverage.tsx'
import { Facts } from './page.tsx'
import { componentWords } from './words.ts'

export interface HowCounted { readonly source: string; readonly method: string; readonly at: string; readonly notSeen: readonly NotSeenPlace[] }

/** A number, or a range, that leads to the rows behind it; and how it was counted. */
export function Count({ low, high = low, unit, to, how }: { readonly low: number; readonly high?: number | null; readonly unit: string; readonly to?: string; readonly how?: HowCounted }): ReactNode {
  const [words, format] = [useWords(componentWords), useFormat()]
  const text = `${format.range(low, high)} ${unit}`
  return (
    <span className="count numbers">{to === undefined ? text : <Go to={to}>{text}</Go>}
      {how === undefined ? null : (
        <Popover width={320} withinPortal shadow="none" trapFocus={false} transitionProps={{ duration: 0 }}>
          <Popover.Target><button type="button" className="link small">{words.howCounted}</button></Popover.Target>
          <Popover.Dropdown><Facts facts={[[words.source, how.source], [words.method, how.method], [words.counted, format.moment(how.at)], [words.leftOut, how.notSeen.length === 0 ? words.noneLeftOut : <NotSeen key="left" places={how.notSeen} />]]} /></Popover.Dropdown>
        </Popover>
      )}
    </span>
  )
}
