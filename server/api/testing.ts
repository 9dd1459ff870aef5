import { randomUUID } from 'node:crypto'
import type { FastifyInstance, InjectOptions, LightMyRequestResponse } from 'fastify'
import { afterAll, beforeAll } from 'vitest'
import { allControllers } from '#contract'
import { openControllers, type Bailee } from '#composition'
import { day, type Instant } from '#kit/time'
import { keep, type Kept } from '../composition/testing.ts'
import type { Principal, Role } from './principal.ts'
import { buildServer, type ApiOptions } from './server.ts'

/** Somebody who is signed in, by a name that tests give. */
export interface SignedIn { readonly role: Role; readonly controller?: string; readonly person?: string; readonly scopes?: readonly string[] }

/** A server over a Bailee whose sessions are what a test says they are: `cookie` is that of a role. */
export interface TestApi {
  readonly app: FastifyInstance
  /** Begins a session and answers the cookie that carries it. */
  signIn(who: SignedIn): Promise<string>
  /** Asks as somebody who is signed in. */
  ask(method: 'GET' | 'POST' | 'DELETE', url: string, options?: { readonly as?: SignedIn; readonly body?: object; readonly headers?: Readonly<Record<string, string>> }): Promise<LightMyRequestResponse>
  close(): Promise<void>
}

export const ours = { 'sec-fetch-site': 'same-origin' } as const

/** Starts one. `at`: what its clock says. */
export async function startApi(bailee: Bailee, at: Instant, options: Partial<ApiOptions> = {}): Promise<TestApi> {
  const sessions = new Map<string, Principal>()
  const tokenOf = (headers: { cookie?: string | undefined; authorization?: string | undefined }): string => /bailee_session=([^;]+)/.exec(headers.cookie ?? '')?.[1] ?? /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
  const app = await buildServer({
    bailee, clock: () => at, origin: 'http://localhost:8443', portal: '/nowhere', report: (problem) => { throw new Error(`reported: ${problem}`) }, requestsPerMinute: 1_000_000, perMinute: { account: 1_000_000, token: 1_000_000 }, triesPerMinute: { same: 1_000_000, address: 1_000_000 },
    signIn: { authenticate: async (headers) => sessions.get(tokenOf(headers)), end: async (headers) => { sessions.delete(tokenOf(headers)) }, redeemLink: async () => undefined },
    asController: await openControllers(bailee), ...options,
  })
  const base = options.base ?? ''
  const signIn = async ({ role, controller: id, person, scopes }: SignedIn): Promise<string> => {
    const controller = id === undefined ? undefined : (await allControllers(bailee.database)).find((one) => one.id === id)
    const token = randomUUID()
    sessions.set(token, { account: { id: `${role}-account`, name: role }, person: person ?? null, roles: [role], controller: controller === undefined ? null : { id: controller.id, name: controller.name, slot: controller.slot }, token: scopes === undefined ? null : token, scopes: scopes ?? null, session: null, until: at + day, language: 'en' })
    return token
  }
  return {
    app, signIn,
    async ask(method, url, { as, body, headers } = {}) {
      const token = as === undefined ? undefined : await signIn(as)
      const carried: Record<string, string> = token === undefined ? {} : as?.scopes === undefined ? { cookie: `bailee_session=${token}` } : { authorization: `Bearer ${token}` }
      const injected: InjectOptions = { method, url: `${base}${url}`, headers: { ...(method === 'GET' ? {} : ours), ...carried, ...headers }, ...(body === undefined ? {} : { payload: body }) }
      return app.inject(injected)
    },
    close: () => app.close(),
  }
}

/** A small estate with two sessions, and a server over it some time later: before all tests of a file, and gone after them. */
export function keptApi(at: Instant): { readonly kept: Kept; readonly api: TestApi } {
  const made = {} as { kept: Kept; api: TestApi }
  beforeAll(async () => {
    made.kept = await keep()
    made.api = await startApi(made.kept.bailee, at)
  })
  afterAll(async () => {
    await made.api.close()
    await made.kept.close()
  })
  return made
}
