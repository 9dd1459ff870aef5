/** The past of all controllers: what the first look costs, and each further moment. */
import { rounded, type Measured } from '../result.ts'

/** The first, one that is later, one that is earlier, and the first again. */
const moments = ['2026-06-01', '2026-06-03', '2026-04-01', '2026-06-01'] as const
const [firstSecondsMax, nextSecondsMax] = [60, 5]

/** Asks for the list of controllers at each. */
export async function pastOfAll(api: string, cookie: string): Promise<Measured> {
  const seconds: number[] = []
  for (const at of moments) {
    const from = performance.now()
    const answer = await fetch(`${api}controllers?limit=50&at=${at}`, { headers: { cookie }, signal: AbortSignal.timeout(firstSecondsMax * 1000) })
    await answer.arrayBuffer()
    if (!answer.ok) throw new Error(`the past was answered ${answer.status}`)
    seconds.push(rounded((performance.now() - from) / 1000))
  }
  const [first = 0, later = 0, earlier = 0, again = 0] = seconds
  const value = Math.max(later, earlier)
  return {
    what: `the past of all controllers: the first look ${first} s, two days later ${later} s, two months before that ${earlier} s, what was seen ${again} s; the longest after the first`,
    value, unit: 's', baseline: { what: 'the first look', value: first }, ratio: rounded(value / first), must: `<= ${nextSecondsMax} s, the first <= ${firstSecondsMax} s`, goal: '<= 1 s', ok: value <= nextSecondsMax,
  }
}
