/** Fifty people at once: what they wait, and what the server needs for them. */
import { rounded, type Measured } from '../result.ts'

const clients = 50
/** What a page asks for, and what lists ask for; each client begins with another. */
const questions = ['session', 'today', 'controllers?limit=50', 'instructions?limit=50', 'decisions?limit=50', 'sweeps?limit=50', 'findings?limit=50', 'people?limit=50', 'register?limit=50', 'stores?limit=50'] as const
const rounds = 1
/** Requests of a browser at once. */
const atOnce = 2
const megabytesMax = 400

/** Every client asks everything, some rounds, with one account's cookie: what is too much of one account is told by 429, and asked again. */
export async function clientsAtOnce(api: string, cookie: string): Promise<Measured> {
  const before = process.memoryUsage().rss
  let [most, later] = [before, 0]
  const watch = setInterval(() => { most = Math.max(most, process.memoryUsage().rss) }, 20)
  const took: number[] = []
  const ask = async (question: string): Promise<void> => {
    for (;;) {
      const from = performance.now()
      const answer = await fetch(`${api}${question}`, { headers: { cookie } })
      await answer.arrayBuffer()
      if (answer.ok) { took.push(performance.now() - from); return }
      if (answer.status !== 429 && answer.status !== 503) throw new Error(`${question} was answered ${answer.status}`)
      later += 1
      await new Promise((resolve) => { setTimeout(resolve, 1000 * Math.min(2, Number(answer.headers.get('retry-after') ?? 1))) })
    }
  }
  const client = async (number: number): Promise<void> => {
    const mine = Array.from({ length: rounds * questions.length }, (_, turn) => questions[(number + turn) % questions.length] ?? 'session')
    await Promise.all(Array.from({ length: atOnce }, async () => { for (let next = mine.shift(); next !== undefined; next = mine.shift()) await ask(next) }))
  }
  const from = performance.now()
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number))).finally(() => clearInterval(watch))
  const seconds = (performance.now() - from) / 1000
  const sorted = took.sort((one, other) => one - other)
  const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0)
  const megabytes = Math.round((most - before) / 1024 ** 2)
  return {
    what: `${clients} clients at once: ${took.length} answers in ${rounded(seconds)} s, half within ${at(0.5)} ms, 95 of 100 within ${at(0.95)} ms, ${later} told to come later; the process grew from ${Math.round(before / 1024 ** 2)} MB by`,
    value: megabytes, unit: 'MB', baseline: null, ratio: null, must: `<= ${megabytesMax} MB`, goal: `<= ${megabytesMax / 2} MB`, ok: megabytes <= megabytesMax,
  }
}
