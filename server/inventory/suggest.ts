/** What a column may be about, by its name and type alone: no value is looked at. A suggestion for whoever declares it, never a declaration. */
export interface Suggestion { /** A term of the W3C DPV. */ readonly category: string; readonly identifies: boolean }

const byName: readonly (readonly [pattern: RegExp, category: string, identifies: boolean])[] = [
  [/(^|_)(e_?mail|mail)(_|$)|email/, 'EmailAddress', true], [/phone|mobile|msisdn|(^|_)tel(_|$)/, 'TelephoneNumber', true], [/(first|last|given|family|full|sur)_?name|(^|_)name$/, 'Name', true],
  [/birth|naissance|(^|_)(dob|born|bday)(_|$)/, 'BirthDate', false], [/(^|_)ip(_|$)|ip_?addr/, 'IPAddress', true], [/iban|account_?(no|number)|card/, 'AccountIdentifier', true], [/street|address|zip|post_?code/, 'PhysicalAddress', true],
  [/country|nation/, 'Country', false], [/city|town/, 'City', false], [/gender|(^|_)sex(_|$)/, 'Gender', false], [/lang|locale/, 'Language', false], [/order|purchase|amount|price|spent/, 'Purchase', false], [/prefer|favou?rite/, 'Preference', false],
  [/(^|_)(user|member|customer|client|person|subject|listener|account)?_?(id|uid|uuid|key)$/, 'UID', true],
]

/** Suggests for one column. Of a name that tells nothing: personal data, and no more than that. */
export function suggestColumn(name: string): Suggestion {
  const plain = name.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toLowerCase()
  const [, category, identifies] = byName.find(([pattern]) => pattern.test(plain)) ?? [undefined, 'PersonalData', false]
  return { category, identifies }
}
