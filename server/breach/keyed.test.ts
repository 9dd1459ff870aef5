import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { recordCells } from '#trace'
import { copyData } from '#transfer'
import { on } from '../erasure/testing.ts'
import { createTransferWorld, realRows } from '../transfer/testing.ts'
import { openBreach } from './breach.ts'

test('a copy whose rows a key drew is named by the versions it holds only where the sample says who was drawn', async () => {
  // Kept as they are, in production: without a mark in any token, nothing but versions and the draw tells.
  const world = await createTransferWorld((yaml) => yaml.replace('environments: [test]', 'environments: [production]').replace('identifiable: false', 'identifiable: true').replace('customer_id: token, email: email, phone: phone', 'customer_id: keep, email: keep, phone: keep'))
  try {
    await recordCells(world.context, on('2019-04-02'))
    await world.run('shop', `update customer set plan = 'april-' || customer_id`)
    await recordCells(world.context, on('2019-04-09'))
    const copy = await copyData(world.context, { instruction: 'INS-2', person: 'noa', to: 'crm', sample: 0.5 }, on('2019-04-10'))
    await world.run('shop', `update customer set plan = 'may-' || customer_id`)
    await recordCells(world.context, on('2019-05-01'))
    const held = (await world.run('crm', `select customer_id, email, plan from ${copy.places[0]!}`)).rows as Record<string, string>[]
    const rows = await realRows(world, copy, { rows: held, by: 'customer_id' })
    expect(rows.length).toBeGreaterThan(8) // of 60, each by a toss of the key: 30 or so
    const answer = async (columns: readonly string[]): Promise<unknown> => {
      const file = join(world.directory, 'leak.csv')
      writeFileSync(file, [columns, ...rows.map((row) => columns.map((name) => row[name]))].map((line) => line.join(';')).join('\n'))
      const { breaches: [breach] } = await openBreach(world.context, { nature: columns.join(' '), by: 'dana', sample: file }, on('2019-06-01'))
      return breach!.attribution![0]!.answer
    }
    expect(await answer(['customer_id', 'email', 'plan'])).toMatchObject({ kind: 'identified', copy: copy.id, by: 'versions' })
    // Who is in it without saying so may have been drawn by anybody: that this copy fits too accuses it of nothing.
    expect(await answer(['email', 'plan'])).toEqual({ kind: 'only registered copy that fits', copy: copy.id })
  } finally {
    await world.close()
  }
})
