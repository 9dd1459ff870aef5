/** The day on which the list below was last compared with the Commission's page. */
export const adequacyListedOn = '2026-11-23'

/** Adequacy decisions (Art. 45) as data: country, decision, from, until (the first day without it), and to whom it is limited. They support transfers and nothing else. */
export const adequacy: readonly (readonly [country: string, decision: string, from: string, until: string | null, limit: string])[] = [
  ['CH', '2000/518/EC', '2000-07-26', null, 'all'], ['CA', '2002/2/EC', '2001-12-20', null, 'pipeda_commercial'], ['AR', '2003/490/EC', '2003-06-30', null, 'all'],
  ['GG', '2003/821/EC', '2003-11-21', null, 'all'], ['IM', '2004/411/EC', '2004-04-28', null, 'all'], ['JE', '2008/393/EC', '2008-05-08', null, 'all'],
  ['FO', '2010/146/EU', '2010-03-05', null, 'all'], ['AD', '2010/625/EU', '2010-10-19', null, 'all'], ['IL', '2011/61/EU', '2011-01-31', null, 'automated'],
  ['UY', '2012/484/EU', '2012-08-21', null, 'all'], ['NZ', '2013/65/EU', '2012-12-19', null, 'all'], ['JP', '(EU) 2019/419', '2019-01-23', null, 'appi_supplementary'],
  ['GB', '(EU) 2021/1772', '2021-06-28', '2025-12-28', 'no_immigration_control'], ['GB', 'C(2025) 8771', '2025-12-19', '2031-12-28', 'all'], ['KR', '(EU) 2022/254', '2021-12-17', null, 'pipa_supplementary'],
  // Struck down by the Court of Justice in C-311/18 on that day, at once.
  ['US', '(EU) 2016/1250', '2016-07-12', '2020-07-16', 'privacy_shield_entity'],
  ['US', '(EU) 2023/1795', '2023-07-10', null, 'dpf_active_entity'], ['EPO', 'C(2025) 4626', '2025-07-15', null, 'organisation'], ['BR', '(EU) 2026/179', '2026-01-26', null, 'lgpd_subject'],
]

/** Countries whose decision has a limit that only general knowledge gives. */
export const unconfirmedLimits: Readonly<Record<string, string>> = {
  FO: 'whether the Faroese decision is limited to recipients under the Faroese act', KR: 'which religious, political and credit data the Korean decision leaves out',
}

/** Standard contractual clauses (Art. 46(2)(c)): from, last day on which they could be agreed (excluded), and the first day on which they no longer hold. */
export const standardClauses: Readonly<Record<string, { readonly from: string; readonly agreedBefore?: string; readonly until?: string }>> = {
  '2001/497/EC': { from: '2001-09-03', agreedBefore: '2021-09-27', until: '2022-12-27' },
  '2010/87/EU': { from: '2010-05-15', agreedBefore: '2021-09-27', until: '2022-12-27' },
  '2021/914': { from: '2021-06-27' },
}
