import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [{ path: '/register', load: () => import('./register.tsx') }]
