import { expect, test } from 'vitest'
import { parseInstant, sayDay, sayInstant } from './time.ts'

const at = (text: string): number => parseInstant(text)!

test('days and moments stand in a text as its readers write them', () => {
  expect([sayDay('en', at('2019-04-15')), sayDay('fr', at('2019-04-15')), sayDay('fr', at('2020-12-01')), sayDay('fr', at('2022-02-28T23:59:59Z'))]).toEqual(['2019-04-15', '15 avril 2019', '1er décembre 2020', '28 février 2022'])
  expect([sayInstant('en', at('2022-11-06T09:00:00Z')), sayInstant('fr', at('2022-11-06T09:00:00Z')), sayInstant('fr', at('2022-11-06T09:00:07Z')), sayInstant('fr', at('2022-08-01'))]).toEqual(['2022-11-06T09:00:00Z', '6 novembre 2022 à 09:00 UTC', '6 novembre 2022 à 09:00:07 UTC', '1er août 2022 à 00:00 UTC'])
})
