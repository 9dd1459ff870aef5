import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [{ path: '/ledger', load: () => import('./ledger.tsx') }, { path: '/ledger/$id', load: () => import('./entry.tsx') }]
