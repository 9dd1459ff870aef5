import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [{ path: '/assessments', load: () => import('./assessments.tsx') }, { path: '/assessments/$id', load: () => import('./assessment.tsx') }]
