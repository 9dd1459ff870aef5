/** Routes, one a page of `pages.ts`, each loaded when it is asked for or pointed at. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { pages } from './pages.ts'
import { Home } from './shell/home.tsx'
import { clean } from './shell/search.ts'
import { Missing } from './shell/missing.tsx'
import { Shell } from './shell/shell.tsx'

const root = createRootRoute({ component: Shell, notFoundComponent: Missing, validateSearch: (given: Record<string, unknown>) => clean(Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]))) })

const home = createRoute({ getParentRoute: () => root, path: '/', component: Home })

const routes = pages.map(({ path, load }) => createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load) }))

/** The router, below whatever path the server says that everything is. */
export const makeRouter = () => createRouter({
  routeTree: root.addChildren([home, ...routes]), basepath: new URL('.', document.baseURI).pathname, defaultPreload: 'intent', scrollRestoration: true,
  // All text: a date must not become a number.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (values: Record<string, string>) => { const text = new URLSearchParams(clean(values)).toString(); return text === '' ? '' : `?${text}` },
})
