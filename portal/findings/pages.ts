import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [
  { path: '/findings', load: () => import('./findings.tsx') }, { path: '/findings/$id', load: () => import('./finding.tsx') },
]
