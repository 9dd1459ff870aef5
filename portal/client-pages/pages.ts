import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [
  { path: '/client', load: () => import('./home.tsx') }, { path: '/client/welcome', load: () => import('./welcome.tsx') }, { path: '/client/use', load: () => import('./use.tsx') },
  { path: '/client/sub-processors', load: () => import('./subProcessors.tsx') }, { path: '/client/evidence', load: () => import('./evidence.tsx') },
]
