/**
 * Reads Parquet files in a process of its own, for whoever started it: DuckDB is native code, and a damaged file can end the process that runs it. Orders
 * come as lines of JSON, answers go as frames; see `parquetProcess.ts`. It ends when nobody orders any more.
 */
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Broken } from '#kit/errors'
import { isUnread } from '../part.ts'
import { partsOfParquet } from './parquet.ts'
import { frameOf, type Answer, type Order, type ParquetProcessOptions } from './parquetFrames.ts'
import type { FileInput } from './sqlite.ts'

const orders: Order[] = []
let wake: (() => void) | undefined
let stopped = false

createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line) as Order
  if (order.do === 'stop') stopped = true
  else orders.push(order)
  wake?.()
}).once('close', () => process.exit(0))

async function ordered(): Promise<Order> {
  while (orders.length === 0) await new Promise<void>((resolve) => { wake = resolve })
  return orders.shift()!
}

// Bytes on their way to whoever reads them: enough that DuckDB need not wait for each.
const underWayMax = 8 * 1024 * 1024

async function send(content: Answer | Uint8Array): Promise<void> {
  for (const chunk of frameOf(content)) process.stdout.write(chunk)
  if (process.stdout.writableLength > underWayMax) await once(process.stdout, 'drain')
}

async function giveBytes(bytes: AsyncIterable<Uint8Array>, partly: () => readonly string[]): Promise<void> {
  stopped = false
  try {
    for await (const chunk of bytes) {
      if (stopped) break
      await send(chunk)
    }
    await send({ is: 'end', partly: partly() })
  } catch (cause) {
    await send({ is: 'broken', because: reasonOf(cause) })
  }
}

/** A reason in our own words: what others say may name what stands in the file. */
const reasonOf = (cause: unknown): string => (cause instanceof Broken ? cause.message : `the reader of Parquet files failed (${cause instanceof Error && 'code' in cause ? String(cause.code) : 'no reason given'})`)

async function giveParts(input: FileInput, options: ParquetProcessOptions): Promise<void> {
  for await (const part of partsOfParquet(input, options)) {
    if (isUnread(part)) await send({ is: 'unread', part })
    else {
      const { name, kind, shape, delimiter, columns } = part
      await send({ is: 'part', part: { name, kind, shape, delimiter, columns } })
    }
    for (let next = await ordered(); next.do !== 'next'; next = await ordered()) if (next.do === 'read' && !isUnread(part)) await giveBytes(part.bytes, part.partly)
  }
}

for (;;) {
  const order = await ordered()
  if (order.do !== 'open') continue
  await giveParts(order.input, order.options).then(() => send({ is: 'done' }), (cause: unknown) => send({ is: 'broken', because: reasonOf(cause) }))
}
