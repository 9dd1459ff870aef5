import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [{ path: '/decisions', load: () => import('./decisions.tsx') }, { path: '/decisions/$id', load: () => import('./decision.tsx') }, { path: '/me', load: () => import('./me.tsx') }]
