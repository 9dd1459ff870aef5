/** What each word may import, lowest first. */
export declare const arrows: Readonly<Record<string, readonly string[]>>
declare const config: { readonly forbidden: readonly object[]; readonly options: Readonly<Record<string, unknown>> }
export default config
