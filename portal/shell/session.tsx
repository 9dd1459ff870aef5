/** Who is signed in, for everything below. */
import { createContext, use } from 'react'
import type { Role, Session } from '../client/shapes.ts'

const Signed = createContext<Session | undefined>(undefined)
export const SessionProvider = Signed.Provider

/** The session. Pages outside the shell have none: they must not ask. */
export function useSession(): Session {
  const session = use(Signed)
  if (session === undefined) throw new Error('a page that asks who is signed in stands outside the shell')
  return session
}

/** Whether whoever is signed in has one of these roles. Only for what is shown: the server decides by itself. */
export const useHasRole = (...roles: readonly Role[]): boolean => useSession().roles.some((role) => roles.includes(role))
