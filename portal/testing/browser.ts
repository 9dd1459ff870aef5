/** A real Chromium, and what every page is held to: nothing printed as an error, nothing asked of another party, no violation of axe, nothing to scroll sideways. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { expect } from 'vitest'

/** Where Debian and others put it; else the one that npm brought. */
const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((file) => existsSync(file))

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Pictures of a run lie here, for people to look at. */
export const picturesDirectory = process.env['BAILEE_PICTURES']

/** Starts one. It keeps its policies: a test of them would otherwise be worthless. */
export async function openBrowser(): Promise<Browser> {
  const safe = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--hide-scrollbars', '--force-color-profile=srgb']
  if (installed !== undefined) return chromium.launch({ executablePath: installed, args: safe })
  const { default: brought } = await import('@sparticuz/chromium')
  return chromium.launch({ executablePath: await brought.executablePath(), args: [...brought.args.filter((one) => !['--single-process', '--disable-web-security'].includes(one)), ...safe] })
}

/** A page that takes longer has failed. */
const waitMilliseconds = 8_000

const widths = [1440, 390] as const

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

/** All that axe holds a page to; of a page that was held to it, what another scheme can change. */
const [everyRule, colours] = ["['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']", "{ type: 'rule', values: ['color-contrast', 'link-in-text-block'] }"]

/** Violations of axe, each with the element it is about. Axe comes by the debugging protocol: the page's policy would not let it in. */
export async function violationsOf(page: Page, rules = everyRule): Promise<string[]> {
  const session = await page.context().newCDPSession(page)
  await session.send('Runtime.evaluate', { expression: `if (typeof axe === 'undefined') { ${axe} }` })
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', { awaitPromise: true, returnByValue: true, expression: `axe.run(document, { resultTypes: ['violations'], runOnly: ${rules} }).then((r) => r.violations.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.target.join(' ') + ' ' + (n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ''))))` })
  await session.detach()
  if (exceptionDetails !== undefined) throw new Error(`axe did not run: ${exceptionDetails.text}`)
  return result.value as string[]
}

/** Pixels by which a page is wider than its window. */
const overflowOf = async (page: Page): Promise<number> => Number(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'))

/** Opens a page on a desk and on a phone, looks at each in light and in dark, holds it to everything, and keeps its pictures under `name` when somebody wants to see them. `act`: what is done on it before. */
export async function inspect({ page, problems, open }: Visitor, path: string, name: string, act?: () => Promise<unknown>): Promise<void> {
  for (const width of widths) {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await page.setViewportSize({ width, height: width === 390 ? 844 : 900 })
    await open(path)
    await act?.()
    for (const scheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
      const where = `${path}, ${scheme}, ${width}`
      if (picturesDirectory !== undefined) {
        mkdirSync(picturesDirectory, { recursive: true })
        await page.screenshot({ path: join(picturesDirectory, `${name}-${scheme}-${width}.png`), fullPage: true })
      }
      expect([where, await violationsOf(page, scheme === 'light' ? everyRule : colours)]).toEqual([where, []])
      expect([where, await overflowOf(page), await page.locator('h1').count()]).toEqual([where, 0, 1])
      expect([where, problems()]).toEqual([where, []])
    }
  }
}

/** Gives a page a device that holds passkeys and knows its owner. */
export async function giveDevice(page: Page): Promise<{ verifies(is: boolean): Promise<void> }> {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } })
  return { verifies: async (isUserVerified) => { await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }) } }
}
