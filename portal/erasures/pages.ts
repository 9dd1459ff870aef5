import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [
  { path: '/erasures', load: () => import('./erasures.tsx') }, { path: '/erasures/$id', load: () => import('./exit.tsx') },
  { path: '/requests/$id', load: () => import('./request.tsx') }, { path: '/certificates/$id', load: () => import('./certificate.tsx') },
]
