import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [
  { path: '/copies', load: () => import('./copies.tsx') }, { path: '/client/copies', load: () => import('./copies.tsx') },
  { path: '/copies/$id', load: () => import('./copy.tsx') }, { path: '/client/copies/$id', load: () => import('./copy.tsx') },
]
