/** Run in a process of its own: writes the register of the records in a file, in one format, and says how much the process grew by at most. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs'
import { deserialize } from 'node:v8'
import { streamRegister, type Format, type RegisterRecord } from '../../server/register/index.ts'

const [from, to, format] = process.argv.slice(2) as [string, string, Format]
const records = deserialize(readFileSync(from)) as readonly RegisterRecord[]
const options = { format, language: 'en' } as const
// What is loaded once, typefaces for one, is no growth.
await streamRegister(records.slice(0, 10), options, () => undefined)
const before = process.memoryUsage().rss
let most = before
const watch = setInterval(() => { most = Math.max(most, process.memoryUsage().rss) }, 5)
const file = openSync(to, 'wx')
const started = performance.now()
let bytes = 0
await streamRegister(records, options, (piece) => {
  for (let at = 0; at < piece.length;) at += writeSync(file, piece, at)
  bytes += piece.length
  most = Math.max(most, process.memoryUsage().rss)
})
const seconds = (performance.now() - started) / 1000
clearInterval(watch)
closeSync(file)
process.stdout.write(JSON.stringify({ seconds, bytes, megabytes: (most - before) / 1024 ** 2, highest: process.resourceUsage().maxRSS / 1024 }))
