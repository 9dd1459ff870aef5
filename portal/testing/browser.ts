/** What every page is held to in a real Chromium: nothing printed as an error, nothing asked of another party, no violation of axe, nothing to scroll sideways. */
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { Visitor } from './chromium.ts'

export { openBrowser, settle, visit, type Visitor } from './chromium.ts'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Pictures of a run lie here, for people to look at. */
export const picturesDirectory = process.env['BAILEE_PICTURES']

const widths = [1440, 390] as const

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

/** Opens a page on a desk and on a phone, looks at each in light and in dark, holds it to everything, and keeps its pictures under `name` when somebody wants to see them. */
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
