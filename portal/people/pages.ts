import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [
  { path: '/people', load: () => import('./people.tsx') }, { path: '/people/$id', load: () => import('./person.tsx') }, { path: '/reviews/$id', load: () => import('./review.tsx') }, { path: '/trainings/$id', load: () => import('./training.tsx') },
]
