import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [{ path: '/approvals', load: () => import('./approvals.tsx') }]
