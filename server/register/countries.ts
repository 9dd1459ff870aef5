/** The European Economic Area: the Union of today, Iceland, Liechtenstein and Norway. */
const area = new Set('AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK'.split(' '))

/** First moment in which the United Kingdom was a third country: the end of its transition. */
const withdrawal = Date.UTC(2021, 0, 1) / 1000

/** Whether a country is within the European Economic Area at a moment: data that go there are not transferred to a third country. */
export function isInside(country: string, at: number): boolean {
  return area.has(country) || (country === 'GB' && at < withdrawal)
}
