import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [{ path: '/breaches', load: () => import('./breaches.tsx') }, { path: '/breach-register', load: () => import('./register.tsx') }, { path: '/breaches/$id', load: () => import('./breach.tsx') }]
