/** The European Economic Area: the Union of today, Iceland, Liechtenstein and Norway. */
const area = new Set('AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK'.split(' '))

/** First moment in which the United Kingdom was a third country: the end of its transition. */
const withdrawal = Date.UTC(2021, 0, 1) / 1000

/** First moment after the time in which data going there were not taken for a transfer (Trade and Cooperation Agreement, interim provision on data): an adequacy decision held from then. */
const bridgeEnd = Date.UTC(2021, 5, 28) / 1000

/** Whether a firm in a country is established within the European Economic Area at a moment. */
export function isInside(country: string, at: number): boolean {
  return area.has(country) || (country === 'GB' && at < withdrawal)
}

/** Whether data that go to a country at a moment are transferred to a third country (Art. 44). Not the same as `isInside`: for six months the United Kingdom was outside, and data that went there were not transferred. */
export function isThirdCountry(country: string, at: number): boolean {
  return !isInside(country, at) && !(country === 'GB' && at < bridgeEnd)
}
