/** What every page stands on: queries, the kit of components with the nonce of this page, colour scheme and language. */
import { createTheme, localStorageColorSchemeManager, MantineProvider, type MantineColorScheme } from '@mantine/core'
import { QueryClientProvider, type QueryClient } from '@tanstack/react-query'
import { createContext, use, useCallback, useEffect, useMemo, useState, type ReactNode } from 'react'
import { LanguageProvider, languages, type Language } from '../words/index.tsx'

const nonce = (): string => document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? ''

/** The part of Mantine that locks scrolling behind dialogs adds a style by itself, and asks here for its nonce. */
const lockNonce = nonce()
if (lockNonce !== '') (globalThis as { __webpack_nonce__?: string }).__webpack_nonce__ = lockNonce

const theme = createTheme({ fontFamily: 'var(--text)', fontFamilyMonospace: 'var(--mono)', defaultRadius: 6, primaryColor: 'dark', cursorType: 'pointer', respectReducedMotion: true, components: { Modal: { defaultProps: { transitionProps: { transition: 'fade', duration: 120 } } } } })
const schemes = localStorageColorSchemeManager({ key: 'bailee-scheme' })

const languageKey = 'bailee-language'

/** What was kept in this browser; a browser that keeps nothing answers undefined. */
function kept(key: string): string | undefined {
  try { return localStorage.getItem(key) ?? undefined } catch { return undefined }
}
export function keep(key: string, value: string): void {
  try { localStorage.setItem(key, value) } catch { /* a browser that keeps nothing: the choice lasts as long as the page */ }
}

const isLanguage = (text: string | undefined): text is Language => languages.some((one) => one === text)

/** The language chosen here, or the browser's. */
function firstLanguage(): Language {
  const chosen = kept(languageKey)
  if (isLanguage(chosen)) return chosen
  return navigator.language.toLowerCase().startsWith('fr') ? 'fr' : 'en'
}

const SetLanguage = createContext<(language: Language) => void>(() => undefined)
export const useSetLanguage = (): ((language: Language) => void) => use(SetLanguage)

/** Wraps the whole portal. */
export function Foundation({ queries, children }: { readonly queries: QueryClient; readonly children: ReactNode }): ReactNode {
  const [language, setLanguage] = useState<Language>(firstLanguage)
  useEffect(() => { document.documentElement.lang = language }, [language])
  const choose = useCallback((chosen: Language) => { keep(languageKey, chosen); setLanguage(chosen) }, [])
  const scheme = useMemo<MantineColorScheme>(() => 'auto', [])
  return (
    <QueryClientProvider client={queries}>
      <MantineProvider theme={theme} colorSchemeManager={schemes} defaultColorScheme={scheme} getStyleNonce={nonce} deduplicateInlineStyles={false}>
        <LanguageProvider value={language}><SetLanguage value={choose}>{children}</SetLanguage></LanguageProvider>
      </MantineProvider>
    </QueryClientProvider>
  )
}
