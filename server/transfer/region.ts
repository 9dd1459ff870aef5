/**
 * Countries by the region that matters to data protection law; pure. Members of the European Union: Article 52 of the Treaty on European Union, without the United Kingdom since 1 February 2020. The European Economic Area
 * adds Iceland, Liechtenstein and Norway (EEA Agreement, OJ L 1, 3.1.1994). Codes: ISO 3166-1, two letters; the EU writes EL for Greece.
 */
const union = new Set(['AT', 'BE', 'BG', 'CY', 'CZ', 'DE', 'DK', 'EE', 'EL', 'ES', 'FI', 'FR', 'GR', 'HR', 'HU', 'IE', 'IT', 'LT', 'LU', 'LV', 'MT', 'NL', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK'])
const area = new Set(['IS', 'LI', 'NO'])

/** `EU`, `EEA` (and not of the EU), or `other`; undefined for what is no code of two letters. */
export function regionOf(country: string): string | undefined {
  const code = country.trim().toUpperCase()
  if (!/^[A-Z]{2}$/.test(code)) return undefined
  return union.has(code) ? 'EU' : area.has(code) ? 'EEA' : 'other'
}
