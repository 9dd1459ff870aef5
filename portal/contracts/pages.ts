import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [{ path: '/contracts/$id', load: () => import('./contract.tsx') }]
