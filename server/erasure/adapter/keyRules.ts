/** Whether rows that refer to rows to be erased may go with them: the same for every kind of store. Pure. */
import type { Neighbour } from './erased.ts'

/** A foreign key from the table that refers to the table that it refers to. */
export interface Referring<Table> { readonly child: Table; readonly parent: Table }

/** Whether some rows of `own` hang on rows of this table again. */
export function leadsTo<Table>(keys: readonly Referring<Table>[], own: ReadonlySet<Table>, table: Table): boolean {
  const seen = new Set<Table>()
  for (let next = [table]; next.length > 0;) {
    for (const one of next) seen.add(one)
    next = keys.filter(({ parent }) => next.includes(parent)).map(({ child }) => child)
    if (next.some((one) => own.has(one))) return true
    next = next.filter((one) => !seen.has(one))
  }
  return false
}

/** `hangs`: a row cannot be there without what it refers to, or is declared to go with it. Of a table of the controller's own that has a step of its own, only when that is done or cannot come first. */
export const mayGoAlong = (standing: Neighbour | undefined, { hangs, inCircle }: { readonly hangs: boolean; readonly inCircle: boolean }): boolean =>
  (standing === undefined ? hangs : standing.standing === 'mine' && standing.predicate === undefined && (inCircle || standing.done === true))

/** Why they may not. */
export function whatStands(standing: Neighbour | undefined, place: string): string {
  if (standing === undefined) return 'the key may be empty, so that it is not known whether they are this controller\'s or only name what they refer to; declare the table, or empty the key, first'
  if (standing.standing === 'others') return 'that table is declared as another controller\'s; have it settled whose they are'
  if (standing.standing === 'kept') return 'law obliges to keep them'
  return standing.predicate !== undefined && standing.done === true ? 'they are not this controller\'s by the declared predicate' : `erase ${place} first`
}

/** A table that a key leads to, over however many others. `first`: by the key itself. */
export interface Above { readonly first: boolean; readonly own: boolean; readonly hanging: boolean; readonly standing: Neighbour | undefined }

/** Whether what a key leads to may belong to somebody: declared, among what is erased now, or itself hanging on such. A table of the controller's own that goes as well is none. */
export function isSomebodys(above: readonly Above[]): boolean {
  return above.some(({ first, own, hanging, standing }) => {
    const goesWhole = standing?.standing === 'mine' && standing.predicate === undefined
    return own || (hanging && !goesWhole) || (standing !== undefined && !(first && goesWhole))
  })
}
