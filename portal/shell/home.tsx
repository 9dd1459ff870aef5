import { Navigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import type { Session } from '../client/shapes.ts'
import { useSession } from './session.tsx'

/** Where somebody begins, by what they are here for. */
export function homeOf({ controller, roles }: Pick<Session, 'controller' | 'roles'>): string {
  if (controller !== null) return addresses.client
  return roles.some((role) => role === 'owner' || role === 'dpo') ? addresses.today : roles.includes('auditor') ? addresses.ledger : addresses.me
}

/** The address without a page: leads there. */
export const Home = (): ReactNode => <Navigate to={homeOf(useSession()) as never} replace />
