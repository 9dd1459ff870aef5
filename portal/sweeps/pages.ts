import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [
  { path: '/sweeps', load: () => import('./sweeps.tsx') }, { path: '/sweeps/$id', load: () => import('./sweep.tsx') }, { path: '/stores', load: () => import('./stores.tsx') },
]
