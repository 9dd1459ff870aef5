/** The past of all controllers: how long until it is kept, what the first look costs then, and each further moment. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openKeptPast, type Bailee } from '../../server/composition/index.ts'
import { rounded, type Measured } from '../result.ts'

/** The first, one that is later, one that is earlier, and the first again. */
const moments = ['2026-06-01', '2026-06-03', '2026-04-01', '2026-06-01'] as const
/** What shows what was done at the gateway as well. */
const ofGateway = ['stores?limit=50', 'people/p-7', 'register?limit=50', 'today', 'instructions/use'] as const
const [firstSecondsMax, nextSecondsMax, keptSecondsMax] = [1, 1, 300]

/** Pages of it, as a browser opens them. */
export const pagesOfThePast = ['/controllers', '/today', '/instructions', '/register', '/stores', '/people/p-7', '/findings', '/copies', '/sweeps'].map((path) => `${path}?at=${moments[0]}`)

/** Waits until the server has made it, which it does by itself. Answers the seconds that it took. */
export async function untilKept(bailee: Bailee): Promise<number> {
  const [kept, from] = [openKeptPast(bailee), performance.now()]
  const seconds = (): number => (performance.now() - from) / 1000
  while (await kept.tell(Date.parse(moments[0]) / 1000) === undefined) {
    if (seconds() > keptSecondsMax) throw new Error(`the past of all controllers was not kept within ${keptSecondsMax} s`)
    await sleep(200)
  }
  await kept.close()
  return rounded(seconds())
}

/** Asks for the list of controllers at each. `keptSeconds`: how long it was waited for. */
export async function pastOfAll(api: string, cookie: string, keptSeconds: number): Promise<Measured> {
  const ask = async (question: string, at: string): Promise<number> => {
    const from = performance.now()
    const answer = await fetch(`${api}${question}${question.includes('?') ? '&' : '?'}at=${at}`, { headers: { cookie }, signal: AbortSignal.timeout(60_000) })
    await answer.arrayBuffer()
    if (!answer.ok) throw new Error(`${question} of the past was answered ${answer.status}`)
    return rounded((performance.now() - from) / 1000)
  }
  const seconds: number[] = []
  for (const at of moments) seconds.push(await ask('controllers?limit=50', at))
  const gateway: number[] = []
  for (const question of ofGateway) gateway.push(await ask(question, '2026-05-01'))
  const [first = 0, later = 0, earlier = 0, again = 0] = seconds
  const value = Math.max(...seconds, ...gateway)
  return {
    what: `the past of all controllers: kept after ${keptSeconds} s; the first look ${first} s, two days later ${later} s, two months before that ${earlier} s, what was seen ${again} s; with what was done at the gateway, at a moment that nobody saw yet (${ofGateway.map((question, turn) => `${question.split('?', 1)[0]} ${gateway[turn]} s`).join(', ')}); the longest`,
    value, unit: 's', baseline: { what: 'the first look', value: first }, ratio: rounded(value / Math.max(first, 0.001)), must: `<= ${nextSecondsMax} s, the first <= ${firstSecondsMax} s`, goal: '<= 0.5 s', ok: value <= nextSecondsMax,
  }
}
