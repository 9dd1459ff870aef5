/** Copies of governed copies in an exit: both of its searches look for them, because what tells them is destroyed with the fingerprints. */
import { allFindings, governedIn, recordGoverned, shownIn, type GovernedFound, type InventedTeller, type Search, type TraceContext } from '#trace'
import type { Ledger } from '#ledger'
import type { Instant } from '#kit/time'
import { allCertificates, allErasures } from './store.ts'
import type { Erasure, GovernedAgain, Obstacle } from './types.ts'

/** What tells them, opened; `tells`: whether there is anything to be looked for. Undefined where nothing here can tell any. */
export interface Governed { readonly teller: InventedTeller | undefined; readonly tells: boolean }

export async function openGoverned({ governed }: TraceContext, controller: string): Promise<Governed> {
  const teller = await governed?.()
  return { teller, tells: teller?.copies.some((one) => one.controller === controller) === true }
}

/** What a search found of them; undefined where nobody could look. */
export const foundBy = ({ teller }: Governed, search: Search, { controller }: Erasure): GovernedFound | undefined => (teller === undefined ? undefined : governedIn(search.searched, teller, controller))

/** People whose tokens stand in a place. */
const peopleIn = ({ copies }: GovernedFound['places'][number]): number => copies.reduce((sum, { people }) => sum + people, 0)

/** What the second search found of them, recorded as findings, and as it stands in its entry; nothing where nobody could look. */
export async function searchedAgainFor(context: TraceContext, { governed, search, erasure }: { readonly governed: Governed; readonly search: Search; readonly erasure: Erasure }, at: Instant): Promise<{ readonly again?: GovernedAgain; readonly left: readonly { readonly store: string; readonly place: string; readonly records: number }[] }> {
  const found = foundBy(governed, search, erasure)
  if (found === undefined || governed.teller === undefined) return { left: [] }
  const wholeStores = search.coverage.filter(({ not_read: notRead }) => notRead.length === 0).map(({ store }) => store)
  if (governed.tells) await recordGoverned(context, { slot: erasure.slot, searched: search.searched, found, teller: governed.teller, wholeStores }, at)
  const settling = await settlingCertificates(context.ledger, erasure)
  const [settled, untold] = [found.untold.filter(({ contract }) => settling.has(contract)), found.untold.filter(({ contract }) => !settling.has(contract))]
  const again: GovernedAgain = {
    copies: found.copies, not_told: untold.map(({ id, because, noToken }) => ({ copy: id, because, no_token: noToken })), not_read: found.notLooked,
    ...(settled.length === 0 ? {} : { settled: settled.map(({ id, contract }) => ({ copy: id, certificate: settling.get(contract)! })) }),
    found: found.places.map(({ store, place, copies }) => ({ store, place, copies: copies.map(({ copy }) => copy) })),
  }
  return shownIn(context, { again, left: found.places.map((one) => ({ store: one.store, place: one.place, records: peopleIn(one) })) })
}

/** By other contracts of the controller, the certificate that says that nothing of theirs was left, as long as it stands. One that is partial settles nothing. */
async function settlingCertificates({ database }: Pick<Ledger, 'database'>, { controller, contract }: Erasure): Promise<ReadonlyMap<string, string>> {
  const certificates = await allCertificates(database)
  return new Map((await allErasures(database)).flatMap((one): [string, string][] => {
    const last = certificates.findLast(({ erasure }) => erasure === one.id)
    return one.controller === controller && one.contract !== contract && one.state === 'certified' && last !== undefined && last.status !== 'partial' && last.status !== 'invalidated' ? [[one.contract, last.id]] : []
  }))
}

/** Findings of copies of governed copies that are open, and that the second search did not come upon: nothing shows that they are gone. */
export async function openCopies({ database }: Pick<Ledger, 'database'>, { slot, again }: Erasure): Promise<Obstacle[]> {
  const named = new Set((again?.places ?? []).map(({ store, place }) => `${store}\n${place}`))
  const open = (await allFindings(database)).filter((finding) => finding.slot === slot && finding.state === 'open' && finding.detail.copies !== undefined && !named.has(`${finding.store}\n${finding.place}`))
  return open.map(({ id, store, place, detail }) => ({ store, place, because: `finding ${id}, a copy of ${(detail.copies ?? []).map(({ copy }) => copy).join(', ')}, is open, and nothing shows that it is gone` }))
}
