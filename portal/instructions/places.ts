import { addresses } from '../addresses.ts'
import { useSession } from '../shell/session.tsx'

export interface Places { readonly isClient: boolean; readonly list: string; readonly write: string; readonly one: (id: string) => string; readonly edit: (id: string) => string }

/** Where instructions are shown and written, for whoever is signed in: the office, or a controller of its own. */
export function usePlaces(): Places {
  const isClient = useSession().controller !== null
  const one = isClient ? addresses.clientInstruction : addresses.instruction
  return { isClient, one, list: isClient ? addresses.clientInstructions : addresses.instructions, write: isClient ? addresses.newClientInstruction : addresses.newInstruction, edit: (id) => `${one(id)}/edit` }
}
