/** A link inside the portal. It keeps the date that is looked at; where there is no such page yet, it is words and not a link. */
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { hasPage } from '../pages.ts'
import { clean, useSearchValues } from './search.ts'

interface GoProps { readonly to: string; readonly children: ReactNode; readonly className?: string | undefined; readonly current?: boolean; readonly label?: string; readonly onClick?: () => void; readonly search?: Readonly<Record<string, string | undefined>> }

/** `to` comes from `addresses`. */
export function Go({ to, children, className, current = false, label, onClick, search }: GoProps): ReactNode {
  const { at } = useSearchValues()
  if (!hasPage(to)) return <span className={className}>{children}</span>
  const [path, query] = to.split('?')
  const values = clean({ at, ...Object.fromEntries(new URLSearchParams(query ?? '')), ...search })
  return <Link to={path as never} search={values as never} className={className} aria-label={label} aria-current={current ? 'page' : undefined} onClick={onClick} activeProps={{}} activeOptions={{ exact: true }}>{children}</Link>
}
