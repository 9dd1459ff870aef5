/** What whoever received data said of it: recorded with the hash of the file, which stays with the processor. */
import { standings } from '#people'
import type { Ledger } from '#ledger'
import { Misuse, Refused } from '#kit/errors'
import type { Instant } from '#kit/time'
import { allDisclosures, allReceipts, allReturns } from './store.ts'
import type { TransferReceipt } from './types.ts'

export interface Receipting { readonly of: string; readonly sha256: string; readonly says: string; readonly by: string }

/** Records a receipt of a return or a disclosure that is whole. The same file again is recorded once. Throws `Misuse` for what there is not, `Refused` for what was not sent to its end. */
export async function recordReceipt(ledger: Ledger, { of, sha256, says, by }: Receipting, at: Instant): Promise<TransferReceipt> {
  const known = (await standings(ledger.database)).get(by)
  if (known === undefined || known.person.leftAt !== undefined) throw new Misuse(`nobody with id ${by} is declared`)
  const one = [...await allReturns(ledger.database), ...await allDisclosures(ledger.database)].find(({ id }) => id === of)
  if (one === undefined) throw new Misuse(`there is no return and no disclosure ${JSON.stringify(of)}; bailee transfer list shows them`)
  if (one.state !== 'made') throw new Refused('transfer/not-sent', `${of} was begun and not sent to its end: nobody can have received it`)
  const find = async (): Promise<TransferReceipt | undefined> => (await allReceipts(ledger.database)).find((receipt) => receipt.of === of && receipt.sha256 === sha256)
  if (await find() === undefined) await ledger.append({ slot: one.slot, type: 'transfer.receipted', at, parts: { evidence: { of, sha256, says, by } } })
  return (await find())!
}
