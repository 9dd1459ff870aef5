/** That a controller's signatory has read what the controller was told. */
import type { Ledger } from '#ledger'
import type { Instant } from '#kit/time'
import { acknowledgementsOf } from './store.ts'

export interface Acknowledging { readonly notice: string; readonly slot: number; /** The name of the signatory. */ readonly by: string }

/** Records it once: said again, nothing is added. */
export async function acknowledgeNotice(ledger: Ledger, { notice, slot, by }: Acknowledging, at: Instant): Promise<void> {
  if ((await acknowledgementsOf(ledger.database)).some((one) => one.slot === slot && one.notice === notice)) return
  await ledger.append({ slot, type: 'controller.notice_acknowledged', at, parts: { evidence: { notice }, instruction: { signatory: by } } })
}
