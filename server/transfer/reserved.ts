/** Where nobody is: what values that say who somebody is are made of when they may be nobody's. */

/** Domains that nobody can have mail under (RFC 2606). */
export const reservedDomains: readonly string[] = ['example.com', 'example.net', 'example.org']

/** Numbers that no network gives to anybody, and digits after them: kept free for films and books by Ofcom, the NANPA, the Bundesnetzagentur, the ARCEP and the ACMA. */
export const freeNumbers: readonly (readonly [string, number])[] = [['+447700900', 3], ['+121255501', 2], ['+493023125', 3], ['+33639981', 3], ['+614915701', 2]]

/** Words that say nothing of anybody. */
export const plainWords: readonly string[] = 'again all also always any around away before better both call change early enough ever every first good great here instead just kind last later left less like long made many more most much need never new next now often old only open other over part place right same second seen since small some soon still sure take than that then there this three time today two under until very way week well when while with work would year yes'.split(' ')
