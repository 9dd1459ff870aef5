/** Who may work at once, and who waits: so many, no more, and in turn by account, so that whoever asks most does not keep the others waiting. */
import { Refused } from '#kit/errors'

export interface PlacesMax {
  readonly atOnce: number
  /** Of all accounts, and of one. */
  readonly waiting: number
  readonly waitingOfOne: number
}

/** Work in one of the places, on behalf of an account. Throws `Refused` `controllers/waiting` when too many of that account wait, `controllers/busy` when too many wait in all: nothing was done, and whoever asks may come again. */
export type InPlace = <Result>(account: string, work: () => Promise<Result>) => Promise<Result>

/** All of them free. */
export function openPlaces({ atOnce, waiting: waitingMax, waitingOfOne }: PlacesMax): InPlace {
  const waiting = new Map<string, (() => void)[]>()
  let [atWork, waits] = [0, 0]
  const wait = (account: string): Promise<void> => {
    const mine = waiting.get(account) ?? []
    if (mine.length >= waitingOfOne) throw new Refused('controllers/waiting', `${waitingOfOne} questions of this account wait already; come again when they are answered`)
    if (waits >= waitingMax) throw new Refused('controllers/busy', 'too many wait already; come again')
    waits += 1
    return new Promise((resolve) => { waiting.set(account, [...mine, resolve]) })
  }
  /** The account whose turn it is goes to the end, if more of it wait. */
  const next = (): void => {
    const [turn] = waiting
    if (turn === undefined) { atWork -= 1; return }
    const [account, [first, ...rest]] = turn
    waiting.delete(account)
    if (rest.length > 0) waiting.set(account, rest)
    waits -= 1
    first?.()
  }
  return async (account, work) => {
    if (atWork >= atOnce) await wait(account)
    else atWork += 1
    try {
      return await work()
    } finally {
      next()
    }
  }
}
