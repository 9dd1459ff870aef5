import { expect, test } from 'vitest'
import { mayBeOf } from './shown.ts'

test.each<[string, string, boolean]>([
  ['crm.listener', 'crm.listener', true], ['crm.other', 'crm.listener', false], ['*', 'crm.listener', true], ['attic:*', 'crm.listener', true], ['and 7 more', 'crm.listener', true],
  ['desk.db', 'desk.db!/people', true], ['desk.db!/people', 'desk.db', true], ['desk.db!/people', 'desk.db!/people', true], ['desk.db!/orders', 'desk.db!/people', false],
  ['archive', 'archive/2019.csv', true], ['archive/2019.csv', 'archive/2019.csv.gz', false], ['arch', 'archive/2019.csv', false],
])('what is said of %s may be of %s: %s', (said, place, may) => { expect(mayBeOf(said, place)).toBe(may) })
