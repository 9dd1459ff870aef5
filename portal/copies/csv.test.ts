import { expect, test } from 'vitest'
import { copiesAsCsv } from './csv.ts'
import type { Copy } from './layout.ts'

const copy = (values: Partial<Copy>): Copy => ({ id: 'x', place: 'crm.listener', store: 'crm', environment: 'production', kind: 'dataset', standing: 'verified', instruction: null, people: 3, rows: 4, from: [], until: null, gone: false, ...values }) as Copy

test('every place is a row, and what was not searched is one that says unknown; no cell is a formula, whatever a place is called', () => {
  const text = copiesAsCsv([copy({}), copy({ place: '=HYPERLINK("x")', kind: 'finding', standing: 'invalid', people: null, from: ['a', 'b'] }), copy({ place: 'old', gone: true })], [{ place: 'legacy', why: 'sign-in refused, twice' }])
  expect(text).toBe([
    'place,store,environment,kind,standing,instruction,people,rows,from,until,because', 'crm.listener,crm,production,dataset,verified,,3,4,,,',
    '"\'=HYPERLINK(""x"")",crm,production,finding,invalid,,,4,a b,,', 'legacy,,,,unknown,,unknown,unknown,,,"sign-in refused, twice"', '',
  ].join('\r\n'))
})
