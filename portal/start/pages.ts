import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [{ path: '/start', load: () => import('./start.tsx') }, { path: '/begin', load: () => import('./begin.tsx'), bare: true }]
