import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openPerson, personDataset } from './person.ts'

test('in an own table another\'s row does not match where that is asked, whatever value it shares', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'bailee-person-'))
  const person = await openPerson([{ customer_id: 'C-17', email: 'both@couple.example' }], scratch)
  const bytes = async function* () { yield await Promise.resolve(Buffer.from('C-17,both@couple.example\nC-18,both@couple.example\n,both@couple.example\nC-19,one@else.example\n')) }
  const matched = async (othersStay: boolean): Promise<number[]> => {
    const searcher = person.in({ kind: 'own', columns: ['customer_id', 'email'], subject: 'customer_id', subjects: new Set(['C-17']), othersStay })
    const { datasets } = await searcher.search(bytes(), { delimiter: ',', shape: 'rows' })
    return [...(await searcher.locate(bytes(), personDataset, datasets.map(({ dataset, barBits, singles }) => ({ dataset, barBits, singles })), { delimiter: ',', shape: 'rows' })).matched.ordinals]
  }
  try {
    expect([await matched(false), await matched(true)]).toEqual([[0, 1, 2], [0, 2]])
  } finally {
    await person.close()
    rmSync(scratch, { recursive: true })
  }
})
