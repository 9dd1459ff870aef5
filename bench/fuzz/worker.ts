/** One process of the fuzzer: makes files by their numbers, reads them as a sweep does, and asks the oracle. Says how far it is on its standard output. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formats } from './formats/index.ts'
import { fuzz } from './fuzz.ts'

interface Order { readonly format: string; readonly seed: string; readonly from: number; readonly to: number; readonly keep: string }

const order = JSON.parse(process.argv[2] ?? '{}') as Order
const format = formats.find(({ name }) => name === order.format)
if (format === undefined) throw new Error(`no format ${order.format}`)
const folder = mkdtempSync(join(tmpdir(), 'bailee-fuzz-'))
const say = (message: object): void => { process.stdout.write(`${JSON.stringify(message)}\n`) }
try {
  await fuzz(format, order, folder, {
    progress: (done) => say({ ...done, megabytes: Math.round(process.memoryUsage().rss / 1024 ** 2) }),
    failed: ({ number, damage, bytes }, difference) => {
      mkdirSync(order.keep, { recursive: true })
      const file = join(order.keep, `${order.format.replaceAll(/\W+/g, '-')}-${number}`)
      writeFileSync(file, bytes)
      say({ difference, number, file, damage })
    },
  })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
