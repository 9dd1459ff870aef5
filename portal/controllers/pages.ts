import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [{ path: '/controllers', load: () => import('./controllers.tsx') }, { path: '/controllers/$id', load: () => import('./controller.tsx') }]
