/** The portal's languages. Each page has its words beside it, in both: what is missing in one does not compile. */
import { createContext, Fragment, use, type ReactNode } from 'react'

export const languages = ['en', 'fr'] as const
export type Language = (typeof languages)[number]

type Word = string | ((...values: never[]) => string)
export interface Words { readonly [name: string]: Word | Words }

/** What another language must have: the same names, and functions of the same values. */
export type Translated<English> = {
  readonly [Name in keyof English]: English[Name] extends (...values: infer Values) => string ? (...values: Values) => string : English[Name] extends string ? string : Translated<English[Name]>
}

export interface Catalogue<English> { readonly en: English; readonly fr: Translated<English> }

/** Words of a page or a component, in both languages. */
export const wordsOf = <English extends Words>(en: English, fr: Translated<English>): Catalogue<English> => ({ en, fr })

const Chosen = createContext<Language>('en')
export const LanguageProvider = Chosen.Provider

/** The language that is shown. */
export const useLanguage = (): Language => use(Chosen)

/** Words in the language that is shown. */
export const useWords = <English,>(catalogue: Catalogue<English>): Translated<English> => catalogue[useLanguage()] as Translated<English>

/** One of a thing, or several; French counts none as one. */
export const plural = (language: Language, count: number, [one, many]: readonly [one: string, many: string]): string => ((language === 'fr' ? count < 2 : count === 1) ? one : many)

/** A sentence in which **what matters** stands out. */
export function Sentence({ children }: { readonly children: string }): ReactNode {
  return children.split('**').map((part, index) => <Fragment key={index}>{index % 2 === 1 ? <strong>{part}</strong> : part}</Fragment>)
}
