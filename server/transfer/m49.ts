/**
 * Countries by the geographic regions of the United Nations; pure. Source: United Nations Statistics Division, "Standard Country or Area Codes for Statistical Use" (M49), by the codes of ISO 3166-1, two letters.
 * What M49 does not place (TW, XK) is `other`. The EU writes EL for Greece.
 */
export const m49: Readonly<Record<string, string>> = {
  Africa: 'DZ EG LY MA SD TN EH IO BI KM DJ ER ET TF KE MG MW MU YT MZ RE RW SC SO SS UG TZ ZM ZW AO CM CF TD CG CD GQ GA ST BW SZ LS NA ZA BJ BF CV CI GM GH GN GW LR ML MR NE NG SH SN SL TG',
  Americas: 'AI AG AW BS BB BQ VG KY CU CW DM DO GD GP HT JM MQ MS PR BL KN LC MF VC SX TT TC VI BZ CR SV GT HN MX NI PA AR BO BV BR CL CO EC FK GF GY PY PE GS SR UY VE BM CA GL PM US',
  Antarctica: 'AQ',
  Asia: 'KZ KG TJ TM UZ CN HK MO KP JP MN KR BN KH ID LA MY MM PH SG TH TL VN AF BD BT IN IR MV NP PK LK AM AZ BH CY GE IQ IL JO KW LB OM QA SA PS SY TR AE YE',
  Europe: 'BY BG CZ HU PL MD RO RU SK UA AX DK EE FO FI GG IS IE IM JE LV LT NO SJ SE GB AL AD BA HR GI GR EL VA IT MT ME MK PT SM RS SI ES AT BE FR DE LI LU MC NL CH',
  Oceania: 'AU CX CC HM NZ NF FJ NC PG SB VU GU KI MH FM NR MP PW UM AS CK PF NU PN WS TK TO TV WF',
}

const regions = new Map(Object.entries(m49).flatMap(([region, codes]) => codes.split(' ').map((code) => [code, region] as const)))

/** The region of a country by its code; `other` for one that M49 does not place; undefined for what is no code of two letters. */
export function geographicRegionOf(country: string): string | undefined {
  const code = country.trim().toUpperCase()
  return /^[A-Z]{2}$/.test(code) ? (regions.get(code) ?? 'other') : undefined
}
