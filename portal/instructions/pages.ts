import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [
  { path: '/instructions', load: () => import('./instructions.tsx') }, { path: '/instructions/new', load: () => import('./editor.tsx') }, { path: '/instructions/$id', load: () => import('./instruction.tsx') }, { path: '/instructions/$id/edit', load: () => import('./editor.tsx') },
  { path: '/client/instructions', load: () => import('./instructions.tsx') }, { path: '/client/instructions/new', load: () => import('./editor.tsx') }, { path: '/client/instructions/$id', load: () => import('./instruction.tsx') }, { path: '/client/instructions/$id/edit', load: () => import('./editor.tsx') },
]
