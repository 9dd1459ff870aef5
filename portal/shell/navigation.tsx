import { Menu } from '@mantine/core'
import { useMantineColorScheme } from '@mantine/core'
import IconDots from '@tabler/icons-react/icons/IconSettings'
import IconMenu from '@tabler/icons-react/icons/IconMenu2'
import IconSearch from '@tabler/icons-react/icons/IconSearch'
import IconClose from '@tabler/icons-react/icons/IconX'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useRouterState } from '@tanstack/react-router'
import { createContext, lazy, Suspense, use, useEffect, useState, type ReactNode } from 'react'
import { addresses } from '../addresses.ts'
import { addressOf, request } from '../client/request.ts'
import { useFormat } from '../words/format.ts'
import { languages, useLanguage, useWords } from '../words/index.tsx'
import { keep, useSetLanguage } from './foundation.tsx'
import { Go } from './go.tsx'
import { Brand } from './brand.tsx'
import { navigationFor, type NavigationItem } from './navigation.ts'
import { useSession } from './session.tsx'
import { shellWords } from './words.ts'

const Palette = lazy(() => import('./palette.tsx'))
const Phone = createContext<() => void>(() => undefined)

/** The pages, at the side of a desk. */
export function Navigation(): ReactNode {
  const words = useWords(shellWords)
  const [palette, setPalette] = useState(false)
  useEffect(() => {
    const key = (event: KeyboardEvent): void => { if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') { event.preventDefault(); setPalette(true) } }
    addEventListener('keydown', key)
    return () => removeEventListener('keydown', key)
  }, [])
  return (
    <nav className="navigation" aria-label={words.navigation}>
      <Brand />
      <button type="button" className="search-button" onClick={() => setPalette(true)}><IconSearch size={16} stroke={1.75} aria-hidden /><span>{words.search}</span><kbd>Ctrl K</kbd></button>
      <Groups />
      <Settings />
      {palette ? <Suspense><Palette close={() => setPalette(false)} /></Suspense> : null}
    </nav>
  )
}

/** The same pages on a phone, behind one button. */
export function PhoneBar(): ReactNode {
  const words = useWords(shellWords)
  const [open, setOpen] = useState(false)
  return (
    <header className="phone-bar">
      <button type="button" className="icon-button bare" aria-expanded={open} aria-controls="phone-pages" aria-label={open ? words.close : words.menu} onClick={() => setOpen(!open)}>{open ? <IconClose size={22} stroke={1.75} /> : <IconMenu size={22} stroke={1.75} />}</button>
      <strong>Bailee</strong>
      {open ? <nav id="phone-pages" aria-label={words.navigation} className="phone-pages"><Phone value={() => setOpen(false)}><Groups /><Settings /></Phone></nav> : null}
    </header>
  )
}

function Groups(): ReactNode {
  const words = useWords(shellWords)
  const session = useSession()
  return navigationFor(session.controller !== null).map(({ name, items }) => (
    <div key={name ?? 'first'} className="navigation-group">
      {name === null ? null : <h2 className="navigation-heading">{words.groups[name]}</h2>}
      <ul>{items.map((item) => <Item key={item.name} item={item} count={item.count === undefined ? undefined : session.counts[item.count]} />)}</ul>
    </div>
  ))
}

function Item({ item: { name, to, icon: Icon }, count }: { readonly item: NavigationItem; readonly count: number | undefined }): ReactNode {
  const [words, format] = [useWords(shellWords), useFormat()]
  const close = use(Phone)
  const current = useRouterState({ select: ({ location: { pathname } }) => (to === '/client' ? pathname === to : pathname === to || pathname.startsWith(`${to}/`)) })
  return (
    <li><Go to={to} className="navigation-item" current={current} onClick={close}>
      <Icon size={18} stroke={1.75} aria-hidden /><span>{words.items[name]}</span>
      {count === undefined || count === 0 ? null : <span className="navigation-count"><span aria-hidden>{format.number(count)}</span><span className="visually-hidden">{`, ${words.needsYou(format.number(count))}`}</span></span>}
    </Go></li>
  )
}

/** Language, colours and the account. */
function Settings(): ReactNode {
  const [words, language, setLanguage] = [useWords(shellWords), useLanguage(), useSetLanguage()]
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const [session, format, queries, navigate, close] = [useSession(), useFormat(), useQueryClient(), useNavigate(), use(Phone)]
  const signOut = async (): Promise<void> => { await request('DELETE', addressOf('/session')).catch(() => undefined); queries.clear(); location.assign(new URL('sign-in', document.baseURI)) }
  const density = (value: string): void => { document.documentElement.dataset['density'] = value; keep('bailee-density', value) }
  return (
    <div className="navigation-foot">
      <Menu position="top-start" width={240} withinPortal shadow="none" transitionProps={{ duration: 0 }}>
        <Menu.Target><button type="button" className="navigation-item account"><IconDots size={18} stroke={1.75} aria-hidden /><span>{session.account.name}<span className="small muted account-of">{session.controller?.name ?? session.processor.name}</span></span></button></Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{words.language}</Menu.Label>
          {languages.map((one) => <Menu.Item key={one} lang={one} onClick={() => setLanguage(one)} aria-current={one === language ? 'true' : undefined}>{one === 'en' ? 'English' : 'Français'}{one === language ? ' ✓' : ''}</Menu.Item>)}
          <Menu.Label>{words.scheme}</Menu.Label>
          {([['light', words.light], ['dark', words.dark], ['auto', words.system]] as const).map(([one, label]) => <Menu.Item key={one} onClick={() => setColorScheme(one)} aria-current={one === colorScheme ? 'true' : undefined}>{label}{one === colorScheme ? ' ✓' : ''}</Menu.Item>)}
          <Menu.Divider />
          {session.roles.some((role) => role === 'owner' || role === 'dpo') ? <Menu.Item onClick={() => { void navigate({ to: addresses.start as never }) }}>{words.start}</Menu.Item> : null}
          <Menu.Item onClick={() => density('comfortable')}>{words.comfortable}</Menu.Item>
          <Menu.Item onClick={() => density('compact')}>{words.compact}</Menu.Item>
          <Menu.Divider />
          <Menu.Item onClick={() => { close(); void navigate({ to: addresses.settings as never }) }}>{words.settings}</Menu.Item>
          <Menu.Item onClick={() => { void signOut() }}>{words.signOut}</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {session.roles.includes('auditor') ? <p className="small muted">{words.until(format.day(session.until))}</p> : null}
    </div>
  )
}
