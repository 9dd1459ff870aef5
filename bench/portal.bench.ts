/** The portal over a large office, in a real Chromium: how long each page takes until it says what it is about, cold and warm, and what it costs the browser. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright-core'
import { openHttp } from '../server/cli/http.ts'
import { openBailee, type Bailee } from '../server/composition/index.ts'
import { buildPortal } from '../portal/build.ts'
import { openBrowser } from '../portal/testing/chromium.ts'
import { clientsAtOnce } from './portal/clients.ts'
import { pagesOfThePast, pastOfAll, untilKept } from './portal/past.ts'
import { openWindow, plainPage, stepInTime, type Visit, type Window } from './portal/visits.ts'
import { begun, fill } from './portal/world.ts'
import { rounded, type Benchmark, type Measured } from './result.ts'

interface Counts { readonly controllers: number; readonly entries: number }
const countsWhole: Counts = { controllers: 1_000, entries: 50_000 }
const countsQuick: Counts = { controllers: 20, entries: 2_000 }
/** A page is there within a second; a step in time within a tenth of one; what the first page loads, in kilobytes. */
const [pageMillisecondsMax, stepMillisecondsGoal, firstKilobytesMax] = [1_000, 100, 400]
const warmRounds = 3
const steps = 4

const median = (values: readonly number[]): number => values.toSorted((one, other) => one - other)[values.length >> 1] ?? 0

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => { server.once('listening', resolve) })
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => { server.close(resolve) })
  return port
}

/** Every page of the office, with an id where it is of one thing. A page whose kind is not in this office is left out. */
async function addressesOf({ context }: Window, url: string): Promise<string[]> {
  const first = async (listing: string): Promise<string | undefined> => {
    const answer = await context.request.get(`${url}api/v1/${listing}`)
    return answer.ok() ? (await answer.json() as { items?: { id: string }[] }).items?.[0]?.id : undefined
  }
  const ids: Record<string, string | undefined> = { controllers: 'c-7', contracts: 'k-7', instructions: 'r-7', people: 'p-7', ledger: '7-3' }
  // By name alone: what a browser runs is not of this program.
  const { pages } = await import(new URL('../portal/pages.ts', import.meta.url).href) as { pages: readonly { readonly path: string }[] }
  const found: string[] = []
  for (const { path } of pages) {
    const word = path.split('/')[1] ?? ''
    if (path.startsWith('/client') || /^\/(sign-in|welcome|start)/.test(path) || path.split('$').length > 2) continue
    if (!path.includes('$')) { found.push(path); continue }
    ids[word] ??= await first(`${word}?limit=1`)
    if (ids[word] !== undefined) found.push(path.replace(/\$\w+/, ids[word]))
  }
  return [...new Set([...found, '/copies?controller=c-7', '/register?controller=c-7', '/decisions?controller=c-7&outcome=refused', '/copies?controller=c-7&at=2026-06-01', '/controllers/c-7?at=2026-06-01', ...pagesOfThePast])]
}

/** Cold: in a window that holds nothing yet. Warm: in one that holds the portal's files, three times. */
async function visitTwice(browser: Browser, cookies: Parameters<typeof openWindow>[1], address: string): Promise<{ cold: Visit; warm: Visit[] }> {
  const window = await openWindow(browser, cookies)
  try {
    const cold = await window.open(address)
    const warm: Visit[] = []
    for (let round = 0; round < warmRounds; round += 1) warm.push(await window.open(address))
    return { cold, warm }
  } finally {
    await window.close()
  }
}

function pageOf(path: string, { cold, warm }: { cold: Visit; warm: readonly Visit[] }, plain: number): Measured {
  const warmMilliseconds = median(warm.map(({ milliseconds }) => milliseconds))
  const [interactive, largest] = [median(warm.map((one) => one.interactive)), median(warm.map((one) => one.largest))]
  const says = `${path}, usable after ${Math.round(interactive)} ms, largest drawn after ${Math.round(largest)} ms; cold ${Math.round(cold.milliseconds)} ms (${rounded(cold.milliseconds / warmMilliseconds)} of warm), ${Math.round(cold.bytes / 1000)} kB; tasks of ${Math.round(cold.longest)} ms at most, blocked ${Math.round(cold.blocked)} ms; shift ${rounded(cold.shift)}`
  return {
    what: `interactive, warm: ${says}${cold.failed === null ? '' : `; FAILED: ${cold.failed.slice(0, 80)}`}`, value: Math.round(warmMilliseconds), unit: 'ms', baseline: { what: 'a static page of the same bytes, cold', value: Math.round(plain) }, ratio: rounded(warmMilliseconds / plain),
    must: `<= ${pageMillisecondsMax} ms warm, shift < 0.1`, goal: `<= ${pageMillisecondsMax} ms cold`, ok: cold.failed === null && warmMilliseconds <= pageMillisecondsMax && cold.shift < 0.1,
  }
}

/** What the first page loads: its script and all that it imports, all style and the fonts, packed. */
function firstPage(built: string): Measured {
  const assets = join(built, 'assets')
  const kilobytes = (file: string): number => gzipSync(readFileSync(join(assets, file))).length / 1000
  const all = new Set<string>()
  const add = (file: string): void => {
    if (all.has(file)) return
    all.add(file)
    for (const [, name = ''] of readFileSync(join(assets, file), 'utf8').matchAll(/(?:from|import)\s*["']\.\/([^"']+\.js)["']/g)) add(name)
  }
  add(/src="\.\/assets\/(index-[^"]+\.js)"/.exec(readFileSync(join(built, 'index.html'), 'utf8'))?.[1] ?? '')
  for (const file of readdirSync(assets)) if (/^today-.*[.]js$/.test(file)) add(file); else if (/[.](css|woff2)$/.test(file)) all.add(file)
  const value = Math.round([...all].reduce((total, file) => total + kilobytes(file), 0))
  return { what: `files of the first page, with all style and fonts (${all.size})`, value, unit: 'kB gzip', baseline: null, ratio: null, must: `<= ${firstKilobytesMax} kB`, goal: `<= ${firstKilobytesMax} kB`, ok: value <= firstKilobytesMax }
}

/** What was measured of a world that stands, page by page: a run that was ended early goes on where it was. */
function openNotes(world: string | undefined): { find(path: string): Measured | undefined; keep(path: string, measured: Measured): Measured; end(): void } {
  const file = world === undefined ? undefined : join(world, 'measured.json')
  const all: Record<string, Measured> = file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) as Record<string, Measured> : {}
  return {
    find: (path) => all[path],
    keep(path, measured) {
      all[path] = measured
      if (file !== undefined) writeFileSync(file, JSON.stringify(all))
      return measured
    },
    end() { if (file !== undefined) rmSync(file, { force: true }) },
  }
}

interface Measuring { readonly url: string; readonly link: string; readonly log: (line: string) => void; readonly world: string | undefined; readonly bailee: Bailee }

async function measure({ url, link, log, world, bailee }: Measuring): Promise<Measured[]> {
  const keptSeconds = await untilKept(bailee)
  const [browser, notes] = [await openBrowser(), openNotes(world)]
  try {
    const first = await openWindow(browser, [])
    await first.page.goto(link)
    await first.page.getByRole('button', { name: 'Sign in with the link' }).click()
    await first.page.waitForURL((at) => !at.pathname.endsWith('/sign-in'))
    const cookies = await first.context.cookies()
    const results: Measured[] = []
    const plainOf = new Map<number, number>()
    for (const path of await addressesOf(first, url)) {
      const before = notes.find(path)
      if (before !== undefined) { results.push(before); continue }
      const visits = await visitTwice(browser, cookies, `${url}${path.slice(1)}`)
      const size = Math.round(visits.cold.bytes / 50_000) * 50_000
      if (!plainOf.has(size)) plainOf.set(size, median(await plainPage(browser, size, 3)))
      results.push(notes.keep(path, pageOf(path, visits, plainOf.get(size) ?? 1)))
      log(results.at(-1)?.what ?? '')
    }
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
    // Fifty at once come last: whoever asks that much is told to come later for a while.
    for (const [name, work] of [['past', (api: string) => pastOfAll(api, cookie, keptSeconds)], ['step', () => stepsOfMap(browser, cookies, url)], ['clients', (api: string) => clientsAtOnce(api, cookie)]] as const) {
      results.push(notes.find(name) ?? notes.keep(name, await work(`${url}api/v1/`)))
      log(results.at(-1)?.what ?? '')
    }
    notes.end()
    return results
  } finally {
    await browser.close()
  }
}

/** A step in time on the map of one controller. */
async function stepsOfMap(browser: Browser, cookies: Parameters<typeof openWindow>[1], url: string): Promise<Measured> {
  const map = await openWindow(browser, cookies)
  await map.open(`${url}copies?controller=c-7`)
  const taken = await stepInTime(map, steps)
  await map.close()
  const [cold, warm] = [taken.slice(0, steps), taken.slice(steps)]
  return { what: `a step in time on the map, of moments that were seen (${warm.map(Math.round).join(', ')} ms); of new ones ${cold.map(Math.round).join(', ')} ms`, value: Math.round(median(warm)), unit: 'ms', baseline: { what: 'of new ones', value: Math.round(median(cold)) }, ratio: rounded(median(warm) / median(cold)), must: '<= 500 ms', goal: `<= ${stepMillisecondsGoal} ms`, ok: median(warm) <= 500 }
}

/** The office: made in a directory of its own that is gone afterwards, or in one that stays, where it is made once. */
async function withOffice<Result>({ world, size, log }: { readonly world: string | undefined; readonly size: Counts; readonly log: (line: string) => void }, work: (bailee: Bailee) => Promise<Result>): Promise<Result> {
  const directory = world ?? mkdtempSync(join(tmpdir(), 'bailee-portal-'))
  const made = join(directory, 'made')
  mkdirSync(directory, { recursive: true })
  chmodSync(directory, 0o755) // the database's own user passes through
  const bailee = await openBailee({ directory, origin: 'processor.example', clock: 'replayed', environment: {} }, begun - 1)
  try {
    if (!existsSync(made)) {
      log(`${size.controllers} controllers and ${await fill(bailee, size, log)} entries are there`)
      writeFileSync(made, '')
    }
    return await work(bailee)
  } finally {
    await bailee.close()
    if (world === undefined) rmSync(directory, { recursive: true, force: true })
  }
}

export const benchmark: Benchmark = {
  name: 'portal', about: `every page over ${countsWhole.controllers.toLocaleString('en-GB')} controllers and ${countsWhole.entries.toLocaleString('en-GB')} entries (--controllers, --entries), in a real Chromium; --world DIR keeps them, and goes on where a run was ended`, diskBytes: 6 * 1024 ** 3,
  run: (log, quick = false, { counts, world } = {}) => withOffice({ world, size: { ...(quick ? countsQuick : countsWhole), ...counts }, log }, async (bailee) => {
    const built = await buildPortal()
    const serving = await openHttp(bailee, { http: `127.0.0.1:${await freePort()}`, withLink: true })
    try {
      return [firstPage(built), ...await measure({ url: serving.url, link: serving.link ?? '', log, world, bailee })]
    } finally {
      await serving.close()
    }
  }),
}
