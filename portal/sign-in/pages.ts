import type { PageDefinition } from '../shell/page.ts'

export const pages: readonly PageDefinition[] = [
  { path: '/sign-in', load: () => import('./signInPage.tsx'), bare: true }, { path: '/welcome', load: () => import('./welcome.tsx') },
]
