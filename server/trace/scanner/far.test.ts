import { expect, test } from 'vitest'
import { createMachine } from './machine.ts'

const key = Buffer.alloc(16, 3)
const farBytes = 2.2 * 1024 ** 3

test('behind more than two gigabytes of tokens, where addresses are negative as signed numbers, everything is read as elsewhere', async () => {
  const values = ['Ștefan Müller', 'ann@mail.example', 'a "quoted" one', '0722 123 456']
  const [near, far] = [createMachine({ key, regions: {} }), createMachine({ key, regions: { keys: farBytes } })] // untouched memory costs nothing
  for (const value of values) expect(far.token(Buffer.from(value))).toBe(near.token(Buffer.from(value)))
  const rows = Array.from({ length: 3000 }, (_, row) => `${row},"${'x'.repeat(row % 500)}\n",é${row}\n`).join('')
  const pieces = async function* (): AsyncGenerator<Uint8Array> { for (let at = 0; at < rows.length; at += 5000) yield await Promise.resolve(Buffer.from(rows.slice(at, at + 5000))) }
  for (const machine of [near, far]) {
    machine.set('mode', 4)
    const bytes = await machine.scan(pieces(), { delimiter: ',', batchBytes: 4096 })
    expect([bytes, machine.count('rows'), machine.count('values')]).toEqual([Buffer.byteLength(rows), 3000, 9000])
  }
  const text = far.memory.length - 65_536
  far.memory.set(Buffer.from('one\n"two\nthree'), text)
  expect(far.inLane(0, (scanner) => scanner.lastEvenLine(text, text + 14, 1))).toBe(text + 4)
})
