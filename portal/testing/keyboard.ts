/** A page used by somebody who has no mouse: everything is reached by Tab, from where the focus is, and where the focus is has to be seen. */
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { settle } from './chromium.ts'

/** Stops of Tab that a page may put in somebody's way. */
const stopsMax = 150

export interface Keyboard {
  /** Tabs to it, forth or back. Fails where Tab does not come to it, or where nothing shows that it did. */
  readonly reach: (target: Locator) => Promise<void>
  /** Reaches it and presses Enter. */
  readonly press: (target: Locator) => Promise<void>
  /** Presses what leads to another page, and waits until that is shown: its address is there before it is. */
  readonly follow: (target: Locator, url: RegExp) => Promise<void>
  /** Reaches a field, empties it and types. */
  readonly type: (fields: Readonly<Record<string, string>>) => Promise<void>
  /** Reaches a box, and sets it by Space unless it is set; of radios, by the arrows. */
  readonly check: (target: Locator) => Promise<void>
  /** Reaches a list and goes down it to that value. */
  readonly choose: (target: Locator, value: string) => Promise<void>
}

/** What is asked of a browser, which knows more than the types of a server do. */
interface Element { readonly compareDocumentPosition: (other: unknown) => number; readonly closest: (selector: string) => Element | null; readonly getBoundingClientRect: () => { readonly top: number; readonly bottom: number } }
interface InBrowser { readonly document: { readonly activeElement: Element | null; readonly body: Element }; readonly innerHeight: number; readonly getComputedStyle: (element: Element) => { readonly outlineStyle: string; readonly outlineWidth: string } }

/** Where the target is from the focus: there, further on, or before it. */
const whereIs = (target: Locator): Promise<'there' | 'on' | 'before'> => target.evaluate((element) => {
  const { document: { activeElement: focused, body } } = globalThis as unknown as InBrowser
  const following = 4 // Node.DOCUMENT_POSITION_FOLLOWING
  if (focused === element as unknown) return 'there'
  return focused === null || focused === body || (focused.compareDocumentPosition(element) & following) !== 0 ? 'on' : 'before'
})

/** Whether somebody sees that the focus is on it: an outline of its own or of its label's, in sight. */
const isSeen = (target: Locator): Promise<boolean> => target.evaluate((found) => {
  const { getComputedStyle, innerHeight } = globalThis as unknown as InBrowser
  const element = found as unknown as Element
  const { top, bottom } = element.getBoundingClientRect()
  const outlined = [element, element.closest('label')].some((one) => one !== null && getComputedStyle(one).outlineStyle !== 'none' && Number.parseFloat(getComputedStyle(one).outlineWidth) >= 2)
  return outlined && top < innerHeight && bottom > 0
})

/** Of one page, in the scope of an open dialog where there is one. */
export function keyboardOf(page: Page): Keyboard {
  const field = (label: string): Locator => page.getByLabel(label, { exact: true })
  const reach = async (target: Locator): Promise<void> => {
    await target.waitFor()
    for (let stops = 0; ; stops += 1) {
      const where = await whereIs(target)
      if (where === 'there') return expect(await isSeen(target), `${String(target)}: nobody sees that the focus is on it`).toBe(true)
      if (stops === stopsMax) throw new Error(`${String(target)} cannot be reached by Tab`)
      await page.keyboard.press(where === 'on' ? 'Tab' : 'Shift+Tab')
    }
  }
  return {
    reach,
    async press(target) { await reach(target); await page.keyboard.press('Enter') },
    async follow(target, url) {
      const heading = await page.locator('h1').first().elementHandle()
      await reach(target)
      await page.keyboard.press('Enter')
      await page.waitForURL(url)
      const isThere = async (): Promise<boolean> => heading !== null && await heading.evaluate((element) => (element as unknown as { readonly isConnected: boolean }).isConnected).catch(() => false) // gone with its document
      while (await isThere()) await page.waitForTimeout(20)
      await settle(page)
    },
    async type(fields) {
      for (const [label, text] of Object.entries(fields)) {
        await reach(field(label))
        await page.keyboard.press('Control+A')
        await page.keyboard.insertText(text)
      }
    },
    async check(target) {
      if (await target.isChecked()) return
      if (await target.getAttribute('type') !== 'radio') { await reach(target); await page.keyboard.press('Space'); return expect(await target.isChecked()).toBe(true) }
      await reach(page.locator(`input[name="${await target.getAttribute('name') ?? ''}"]:checked`))
      for (let left = 10; left > 0 && !await target.isChecked(); left -= 1) await page.keyboard.press('ArrowDown')
      expect(await target.isChecked()).toBe(true)
    },
    async choose(target, value) {
      await reach(target)
      for (let left = 300; left > 0 && await target.inputValue() !== value; left -= 1) await page.keyboard.press('ArrowDown')
      expect(await target.inputValue()).toBe(value)
    },
  }
}
