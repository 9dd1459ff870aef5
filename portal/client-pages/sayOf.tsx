/** What a signatory says of a sub-processor: signed, so that nobody can say it for them. */
import type { ReactNode } from 'react'
import type { Item } from '../client/shapes.ts'
import { useHasRole, useSession } from '../shell/session.tsx'
import { useWords } from '../words/index.tsx'
import { clientWords } from './words.ts'

/** The way to say it: in the terminal, with the signatory's own key. */
export function SayOf({ one, says }: { readonly one: Item<'/sub-processors'>; readonly says: 'objected' | 'authorised'; readonly primary?: boolean }): ReactNode {
  const words = useWords(clientWords)
  const [signs, { controller, account }] = [useHasRole('signatory'), useSession()]
  if (controller === null) return null
  if (!signs) return <span className="small muted">{words.signatoryCan(controller.name)}</span>
  return <code>{says === 'objected' ? `bailee contract sub-processor object ${one.contract} "${one.name}" --as "${account.name}" --key FILE --reasons TEXT` : `bailee contract sub-processor authorise ${one.contract} "${one.name}" --as "${account.name}" --key FILE`}</code>
}
