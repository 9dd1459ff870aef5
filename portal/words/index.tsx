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

/** Things that are counted, one of each. French counts none as one. */
const counted: Readonly<Record<Language, Readonly<Record<string, string>>>> = {
  en: { people: 'person', places: 'place', entries: 'entry', stores: 'store', rows: 'row', copies: 'copy', sessions: 'session', tables: 'table', columns: 'column', days: 'day' },
  fr: { personnes: 'personne', lieux: 'lieu', écritures: 'écriture', entrepôts: 'entrepôt', lignes: 'ligne', copies: 'copie', sessions: 'session', tables: 'table', colonnes: 'colonne', jours: 'jour' },
}
const countedIn: Readonly<Record<Language, RegExp>> = {
  en: new RegExp(`(?<![\\d.,])\\b(1(?:\\*\\*)? )(${Object.keys(counted.en).join('|')})(?![\\p{L}-])`, 'gu'),
  fr: new RegExp(`(?<![\\d.,][\u202f\u00a0]?)\\b([01](?:\\*\\*)?[ \u00a0])(${Object.keys(counted.fr).join('|')})(?![\\p{L}-])`, 'gu'),
}

/** A text in which one of a thing is said as one: *1 row*, whatever number was put in. */
export const inNumber = (language: Language, text: string): string => text.replaceAll(countedIn[language], (_, count: string, many: string) => `${count}${counted[language][many] ?? many}`)

/** The same words, each of which that takes values says one of a thing as one. */
function saying<All extends Words>(language: Language, words: All): All {
  return Object.fromEntries(Object.entries(words).map(([name, word]) => [name, typeof word === 'string' ? word : typeof word === 'function' ? (...values: never[]) => inNumber(language, word(...values)) : saying(language, word)])) as unknown as All
}

/** Words of a page or a component, in both languages. */
export const wordsOf = <English extends Words>(en: English, fr: Translated<English>): Catalogue<English> => ({ en: saying('en', en), fr: saying('fr', fr as unknown as Words) as unknown as Translated<English> })

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
