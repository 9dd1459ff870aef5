/** A real Chromium and somebody who looks with it: for tests, for benchmarks and for taking pictures. */
import { existsSync } from 'node:fs'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

/** Where Debian and others put it; else the one that npm brought. */
const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) => existsSync(file))

/** Starts one. It keeps its policies: a test of them would otherwise be worthless. */
export async function openBrowser(): Promise<Browser> {
  const safe = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars', '--force-color-profile=srgb']
  if (installed !== undefined) return chromium.launch({ executablePath: installed, args: safe })
  const { default: brought } = await import('@sparticuz/chromium')
  return chromium.launch({ executablePath: await brought.executablePath(), args: [...brought.args.filter((one) => !['--single-process', '--disable-web-security'].includes(one)), ...safe] })
}

/** A page that takes longer has failed. */
const waitMilliseconds = 25_000

export interface Visitor {
  readonly context: BrowserContext
  readonly page: Page
  /** What went wrong since the last look: lines of the console, requests to others. Reading it empties it. */
  readonly problems: () => string[]
  /** Opens an address below the portal's, and waits until it has been read. */
  readonly open: (path: string) => Promise<void>
  readonly close: () => Promise<void>
}

interface VisitorOptions { readonly url: string; readonly cookie?: string; readonly language?: 'en-GB' | 'fr-FR'; readonly now?: number }

/** Somebody with a browser of their own. `now`: what their clock says, in seconds. */
export async function visit(browser: Browser, { url, cookie, language = 'en-GB', now }: VisitorOptions): Promise<Visitor> {
  const context = await browser.newContext({ locale: language, timezoneId: 'UTC', viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
  if (cookie !== undefined) await context.addCookies([{ name: 'bailee_session', value: cookie, url, httpOnly: true, sameSite: 'Strict' }])
  if (now !== undefined) await context.clock.setFixedTime(now * 1000)
  context.setDefaultTimeout(waitMilliseconds)
  const page = await context.newPage()
  const found: string[] = []
  page.on('console', (line) => { if (['error', 'warning'].includes(line.type()) && !/\/api\/v1\/events/.test(line.location().url)) found.push(`console: ${line.text()} ${line.location().url.replace(url, '')}`.trim()) })
  page.on('pageerror', (error) => found.push(`thrown: ${error.message}`))
  page.on('request', (request) => { if (!request.url().startsWith(new URL(url).origin)) found.push(`asked another: ${request.url()}`) })
  return {
    context, page, problems: () => found.splice(0),
    async open(path) {
      await page.goto(`${url}${path.replace(/^\//, '')}`)
      await settle(page)
    },
    close: () => context.close(),
  }
}

/** Waits until a page shows what it is about, in its own letters. */
export async function settle(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor()
  for (const reading = page.locator('[data-reading]').first(); await reading.count() > 0;) await reading.waitFor({ state: 'detached' })
  await page.evaluate('document.fonts.ready.then(() => true)')
}
