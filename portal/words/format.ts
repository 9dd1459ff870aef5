/** Numbers and dates as people of a language write them. Nothing is rounded: a rounded number hides one person. */
import { useMemo } from 'react'
import { useLanguage, type Language } from './index.tsx'

const locales: Readonly<Record<Language, string>> = { en: 'en-GB', fr: 'fr-FR' }

export interface Format {
  readonly language: Language
  /** 89,311; 89 311 with a narrow no-break space. */
  readonly number: (value: number) => string
  /** "21,574,775 to 23,000,000"; one number when both ends are the same; "at least N" without an upper end. */
  readonly range: (low: number, high: number | null) => string
  /** 16 April 2019. */
  readonly day: (at: string) => string
  /** Tuesday 16 April 2019. */
  readonly weekday: (at: string) => string
  /** 16 Apr: in tight places. */
  readonly shortDay: (at: string) => string
  /** 16 Apr 2019, 02:12 UTC. */
  readonly moment: (at: string, zone?: string) => string
  /** 02:12 */
  readonly time: (at: string, zone?: string) => string
  /** "in 27 days", "3 hours ago". */
  readonly away: (at: string, now: number) => string
  readonly days: (count: number) => string
  /** "a, b and c". */
  readonly list: (items: readonly string[]) => string
  /** The name of a country in this language, of its two letters. */
  readonly country: (code: string) => string
}

const units = [['day', 86_400], ['hour', 3_600], ['minute', 60]] as const

/** How a language writes. Instants are ISO strings; days are told in UTC unless a zone is named. */
export function formatOf(language: Language): Format {
  const locale = locales[language]
  const numbers = new Intl.NumberFormat(locale)
  // In French, the first of a month alone is an ordinal number.
  const written = (text: string): string => (language === 'fr' ? text.replace(/(^|[^\d:])1 (?=\p{L}{3})/u, '$11er ') : text)
  const with_ = (options: Intl.DateTimeFormatOptions) => (at: string): string => written(new Intl.DateTimeFormat(locale, { timeZone: 'UTC', ...options }).format(new Date(at)))
  const day = with_({ day: 'numeric', month: 'long', year: 'numeric' })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' })
  const lists = new Intl.ListFormat(locale, { type: 'conjunction' })
  const countries = new Intl.DisplayNames([locale], { type: 'region', fallback: 'code' })
  const number = (value: number): string => numbers.format(value)
  const time = (at: string, zone = 'UTC'): string => with_({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone })(at)
  return {
    language, number, day, time,
    range: (low, high) => high === null ? (language === 'fr' ? `au moins ${number(low)}` : `at least ${number(low)}`) : low === high ? number(low) : `${number(low)} ${language === 'fr' ? 'à' : 'to'} ${number(high)}`,
    weekday: (at) => { const text = with_({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })(at).replace(',', ''); return text.charAt(0).toUpperCase() + text.slice(1) },
    shortDay: with_({ day: 'numeric', month: 'short' }),
    moment: (at, zone = 'UTC') => `${with_({ day: 'numeric', month: 'short', year: 'numeric', timeZone: zone })(at)}, ${time(at, zone)} ${zone === 'UTC' ? 'UTC' : (zone.split('/').at(-1) ?? zone)}`,
    away: (at, now) => {
      const seconds = Math.round((Date.parse(at) - now) / 1000)
      if (Math.abs(seconds) < 60) return language === 'fr' ? 'à l’instant' : 'just now'
      const [unit, length] = units.find(([, one]) => Math.abs(seconds) >= one) ?? units[2]
      return relative.format(Math.trunc(seconds / length), unit)
    },
    days: (count) => `${number(count)} ${language === 'fr' ? (count < 2 ? 'jour' : 'jours') : count === 1 ? 'day' : 'days'}`,
    list: (items) => lists.format(items),
    country: (code) => countries.of(code) ?? code,
  }
}

/** How the language that is shown writes. */
export function useFormat(): Format {
  const language = useLanguage()
  return useMemo(() => formatOf(language), [language])
}
