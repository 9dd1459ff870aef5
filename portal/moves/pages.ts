import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [{ path: '/activities', load: () => import('./activities.tsx') }, { path: '/transfers', load: () => import('./transfers.tsx') }]
