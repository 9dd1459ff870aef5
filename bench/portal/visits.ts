/** What a page costs whoever opens it: told by the browser itself. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { randomBytes } from 'node:crypto'
import type { Browser, BrowserContext, Page } from 'playwright-core'

export interface Visit {
  /** From asking to the first content: its sentence is there, and nothing is being read any more. */
  readonly milliseconds: number
  /** Until it can be used: its content is there, and no task keeps it from answering any more. */
  readonly interactive: number
  /** The largest of what it shows was drawn (LCP), and whether it is drawn over once more is not asked. */
  readonly largest: number
  /** Received, as the network carried it. */
  readonly bytes: number
  /** Milliseconds by which tasks of the page kept it from answering, over the 50 that nobody notices; and the longest. */
  readonly blocked: number
  readonly longest: number
  /** Cumulative layout shift. */
  readonly shift: number
  /** What could not be shown, if anything. */
  readonly failed: string | null
}

/** Runs in the page before anything of it: notes when it is there, and what the browser says of its tasks and of what moved. */
const watcher = `(() => {
  const seen = window.bailee = { at: 0, blocked: 0, longest: 0, lastTask: 0, shift: 0, largest: 0 }
  new PerformanceObserver((list) => { for (const one of list.getEntries()) { seen.blocked += one.duration - 50; seen.longest = Math.max(seen.longest, one.duration); if (seen.at === 0 || one.startTime <= seen.at) seen.lastTask = one.startTime + one.duration } }).observe({ type: 'longtask', buffered: true })
  new PerformanceObserver((list) => { for (const one of list.getEntries()) if (!one.hadRecentInput) seen.shift += one.value }).observe({ type: 'layout-shift', buffered: true })
  new PerformanceObserver((list) => { for (const one of list.getEntries()) seen.largest = one.startTime }).observe({ type: 'largest-contentful-paint', buffered: true })
  const look = () => { if (seen.at === 0 && document.querySelector('h1') && document.querySelector('.page-sentence, .failed, .empty') && !document.querySelector('[data-reading]')) seen.at = performance.now() }
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true, attributeFilter: ['data-reading'] })
  addEventListener('load', look)
})()`

interface Seen { readonly at: number; readonly blocked: number; readonly longest: number; readonly lastTask: number; readonly shift: number; readonly largest: number }

/** Somebody's window, in which pages are opened. */
export interface Window { readonly page: Page; readonly context: BrowserContext; open(url: string): Promise<Visit>; close(): Promise<void> }

/** What takes longer has failed. */
const waitMilliseconds = 20_000

/** Opens one, as somebody with these cookies; nothing is kept in it yet. */
export async function openWindow(browser: Browser, cookies: Parameters<BrowserContext['addCookies']>[0]): Promise<Window> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', reducedMotion: 'reduce' })
  if (cookies.length > 0) await context.addCookies(cookies)
  await context.addInitScript(watcher)
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  let bytes = 0
  session.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength })
  await session.send('Network.enable')
  return {
    page, context, close: () => context.close(),
    async open(url) {
      bytes = 0
      await page.goto(url, { timeout: waitMilliseconds, waitUntil: 'commit' })
      const there = await page.waitForFunction(() => ((globalThis as unknown as { bailee?: Seen }).bailee?.at ?? 0) > 0, undefined, { timeout: waitMilliseconds, polling: 20 }).then(() => true, () => false)
      await page.evaluate('new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve, 60)) })') // what was drawn last is told in the next frame
      const { at, blocked, longest, lastTask, shift, largest } = await page.evaluate('window.bailee') as Seen
      const failed = await page.locator('.failed').count() > 0 ? await page.locator('.failed').first().innerText() : null
      return { milliseconds: there ? at : waitMilliseconds, interactive: there ? Math.max(at, lastTask) : waitMilliseconds, largest, bytes, blocked, longest, shift, failed: there ? failed : 'nothing came' }
    },
  }
}

/** A page that only is so many bytes: what the browser and the network cost by themselves. Milliseconds until it was loaded, of some fresh windows. */
export async function plainPage(browser: Browser, bytes: number, rounds: number): Promise<number[]> {
  const script = Buffer.from(`/*${randomBytes(Math.ceil(bytes / 2)).toString('hex').slice(0, bytes)}*/document.body.append('there')`)
  const server = createServer((request, response) => {
    response.setHeader('content-type', request.url === '/script.js' ? 'text/javascript' : 'text/html')
    response.end(request.url === '/script.js' ? script : '<!doctype html><html lang="en"><head><title>Plain</title><script defer src="/script.js"></script></head><body><h1>Plain</h1></body></html>')
  }).listen(0, '127.0.0.1')
  try {
    await new Promise((resolve) => { server.once('listening', resolve) })
    const found: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      const context = await browser.newContext()
      const page = await context.newPage()
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { waitUntil: 'load' })
      found.push(Number(await page.evaluate("performance.getEntriesByType('navigation')[0].loadEventStart")))
      await context.close()
    }
    return found
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** Milliseconds of each step that the slider of a map is moved, back and forth again. */
export async function stepInTime({ page }: Window, steps: number): Promise<number[]> {
  const slider = page.locator('.slider input[type=range]')
  await slider.focus()
  const found: number[] = []
  for (const key of [...Array.from({ length: steps }, () => 'ArrowLeft'), ...Array.from({ length: steps }, () => 'ArrowRight'), ...Array.from({ length: steps }, () => 'ArrowLeft')]) {
    await page.evaluate(`window.step = 0; (() => { const from = performance.now(); const sentence = document.querySelector('.page-sentence'); const before = sentence.textContent; const watch = new MutationObserver(() => { if (document.querySelector('.page-sentence')?.textContent !== before) { watch.disconnect(); window.step = performance.now() - from } }); watch.observe(document.querySelector('.page'), { childList: true, subtree: true, characterData: true }) })()`)
    await page.keyboard.press(key)
    await page.waitForFunction(() => (globalThis as unknown as { step: number }).step > 0, undefined, { timeout: waitMilliseconds, polling: 10 })
    found.push(Number(await page.evaluate('window.step')))
    await page.waitForTimeout(150) // what is read ahead is read while somebody looks
  }
  return found
}
