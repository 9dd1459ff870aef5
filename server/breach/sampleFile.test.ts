import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { readSample } from './sampleFile.ts'

const read = (text: string, seconds?: number): ReturnType<typeof readSample> => readSample(Buffer.from(text), seconds)

test('a sample is read in every form, with the rows that are looked at', async () => {
  const records = Array.from({ length: 12_000 }, (_, at) => ({ mail: `p${at}@mail.example`, number: at }))
  for (const text of [JSON.stringify(records), records.map((record) => JSON.stringify(record)).join('\n'), `mail,number\n${records.map(({ mail, number }) => `${mail},${number}`).join('\n')}`]) {
    for (const bytes of [Buffer.from(text), gzipSync(text)]) {
      const { table, first, count } = await readSample(bytes)
      expect([table.header, table.rows.length, table.rows[1], first.length, first[9_999], count]).toEqual([['mail', 'number'], 1_000, ['p12@mail.example', '12'], 10_000, ['p9999@mail.example', '9999'], 12_000])
    }
  }
}, 300_000)

test('records that have all another name are refused with what to give, before they fill the memory', async () => {
  const named = (names: number): string => JSON.stringify(Array.from({ length: 20_000 }, (_, at) => ({ [`k${at % names}`]: 1 })))
  await expect(read(named(20_000))).rejects.toThrow(/more than 1,000 different names; give a list of records/)
  await expect(read(named(900))).rejects.toThrow(/20,000 records of the sample have 900 different names/)
})

test('a text that begins like JSON and is none is read as the text that it is, whatever stands on its lines', async () => {
  const { table, count } = await read(`{a},b\n${'{,1\n'.repeat(5_000)}`)
  expect([count, table.rows[0]]).toEqual([5_001, ['{a}', 'b']])
  await expect(read('[]')).resolves.toMatchObject({ count: 1 })
})

test('a sample that takes too long is refused, and nobody waits meanwhile', async () => {
  let turns = 0
  const clock = setInterval(() => { turns += 1 }, 10)
  try {
    await expect(read('"'.repeat(3_000_000) + '\n'.repeat(6_000_000), 0.5)).rejects.toThrow(/takes more time to be read/)
  } finally {
    clearInterval(clock)
  }
  expect(turns).toBeGreaterThan(5)
})
