/** The door of machines and browsers: HTTP, described by OpenAPI. It decides nothing and keeps nothing: the same words do that as on the command line. */
export { buildServer, listenApi, type ApiOptions, type ServingApi } from './server.ts'
export { openSignIn } from './signIn.ts'
export { scopesOf } from './permissions.ts'
export type { Authenticate, Principal, Role, SignIn } from './principal.ts'
export type { Beginning, Begun } from './beginning.ts'
