/** A real server for browser tests: the estate of the case, played, with the portal as it is built. */
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'
import { placeCase } from '../../server/case/testing.ts'
import { openBailee, type Bailee } from '../../server/composition/index.ts'
import { startApi, type SignedIn } from '../../server/api/testing.ts'
import { listenApi, openSignIn } from '../../server/api/index.ts'
import { buildPortal } from '../build.ts'

export interface TestPortal {
  readonly bailee: Bailee
  /** Where it is, with a slash at its end; below a path, as behind a proxy. */
  readonly url: string
  /** Its clock, in seconds: after everything in the case has happened. */
  readonly now: number
  /** A session's cookie. */
  readonly signIn: (who: SignedIn) => Promise<string>
  readonly close: () => Promise<void>
}

/** The night after the copy was made: findings are open and the contract goes on. For `?at=`. */
export const nightOfTheFindings = '2019-04-16T12:00:00Z'

/** Serves a copy of the played case, to do with as one likes. `name` is the test file's own. With `links`, people sign in as they do: by a link that is good once. */
export async function openTestPortal(name: string, { links = false }: { readonly links?: boolean } = {}): Promise<TestPortal> {
  const directory = join(inject('testDirectory'), `portal-${name}`)
  const now = Date.parse('2021-01-15T00:00:00Z') / 1000
  const [portal] = await Promise.all([buildPortal(), placeCase(directory)])
  const bailee = await openBailee({ directory, clock: 'replayed', environment: {} }, now)
  const api = await startApi(bailee, now, { portal, base: '/bailee', ...(links ? { signIn: openSignIn(bailee.database, () => now, randomBytes, 'http://localhost') } : {}) })
  const serving = await listenApi(api.app, { host: '127.0.0.1', port: 0 })
  return {
    bailee, now, url: `http://127.0.0.1:${serving.port}/bailee/`, signIn: (who) => api.signIn(who),
    async close() {
      await serving.close()
      await bailee.close()
      rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) // in memory, where the copies of all files would not fit at once
    },
  }
}
