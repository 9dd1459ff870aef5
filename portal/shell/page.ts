/** How a page is added: a line in the `pages` of its folder. The shell then routes to it, shows it in the navigation, and loads it when it is asked for. */
import type { ComponentType } from 'react'

export interface PageDefinition {
  /** Such as `/controllers/$id`. */
  readonly path: `/${string}`
  /** The page's own file, whose default export shows it: never part of the first load. */
  readonly load: () => Promise<{ readonly default: ComponentType }>
  /** Shown without navigation and without a session: signing in. */
  readonly bare?: boolean
}
