import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [{ path: '/client/erasure', load: () => import('./erasure.tsx') }, { path: '/client/notices', load: () => import('./notices.tsx') }]
