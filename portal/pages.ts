/** Every page there is. A group of pages adds its list here and nothing else outside of its folder. */
import { pages as approvals } from './approvals/pages.ts'
import { pages as breaches } from './breaches/pages.ts'
import { pages as clientEnd } from './client-end/pages.ts'
import { pages as clientPages } from './client-pages/pages.ts'
import { pages as assessments } from './assessments/pages.ts'
import { pages as contracts } from './contracts/pages.ts'
import { pages as copies } from './copies/pages.ts'
import { pages as controllers } from './controllers/pages.ts'
import { pages as decisions } from './decisions/pages.ts'
import { pages as findings } from './findings/pages.ts'
import { pages as ledger } from './ledger/pages.ts'
import { pages as instructions } from './instructions/pages.ts'
import { pages as moves } from './moves/pages.ts'
import { pages as erasures } from './erasures/pages.ts'
import { pages as people } from './people/pages.ts'
import { pages as register } from './register/pages.ts'
import type { PageDefinition } from './shell/page.ts'
import { pages as settings } from './settings/pages.ts'
import { pages as signIn } from './sign-in/pages.ts'
import { pages as start } from './start/pages.ts'
import { pages as sweeps } from './sweeps/pages.ts'
import { pages as today } from './today/pages.ts'

// One a line: groups are added by several people at once.
export const pages: readonly PageDefinition[] = [
  ...today,
  ...start,
  ...controllers,
  ...instructions,
  ...approvals,
  ...decisions,
  ...copies,
  ...findings,
  ...sweeps,
  ...moves,
  ...erasures,
  ...breaches,
  ...clientEnd,
  ...clientPages,
  ...people,
  ...contracts,
  ...register,
  ...assessments,
  ...ledger,
  ...settings,
  ...signIn,
]

const patterns = pages.map(({ path }) => new RegExp(`^${path.replaceAll(/\$\w+/g, '[^/]+')}$`))

/** Whether there is a page of that very address: a pattern that would take its last part for a name does not count. */
export const hasOwnPage = (path: string): boolean => pages.some((page) => page.path === path)

/** Whether there is a page at an address. What has none is shown as words: no link leads nowhere. */
export const hasPage = (path: string): boolean => patterns.some((pattern) => pattern.test(path.split('?')[0] ?? path))
