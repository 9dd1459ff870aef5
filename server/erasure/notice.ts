import type { Draft } from '#ledger'
import type { Instant } from '#kit/time'

/** A notice to a controller: an entry of its log. */
export const noticeDraft = ({ slot, controller, notice, about, says }: { readonly slot: number; readonly controller: string; readonly notice: string; readonly about: string; readonly says: string }, at: Instant): Draft =>
  ({ slot, type: 'controller.notified', at, parts: { evidence: { notice, controller, about, says } } })
