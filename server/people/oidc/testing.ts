/** A real sign-in provider (oidc-provider) behind real HTTP, for tests: whoever is next signs in, and agrees. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { freePort } from '#kit/testing'

/** Whom the provider knows, and what it says of them. */
export interface ProviderPerson { readonly sub: string; readonly email: string; readonly email_verified: boolean; readonly roles?: readonly string[] }

export interface TestProvider {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly people: ProviderPerson[]
  /** Who signs in there next; null: they say no. */
  next: ProviderPerson | null
  close(): void
}

/** As much of the provider as is used here; it brings no types. */
interface OidcServer {
  callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object, options: object): Promise<void>
  readonly Grant: new (of: { accountId: string; clientId: string }) => { addOIDCScope(scope: string): void; save(): Promise<string> }
}

/** Starts one, with one client that is sent back to `redirectUri`. Its address is another site's than `localhost`, as a real provider's is. */
export async function openTestProvider(redirectUri: string, people: ProviderPerson[]): Promise<TestProvider> {
  const { default: Provider } = await import('oidc-provider' as string) as { default: new (issuer: string, configuration: object) => OidcServer }
  const port = await freePort()
  const [issuer, clientId, clientSecret] = [`http://127.0.0.1:${port}`, 'bailee', 'a-secret-of-tests']
  const made = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri], token_endpoint_auth_method: 'client_secret_basic' }],
    claims: { openid: ['sub', 'roles'], email: ['email', 'email_verified'] }, pkce: { required: () => true }, cookies: { keys: ['only in tests'] }, features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx: unknown, { uid }: { uid: string }) => `/interaction/${uid}` }, findAccount: (_ctx: unknown, id: string) => ({ accountId: id, claims: () => people.find(({ sub }) => sub === id) }),
  })
  const answer = made.callback()
  const interact = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { next } = provider
    if (next === null) return made.interactionFinished(request, response, { error: 'access_denied' }, { mergeWithLastSubmission: false })
    const grant = new made.Grant({ accountId: next.sub, clientId })
    grant.addOIDCScope('openid email')
    return made.interactionFinished(request, response, { login: { accountId: next.sub }, consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: false })
  }
  const server: Server = createServer((request, response) => { void (request.url?.startsWith('/interaction/') === true ? interact(request, response) : answer(request, response)) }).listen(port, '127.0.0.1')
  await once(server, 'listening')
  const provider: TestProvider = { issuer, clientId, clientSecret, people, next: null, close: () => { server.closeAllConnections(); server.close() } }
  return provider
}
