import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [
  { path: '/findings', load: () => import('./findings.tsx') }, { path: '/findings/$id', load: () => import('./finding.tsx') },
  { path: '/sweeps', load: () => import('../sweeps/sweeps.tsx') }, { path: '/sweeps/$id', load: () => import('../sweeps/sweep.tsx') }, { path: '/stores', load: () => import('../sweeps/stores.tsx') },
]
